//go:build linux

package rehearsal

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if code, ran := Stage(); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

var only = flag.String("only", "", "scenarios, separated by commas")

// TestShort runs the scenarios of the short run once each.
func TestShort(t *testing.T) {
	if os.Getenv("JEMBATAN_LAB_REQUIRED") == "" {
		t.Skip("needs namespaces, Debian packages and some minutes: run make lab")
	}
	binary := os.Getenv("JEMBATAN_REHEARSE")
	if binary == "" {
		binary = filepath.Join(t.TempDir(), "jembatan")
		if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/jembatan").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, s := range Table(Durations{}) {
		if !s.Short && *only == "" || *only != "" && !strings.Contains(","+*only+",", ","+s.Name+",") {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			r, err := Run(t.Context(), s, Options{Binary: binary, Trace: os.Stderr, Slack: 10})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", r)
			for _, b := range r.Broken {
				t.Error(b)
			}
			if len(r.Broken) > 0 {
				t.Log(strings.Join(r.History, "\n"))
			}
		})
	}
}
