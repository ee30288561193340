package emulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExportImport exports a device of each release and imports it on another,
// which then exports the same.
func TestExportImport(t *testing.T) {
	for _, v := range Versions() {
		t.Run(v.String(), func(t *testing.T) {
			w := NewWorld()
			defer w.Close()
			a, err := w.Add(Config{Name: "a", Version: v.String()})
			if err != nil {
				t.Fatal(err)
			}
			for _, words := range [][]string{
				{"/interface/bridge/add", "=name=br", "=comment=jembatan:s/bridge", "=priority=0x1000"},
				{"/interface/eoip/add", "=name=e1", "=tunnel-id=7", "=remote-address=192.0.2.1", "=mac-address=02:00:00:00:00:01", `=comment=a "b" $c \d`, "=!keepalive="},
				{"/interface/eoip/add", "=name=e2", "=tunnel-id=8", "=remote-address=192.0.2.2", "=mac-address=02:00:00:00:00:02", "=disabled=yes"},
				{"/interface/bonding/add", "=name=bond", "=slaves=e1,e2", "=mode=active-backup", "=primary=e1"},
				{"/interface/bridge/port/add", "=bridge=br", "=interface=bond"},
				{"/interface/ethernet/set", "=.id=ether1", "=name=wan"},
				{"/ip/service/set", "=.id=telnet", "=disabled=yes"},
				{"/ip/address/add", "=address=198.51.100.1/24", "=interface=wan"},
				{"/system/scheduler/add", "=name=job", "=interval=5m", `=on-event=:put "x"; /system scheduler remove [find name="job"]`},
			} {
				do(t, a, words[0], words[1:]...)
			}
			b, err := w.Add(Config{Name: "b", Version: v.String()})
			if err != nil {
				t.Fatal(err)
			}
			script := a.Script(true)
			if err := b.Import(script); err != nil {
				t.Fatalf("%v\n%s", err, script)
			}
			_, want, _ := strings.Cut(script, "\n") // The first line has the time.
			_, got, _ := strings.Cut(b.Script(true), "\n")
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("imported is not what was exported (-want +got):\n%s", d)
			}
		})
	}
}

// FuzzScript runs any text as a script: it ends, and nothing panics.
func FuzzScript(f *testing.F) {
	for _, s := range []string{
		`/interface bridge add name=x comment="a b"; :put [:len [find]]`,
		`:do {:error "x"} on-error={:put "y"}`,
		`:local a 1; :if ($a = 1) do={:set a "$a$a"} else={:nothing}`,
		"/interface bridge\nset [ find where name~\"^b\" or disabled=yes ] \\\n    comment=\"\\41\"",
		`:put [[[[[[`, `{}`, `[`, `"`, `$`, `:if (1 = 1) do={`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Import(s); err == nil {
			_ = d.Script(true)
		}
	})
}
