package emulator

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros/rsc"
)

var update = flag.Bool("update", false, "write testdata/exports/*.want anew")

// TestHandWritten imports exports that were written by hand, broken and ordered
// as routers do it, and compares with what they are to make, in the form of
// Device.Export.
func TestHandWritten(t *testing.T) {
	files, err := filepath.Glob("testdata/exports/*.rsc")
	if err != nil || len(files) == 0 {
		t.Fatal("no exports", err)
	}
	for _, file := range files {
		version := filepath.Base(file[:len(file)-len(".rsc")])
		t.Run(version, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := fresh(t, "a", version)
			if s := rsc.Parse(string(text)); !d.isConfiguration(s) {
				t.Fatalf("no configuration: %v, code at %d, menus %v", s.Problems, s.Code, s.Entered())
			}
			if err := d.Import(string(text)); err != nil {
				t.Fatal(err)
			}
			golden := file[:len(file)-len("rsc")] + "want"
			if *update {
				if err := os.WriteFile(golden, []byte(d.Export()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), d.Export()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhatIsAScript sorts texts into configurations, which package rsc reads,
// and scripts, which the interpreter runs.
func TestWhatIsAScript(t *testing.T) {
	d := fresh(t, "a", "7.16.1")
	for _, c := range []struct {
		text          string
		configuration bool
	}{
		{"/interface bridge\nadd name=br\nset [ find name=br ] comment=x\n", true},
		{"/interface/bridge/add name=br comment=\"costs \\$5\"", true},
		{"/interface bridge remove [find]\n/ip service disable telnet", true},
		{"", false},
		{"# a comment\n", false},
		{"/interface bridge add name=$x", false},
		{"/interface bridge add name=\"a $x\"", false},
		{"/interface bridge add name=[/system identity get name]", false},
		{"/interface bridge set [find name~\"a\"] comment=x", false},
		{"/interface bridge set [find name=$x] comment=x", false},
		{"/interface bridge add name=a; :put 1", false},
		{":if (1 = 1) do={/interface bridge add name=a}", false},
		{"/interface bridge add name=a\n/interface bridge print", false},
		{"/interface bridge add name=a\n/system reboot", false},
		{"/interface bridge add name=a\n/interface nonexistent\nadd name=b", false},
		{"/system script add name=a source={:put 1}", false},
		{"/interface bridge add name=\"half", false},
	} {
		if got := d.isConfiguration(rsc.Parse(c.text)); got != c.configuration {
			t.Errorf("%q is a configuration: %t", c.text, got)
		}
	}
}

// FuzzImport imports any text, and what it made survives an export.
func FuzzImport(f *testing.F) {
	for _, s := range []string{
		"/interface bridge\nadd name=x comment=\"a b\"\nset [ find name=x !disabled ] mtu=1400\nset x !comment\n",
		"/interface eoip\nadd name=a remote-address=192.0.2.1 tunnel-id=1 !keepalive\n/interface bonding add slaves=a name=b mode=active-backup primary=a",
		"/ip ipsec policy set 0 disabled=yes\n/ip address add address=10.0.0.1/24 interface=ether1\n/ip address remove [find interface=ether1]",
		"/interface vrrp add interface=ether1 name=v2 vrid=2\n/interface vrrp add interface=ether1 name=v1 group-authority=v2",
		"/interface bridge port add bridge=*9 interface=ether2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := fresh(t, "a", "7.20.8")
		_ = a.Import(text) // What was done before an error stays.
		script := a.Script(true)
		b := fresh(t, "a", "7.20.8")
		if b.Import(script) != nil {
			return // It refers to what was removed, or what is imported twice clashes.
		}
		_, want, _ := cutLine(script)
		_, got, _ := cutLine(b.Script(true))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("imported is not what was exported (-want +got):\n%s", d)
		}
	})
}

// cutLine takes the first line off, which has the time.
func cutLine(s string) (first, rest string, ok bool) { return strings.Cut(s, "\n") }
