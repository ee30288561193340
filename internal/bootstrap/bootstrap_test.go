package bootstrap_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/bootstrap"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestScripts(t *testing.T) {
	for name, s := range map[string]bootstrap.Script{
		"v7": {
			Router: "jkt", Site: "Jakarta", User: "jembatan", Host: "198.51.100.1", Address: netip.MustParseAddr("198.51.100.1"),
			Controller: netip.MustParsePrefix("192.0.2.10/32"), Sensitive: true,
		},
		"v6-by-name": {Router: "old", User: "controller", Host: "old.example.net", Old: true},
	} {
		got := s.Setup() + "\n" + s.Removal()
		file := filepath.Join("testdata", name+".rsc")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestRemovalNamesWhatSetupMakes: nothing that is made may be forgotten.
func TestRemovalNamesWhatSetupMakes(t *testing.T) {
	s := bootstrap.Script{Router: "r", User: "ann", Host: "192.0.2.1"}
	removal := s.Removal()
	for line := range strings.Lines(s.Setup()) {
		_, rest, ok := strings.Cut(line, " add name=")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, " ")
		if !strings.Contains(removal, "[find name="+name+"]") {
			t.Errorf("%s is made and never removed", name)
		}
	}
}
