package cli_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jembatan/internal/cli"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

const password = "swordfish"

// A field is emulated routers on real sockets, and a folder.
type field struct {
	*testing.T

	world *emulator.World
	lines []emulate.Line
	dir   string
}

// newField serves devices until the test ends.
func newField(t *testing.T, devices []emulator.Config, at map[string]emulate.Place) *field {
	t.Helper()
	f := &field{T: t, world: emulator.NewWorld(), dir: t.TempDir()}
	t.Cleanup(f.world.Close)
	s, err := emulate.Serve(f.world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), At: at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f.lines = s.Lines()
	return f
}

// run runs a command line and expects its exit code.
func (f *field) run(want int, args ...string) string {
	f.Helper()
	var out, errs bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Lookup: func(name string) (string, bool) {
			switch name {
			case "JEMBATAN_PASSWORD":
				return password, true
			case "XDG_STATE_HOME":
				return f.dir, true
			}
			return "", false
		},
	}
	if got := cli.Run(context.Background(), env, append(args, "--log-level", "error")); got != want {
		f.Fatalf("jembatan %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// do runs a command at a router's console.
func (f *field) do(router, path string, words ...string) {
	f.Helper()
	for i := range words {
		words[i] = "=" + words[i]
	}
	if _, err := f.world.Device(router).Do(path, words...); err != nil {
		f.Fatal(err)
	}
}

// exports are the configurations of all routers, rows of a menu in any order.
func (f *field) exports() map[string]string {
	out := map[string]string{}
	for _, d := range f.world.Devices() {
		var menu string
		var lines []string
		for line := range strings.Lines(d.Export()) {
			if strings.HasPrefix(line, "/") {
				menu = strings.TrimSpace(line)
				continue
			}
			lines = append(lines, menu+" "+line)
		}
		slices.Sort(lines)
		out[d.Name()] = strings.Join(lines, "")
	}
	return out
}

func (f *field) file(name string) string { return filepath.Join(f.dir, name) }

func (f *field) topology(name string) *tunnel.Topology {
	f.Helper()
	src, err := os.ReadFile(f.file(name))
	if err != nil {
		f.Fatal(err)
	}
	t, problems := spec.Parse(name, src)
	if err := problems.Err(); err != nil {
		f.Fatal(err)
	}
	return t
}

// byHand is a network as people build it: three sites, a bond, two tunnels under
// spanning tree, other names and settings at every end, remarks, and something
// of which nobody knows the other end.
func byHand(t *testing.T, version string) *field {
	t.Helper()
	var devices []emulator.Config
	for i, name := range []string{"HQ Jakarta", "sby", "bdg"} {
		octet := string(rune('1' + i))
		devices = append(devices, emulator.Config{
			Name: name, Version: version, Users: []emulator.User{{Name: "admin", Password: password}},
			Addresses: []emulator.Address{{Address: "198.51.100." + octet + "/24", Interface: "ether1"}, {Address: "203.0.113." + octet + "/24", Interface: "ether2"}},
		})
	}
	f := newField(t, devices, nil)
	const eoip, bridge, port, bond = "/interface/eoip/add", "/interface/bridge/add", "/interface/bridge/port/add", "/interface/bonding/add"
	f.do("HQ Jakarta", bridge, "name=bridge1", "priority=0x1000", "comment=LAN of the head office")
	f.do("sby", bridge, "name=br-lan", "protocol-mode=stp")
	f.do("bdg", bridge, "name=br-lan")
	f.do("HQ Jakarta", "/ip/address/add", "address=192.168.7.1/24", "interface=bridge1")
	f.do("HQ Jakarta", port, "bridge=bridge1", "interface=ether3")
	f.do("sby", port, "bridge=br-lan", "interface=ether4", "horizon=7", "disabled=yes")
	// Headquarters and sby: a bond.
	f.do("HQ Jakarta", eoip, "name=to sby", "tunnel-id=11", "local-address=198.51.100.1", "remote-address=198.51.100.2", "mtu=1500", "comment=first")
	f.do("HQ Jakarta", eoip, "name=to sby 2", "tunnel-id=12", "remote-address=203.0.113.2", "!keepalive=")
	f.do("sby", eoip, "name=hq", "tunnel-id=11", "remote-address=198.51.100.1", "keepalive=1s,3", "mac-address=02:00:00:00:00:11")
	f.do("sby", eoip, "name=hq-lte", "tunnel-id=12", "local-address=203.0.113.2", "remote-address=203.0.113.1", "clamp-tcp-mss=no", "!keepalive=")
	f.do("HQ Jakarta", bond, "name=bond1", "slaves=to sby,to sby 2", "mode=active-backup", "primary=to sby")
	f.do("sby", bond, "name=bonding7", "slaves=hq-lte,hq", "mode=balance-rr")
	f.do("HQ Jakarta", port, "bridge=bridge1", "interface=bond1")
	f.do("sby", port, "bridge=br-lan", "interface=bonding7", "comment=do not touch")
	// Headquarters and bdg: one encrypted tunnel.
	f.do("HQ Jakarta", eoip, "name=eoip-tunnel1", "tunnel-id=7", "remote-address=198.51.100.3", "allow-fast-path=no", "ipsec-secret=old")
	f.do("bdg", eoip, "name=eoip-tunnel1", "tunnel-id=7", "remote-address=198.51.100.1", "allow-fast-path=no", "ipsec-secret=old", "disabled=yes")
	f.do("HQ Jakarta", port, "bridge=bridge1", "interface=eoip-tunnel1")
	f.do("bdg", port, "bridge=br-lan", "interface=eoip-tunnel1", "path-cost=30")
	// A second segment between sby and bdg.
	f.do("sby", bridge, "name=br-cctv")
	f.do("bdg", bridge, "name=br-cctv")
	f.do("sby", eoip, "name=cctv", "tunnel-id=21", "remote-address=198.51.100.3")
	f.do("bdg", eoip, "name=cctv", "tunnel-id=21", "remote-address=198.51.100.2")
	f.do("sby", eoip, "name=cctv2", "tunnel-id=22", "remote-address=203.0.113.3")
	f.do("bdg", eoip, "name=cctv2", "tunnel-id=22", "remote-address=203.0.113.2")
	for _, router := range []string{"sby", "bdg"} {
		f.do(router, port, "bridge=br-cctv", "interface=cctv", "path-cost=10")
		f.do(router, port, "bridge=br-cctv", "interface=cctv2", "path-cost=20")
	}
	f.do("bdg", eoip, "name=lost", "tunnel-id=99", "remote-address=192.0.2.9")
	return f
}

// withoutComments are exports without any comment.
func withoutComments(exports map[string]string) map[string]string {
	comment := regexp.MustCompile(` comment="([^"\\]|\\.)*"`)
	out := map[string]string{}
	for name, text := range exports {
		lines := strings.Split(comment.ReplaceAllString(text, ""), "\n")
		slices.Sort(lines)
		out[name] = strings.Join(lines, "\n")
	}
	return out
}

// TestImportAdopts imports a network that people built, live and from its
// exports, and adopts it: nothing but comments changes, whether by apply or by
// scripts, and a person's comment stays.
func TestImportAdopts(t *testing.T) {
	for _, version := range emulator.Versions() {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel() // It waits for tunnels to run.
			f := byHand(t, version.String())
			before := f.exports()
			args := []string{"import", "--user", "admin", "--plaintext", "--out", f.file("site.yaml")}
			for _, l := range f.lines {
				args = append(args, "--router", l.API)
			}
			if said := f.run(0, args...); !strings.Contains(said, "3 routers, 2 segments, 5 tunnels") ||
				!strings.Contains(said, "left alone: lost on bdg: 192.0.2.9 belongs to no router that was read") {
				t.Errorf("import says:\n%s", said)
			}
			for _, d := range f.world.Devices() {
				if err := os.WriteFile(f.file(d.Name()+".rsc"), []byte(d.Script(false)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f.run(0, "import", f.file("HQ Jakarta.rsc"), f.file("sby.rsc"), f.file("bdg.rsc"), "--out", f.file("exported.yaml"))
			if d := cmp.Diff(f.topology("site.yaml").Segments, f.topology("exported.yaml").Segments,
				cmpopts.EquateComparable(netip.Prefix{})); d != "" {
				t.Errorf("exports make another network than the routers (-live +exports):\n%s", d)
			}

			said := f.run(2, "plan", "-f", f.file("site.yaml"), "--scripts", f.file("scripts"))
			if !strings.Contains(said, "Plan: 0 to add, 0 to change, 0 to remove, 27 to adopt, in") || !strings.Contains(said, "~ eoip to sby  adopted") {
				t.Errorf("the plan says:\n%s", said)
			}
			f.runScripts(".rsc")
			scripted := f.exports()
			f.run(0, "plan", "-f", f.file("site.yaml"))
			f.runScripts("-undo.rsc")
			if d := cmp.Diff(before, f.exports()); d != "" {
				t.Errorf("the scripts do not take back what they did (-before +now):\n%s", d)
			}

			f.run(0, "apply", "-f", f.file("site.yaml"), "--yes")
			if d := cmp.Diff(f.exports(), scripted); d != "" {
				t.Errorf("the scripts do something else than apply (-apply +scripts):\n%s", d)
			}
			if d := cmp.Diff(withoutComments(before), withoutComments(f.exports())); d != "" {
				t.Errorf("more than comments has changed (-before +now):\n%s", d)
			}
			if !strings.Contains(f.exports()["HQ Jakarta"], `-sby.wan1 first"`) {
				t.Error("a person's comment is gone")
			}
			f.run(0, "plan", "-f", f.file("site.yaml"))
		})
	}
}

// runScripts imports the scripts of a plan on every router.
func (f *field) runScripts(suffix string) {
	f.Helper()
	for _, d := range f.world.Devices() {
		name := strings.ReplaceAll(d.Name(), " ", "-")
		script, err := os.ReadFile(f.file(filepath.Join("scripts", name+suffix)))
		if os.IsNotExist(err) {
			continue // Nothing is to be done on it.
		}
		if err != nil {
			f.Fatal(err)
		}
		if err := d.Import(string(script)); err != nil {
			f.Fatalf("%v\n%s", err, script)
		}
	}
}

const twoSites = `
version: 1
credentials: {user: admin, password: {env: JEMBATAN_PASSWORD}, tls: off}
routers:
  jkt: {address: 198.51.100.1, uplinks: {metro: {address: 198.51.100.1, gateway: 198.51.100.254}, lte: {address: 203.0.113.1}}}
  sby: {address: 198.51.100.2, uplinks: {metro: {address: 198.51.100.2}, lte: {address: 203.0.113.2}}}
  bdg: {address: 198.51.100.3, uplinks: {metro: {address: 198.51.100.3}}}
segments:
  servers:
    subnet: 192.168.50.0/24
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether4]}, sby: {ports: [ether4]}, bdg: {ports: [ether4]}}
    tunnels: {keepalive: off}
  office:
    subnet: 192.168.60.0/24
    shape: hub
    hubs: [sby]
    members: {jkt: {ports: [ether5]}, sby: {}}
    tunnels: {redundancy: rstp, mtu: auto}
`

// TestScriptsDoWhatApplyDoes builds a network by the scripts of its plan, changes
// it and takes each change back, and compares with what apply does.
func TestScriptsDoWhatApplyDoes(t *testing.T) {
	topology, problems := spec.Parse("site.yaml", []byte(twoSites))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for i, version := range emulator.Versions() {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel() // It waits for tunnels to run.
			devices := emulate.Devices(topology, []string{version.String()}, func(tunnel.SecretRef) (routeros.Secret, error) { return password, nil })
			f := newField(t, devices, nil)
			at := map[string]spec.Endpoint{}
			for _, l := range f.lines {
				at[l.Router] = spec.Endpoint{Address: l.API}
			}
			changes := [][2]string{
				{"", ""},
				{"mtu: auto", "mtu: 1400"},               // Properties change.
				{"[ether5]", "[ether3]"},                 // A port is replaced.
				{"redundancy: rstp", "redundancy: none"}, // A tunnel goes away.
			}
			if i > 0 && i < len(emulator.Versions())-1 {
				changes = changes[:1] // The oldest and the newest release see all.
			}
			for _, change := range changes {
				src, err := spec.Rewrite([]byte(strings.Replace(twoSites, change[0], change[1], 1)), at)
				if err == nil {
					err = os.WriteFile(f.file("site.yaml"), src, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				before := f.exports()
				_ = os.RemoveAll(f.file("scripts"))
				f.run(2, "plan", "-f", f.file("site.yaml"), "--scripts", f.file("scripts"))
				f.runScripts(".rsc")
				f.run(0, "plan", "-f", f.file("site.yaml"))
				scripted := f.exports()
				f.runScripts("-undo.rsc")
				if d := cmp.Diff(before, f.exports()); d != "" {
					t.Errorf("%v: the scripts do not take back what they did (-before +now):\n%s", change, d)
				}
				f.runScripts("-undo.rsc") // A second time there is nothing to take back.
				f.run(0, "apply", "-f", f.file("site.yaml"), "--yes")
				if d := cmp.Diff(f.exports(), scripted); d != "" {
					t.Errorf("%v: the scripts do something else than apply (-apply +scripts):\n%s", change, d)
				}
			}
		})
	}
}

// TestFailedAdoptionIsUndone lets a router refuse in the middle of a link: the
// comments at both its ends are what people wrote.
func TestFailedAdoptionIsUndone(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.16.1", "7.24"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := byHand(t, version)
			args := []string{"import", "--user", "admin", "--plaintext", "--out", f.file("site.yaml")}
			for _, l := range f.lines {
				args = append(args, "--router", l.API)
			}
			f.run(0, args...)
			before := f.exports() // Bridges with their local ports are units of their own.
			for _, menu := range []string{"interface/eoip", "interface/bonding", "interface/bridge/port"} {
				f.world.Device("sby").Faults().TrapOnWrite(menu, 1, "not today")
				if said := f.run(1, "apply", "-f", f.file("site.yaml"), "--yes", "--only", "HQ-Jakarta,sby"); !strings.Contains(said, "not today") {
					t.Errorf("apply says:\n%s", said)
				}
				f.world.Device("sby").Faults().Clear()
				if d := cmp.Diff(linkRows(before), linkRows(f.exports())); d != "" {
					t.Errorf("%s refused: the link is not what it was (-before +after):\n%s", menu, d)
				}
			}
		})
	}
}

// linkRows are what the link between headquarters and sby is made of.
func linkRows(exports map[string]string) []string {
	var out []string
	for _, router := range []string{"HQ Jakarta", "sby"} {
		for line := range strings.Lines(exports[router]) {
			if regexp.MustCompile(`(name|interface|slaves)="(to sby|hq|bond)`).MatchString(line) {
				out = append(out, router+" "+line)
			}
		}
	}
	return out
}
