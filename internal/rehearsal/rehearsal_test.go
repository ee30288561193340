//go:build linux

package rehearsal

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jembatan/internal/mariadb"
)

func TestMain(m *testing.M) {
	if code, ran := Stage(); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

var only = flag.String("only", "", "scenarios, separated by commas; empty: those of the short run")

// slack is by how much times may be longer here, where others use the machine.
const slack = 10

// TestMatrix rehearses every scenario of the short run once, two labs side by side,
// and prints the matrix. Correctness is exact, times are generous.
func TestMatrix(t *testing.T) {
	if os.Getenv("JEMBATAN_LAB_REQUIRED") == "" {
		t.Skip("needs namespaces, Debian packages and some minutes: run make lab")
	}
	binary := program(t)
	begun := time.Now()
	var mu sync.Mutex
	var results []*Result
	var failed []string
	table := Table(Durations{})
	t.Run("scenario", func(t *testing.T) {
		for _, s := range table {
			if *only == "" && !s.Short || *only != "" && !slices.Contains(strings.Split(*only, ","), s.Name) {
				continue
			}
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				r, wrong := rehearse(t, s, binary)
				mu.Lock()
				defer mu.Unlock()
				if r != nil {
					results = append(results, r)
				}
				failed = append(failed, wrong...)
			})
		}
	})
	var text strings.Builder
	if err := Print(&text, Summarise(results, table), Text); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d scenarios in %v on %s\n%s", len(results), time.Since(begun).Round(time.Second), Machine(), text.String())
	for _, wrong := range failed { // Told again, where who reads only the end sees it.
		t.Log(wrong)
	}
}

// rehearse runs one scenario and reports what it breaks. Others use the machine:
// what came too late or out of turn is rehearsed once more, and told. A write that
// was lost, or two servers that took writes, is never forgiven.
func rehearse(t *testing.T, s Scenario, binary string) (*Result, []string) {
	t.Helper()
	r, trace, err := once(t, s, binary)
	if err != nil || len(r.Broken) > 0 && !slices.ContainsFunc(r.Broken, grave) {
		t.Logf("%s is rehearsed once more on a busy machine: %v%v", s.Name, err, brokenOf(r))
		r, trace, err = once(t, s, binary)
	}
	wrong := brokenOf(r)
	if err != nil {
		wrong = append(wrong, fmt.Sprintf("%s: %v", s.Name, err))
	}
	if len(wrong) == 0 {
		return r, nil
	}
	t.Errorf("%s\n%s", strings.Join(wrong, "\n"), trace)
	if r != nil {
		t.Logf("%s\n%+v", strings.Join(r.History, "\n"), *r)
	}
	return r, wrong
}

func once(t *testing.T, s Scenario, binary string) (r *Result, trace string, err error) {
	t.Helper()
	var b bytes.Buffer
	r, err = Run(t.Context(), s, Options{Binary: binary, MySQLRoot: os.Getenv(mariadb.MySQLEnv), Every: 10 * time.Millisecond, Slack: slack, Trace: &b})
	return r, b.String(), err
}

// grave reports whether a broken expectation is about data.
func grave(broken string) bool {
	return strings.Contains(broken, "are lost") || strings.Contains(broken, "took writes at once")
}

func brokenOf(r *Result) []string {
	if r == nil {
		return nil
	}
	return r.Broken
}

// program is the program under test: the one that JEMBATAN_REHEARSE names, or one
// that is built now.
func program(t *testing.T) string {
	t.Helper()
	if binary := os.Getenv("JEMBATAN_REHEARSE"); binary != "" {
		return binary
	}
	binary := filepath.Join(t.TempDir(), "jembatan")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/jembatan")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}
