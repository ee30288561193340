package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros/rsc"
)

// furnish gives a device something of every menu that a site has, with names
// that refer forwards and texts that need quotes.
func furnish(t *testing.T, d *Device) {
	t.Helper()
	for _, words := range [][]string{
		{"/interface/bridge/add", "=name=br servers", "=comment=jembatan:s/bridge", "=priority=0x1000", "=protocol-mode=mstp"},
		{"/interface/bridge/add", "=name=br2", "=igmp-snooping=yes", "=admin-mac=02:00:00:00:00:09", "=auto-mac=no"},
		{"/interface/eoip/add", "=name=e1", "=tunnel-id=7", "=remote-address=192.0.2.1", "=mac-address=02:00:00:00:00:01", `=comment=a "b" $c \d ` + "\xcf\xf0 ;#[]", "=!keepalive="},
		{"/interface/eoip/add", "=name=e2", "=tunnel-id=8", "=remote-address=192.0.2.2", "=mac-address=02:00:00:00:00:02", "=disabled=yes", "=comment=yes"},
		{"/interface/eoip/add", "=name=e3", "=tunnel-id=9", "=remote-address=192.0.2.3", "=mac-address=02:00:00:00:00:03", "=ipsec-secret=correct-horse", "=allow-fast-path=no", "=local-address=198.51.100.1"},
		{"/interface/bonding/add", "=name=bond", "=slaves=e1,e2", "=mode=active-backup", "=primary=e1"},
		{"/interface/bridge/port/add", "=bridge=br servers", "=interface=bond"},
		{"/interface/bridge/port/add", "=bridge=br servers", "=interface=e3", "=horizon=7", "=edge=yes"},
		{"/interface/ethernet/set", "=.id=ether1", "=name=wan"},
		{"/interface/vrrp/add", "=name=v1", "=interface=br servers", "=vrid=50", "=interval=100ms", "=password=geheim"},
		{"/interface/vrrp/add", "=name=v2", "=interface=br2", "=vrid=51", "=on-master=:put \"up\"\n:put $x"},
		{"/interface/vrrp/set", "=.id=v1", "=" + groupOf(d) + "=v2"},
		{"/interface/list/add", "=name=LAN", "=include=all", "=exclude=dynamic"},
		{"/interface/list/member/add", "=list=LAN", "=interface=v1"},
		{"/ip/service/set", "=.id=telnet", "=disabled=yes"},
		{"/ip/service/set", "=.id=api", "=address=192.0.2.0/24,198.51.100.0/24", "=port=8730"},
		{"/ip/address/add", "=address=198.51.100.1/24", "=interface=wan"},
		{"/ip/address/add", "=address=10.0.0.1/32", "=interface=v1", "=network=10.0.0.2"},
		{"/ip/route/add", "=dst-address=0.0.0.0/0", "=gateway=198.51.100.254"},
		{"/ip/firewall/filter/add", "=chain=forward", "=action=reject", "=reject-with=tcp-reset", "=in-interface-list=!LAN", "=connection-state=established,related", "=connection-nat-state=dstnat"},
		{"/ip/firewall/filter/add", "=chain=yes", "=action=accept", "=in-interface=!wan"},
		{"/ip/firewall/nat/add", "=chain=dstnat", "=action=dst-nat", "=protocol=tcp", "=dst-port=80,3306", "=to-addresses=192.168.50.10", "=log=yes", "=log-prefix=no"},
		{"/ip/firewall/address-list/add", "=list=yes", "=address=192.0.2.0/24"},
		{"/ip/ipsec/profile/set", "=.id=default", "=dh-group=modp2048"},
		{"/ip/ipsec/profile/add", "=name=p1", "=nat-traversal=no"},
		{"/ip/ipsec/peer/add", "=name=peer1", "=address=192.0.2.9/32", "=profile=p1"},
		{"/ip/ipsec/identity/add", "=peer=peer1", "=secret=swordfish"},
		{"/ip/settings/set", "=rp-filter=strict", "=tcp-syncookies=yes"},
		{"/ip/firewall/connection/tracking/set", "=enabled=yes"},
		{"/interface/bridge/settings/set", "=use-ip-firewall=yes"},
		{"/system/clock/set", "=time-zone-name=Asia/Jakarta"},
		{"/system/scheduler/add", "=name=job", "=interval=5m", `=on-event=:put "x"; /system scheduler remove [find name="job"]`},
		{"/system/script/add", "=name=true", "=source=false", "=dont-require-permissions=yes"},
		{"/tool/netwatch/add", "=host=192.0.2.1", "=interval=10s", "=up-script=:log info up"},
		{"/tool/e-mail/set", "=from=a b", "=password=geheim"},
		{"/user/group/add", "=name=least", "=policy=read,api"},
	} {
		do(t, d, words[0], words[1:]...)
	}
}

// groupOf is the property by which a VRRP instance follows another.
func groupOf(d *Device) string {
	if d.version.release() < 710 {
		return "group-master"
	}
	return "group-authority"
}

// fresh adds a device of a name to a world of its own: what it chooses by
// itself is what another of that name would choose.
func fresh(t *testing.T, name, version string) *Device {
	t.Helper()
	w := NewWorld()
	t.Cleanup(w.Close)
	d, err := w.Add(Config{Name: name, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exportForms are all forms of an export that hold everything.
var exportForms = map[string]exportForm{
	"compact":       {sensitive: true},
	"terse":         {sensitive: true, terse: true},
	"verbose":       {sensitive: true, verbose: true},
	"verbose terse": {sensitive: true, verbose: true, terse: true},
}

// TestExportImport exports a furnished device of each release in every form and
// imports that on a fresh one, which then exports the same, byte for byte. The
// writer of Device.Export, which shares no code with either, finds them equal
// too where the form does not spell defaults out, apart from the order of rows
// that refer to each other.
func TestExportImport(t *testing.T) {
	for _, v := range Versions() {
		for name, f := range exportForms {
			t.Run(v.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, b := fresh(t, "a", v.String()), fresh(t, "a", v.String())
					furnish(t, a)
					script := a.script(f)
					s := rsc.Parse(script)
					if !b.isConfiguration(s) {
						t.Fatalf("no configuration: %v, code at %d\n%s", s.Problems, s.Code, script)
					}
					if err := b.Import(script); err != nil {
						t.Fatalf("%v\n%s", err, script)
					}
					if d := cmp.Diff(script, b.script(f)); d != "" {
						t.Errorf("imported is not what was exported (-want +got):\n%s", d)
					}
					if d := cmp.Diff(sortedLines(a.Export()), sortedLines(b.Export())); d != "" && !f.verbose {
						t.Errorf("the devices differ (-want +got):\n%s", d)
					}
				})
			})
		}
	}
}

func sortedLines(text string) []string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

// TestScriptOfExport runs the same exports in the interpreter of scripts, which
// has a parser of its own, and wants the same device.
func TestScriptOfExport(t *testing.T) {
	for _, v := range Versions() {
		for name, f := range exportForms {
			t.Run(v.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, b := fresh(t, "a", v.String()), fresh(t, "a", v.String())
					furnish(t, a)
					if _, err := b.runText(console(), a.script(f)); err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(a.script(f), b.script(f)); d != "" {
						t.Errorf("the interpreter reads something else (-want +got):\n%s", d)
					}
				})
			})
		}
	}
}

// TestRowsOfExport parses a verbose export and compares its rows with what the
// API prints.
func TestRowsOfExport(t *testing.T) {
	for _, v := range Versions() {
		t.Run(v.String(), func(t *testing.T) {
			a := fresh(t, "a", v.String())
			furnish(t, a)
			s := rsc.Parse(a.script(exportForms["verbose"]))
			seen := 0
			for _, menu := range s.Menus() {
				rows := s.Rows(menu)
				printed := slices.DeleteFunc(do(t, a, menu+"/print"), func(r map[string]string) bool { return r["dynamic"] == "true" })
				if len(rows) != len(printed) {
					t.Errorf("%s: %d rows, the API has %d", menu, len(rows), len(printed))
					continue
				}
				for i, r := range rows {
					seen += compareRow(t, fmt.Sprintf("%s %d", menu, i), r, rowLike(printed, r, i))
				}
			}
			if seen < 500 {
				t.Errorf("only %d values were compared", seen)
			}
		})
	}
}

// rowLike is the printed row of the same name, or the one at the same place.
func rowLike(printed []map[string]string, r rsc.Row, at int) map[string]string {
	if name, ok := r.Get("name"); ok {
		for _, p := range printed {
			if p["name"] == name {
				return p
			}
		}
	}
	return printed[at]
}

// compareRow compares the values of one row and returns how many there were.
func compareRow(t *testing.T, where string, r rsc.Row, printed map[string]string) int {
	t.Helper()
	for _, f := range r.Fields {
		if f.Name == ".number" {
			continue
		}
		if got, ok := printed[f.Name]; got != f.Value || ok == f.None {
			t.Errorf("%s: %s is %q (none: %t), the API prints %q (%t)", where, f.Name, f.Value, f.None, got, ok)
		}
	}
	return len(r.Fields)
}

// TestExportOverAPI exports to a file and imports it, with each release's own
// switches.
func TestExportOverAPI(t *testing.T) {
	const secrets = "correct-horse swordfish geheim"
	for _, v := range Versions() {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := fresh(t, "a", v.String())
				furnish(t, a)
				old := !v.AtLeast(7, 0)
				for _, c := range []struct {
					words []string
					shows bool
				}{
					{nil, old},
					{[]string{"=hide-sensitive="}, false},
					{[]string{"=terse="}, old},
					{[]string{"=verbose="}, old},
					{[]string{"=compact="}, old},
					{[]string{"=show-sensitive="}, true},
					{[]string{"=show-sensitive=", "=verbose=", "=terse="}, true},
				} {
					if _, err := a.Do("/export", append(c.words, "=file=x")...); err != nil {
						if !old || !strings.Contains(err.Error(), "unknown parameter show-sensitive") {
							t.Errorf("%v: %v", c.words, err)
						}
						continue
					}
					text := do(t, a, "/file/print", "?name=x.rsc")[0]["contents"]
					for secret := range strings.FieldsSeq(secrets) {
						if strings.Contains(text, secret) != c.shows {
							t.Errorf("%v: secret %s is shown: %t", c.words, secret, !c.shows)
						}
					}
					b := fresh(t, "a", v.String())
					do(t, b, "/file/add", "=name=y.rsc", "=contents="+text)
					do(t, b, "/import", "=file-name=y.rsc")
					do(t, b, "/export", append(c.words, "=file=z")...)
					if d := cmp.Diff(text, do(t, b, "/file/print", "?name=z.rsc")[0]["contents"]); d != "" {
						t.Errorf("%v: imported is not what was exported (-want +got):\n%s", c.words, d)
					}
				}
			})
		})
	}
}
