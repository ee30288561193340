//go:build linux

package rehearsal

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPage holds the page against the results that are kept: what it tells was
// measured, and nothing of that is left out.
func TestPage(t *testing.T) {
	results, err := ReadResults("../../docs/measured/failover.jsonl")
	if err != nil || len(results) == 0 {
		t.Fatalf("%d results: %v", len(results), err)
	}
	table := Table(Durations{})
	for _, r := range results {
		if len(Summarise([]*Result{r}, table)) == 0 {
			t.Errorf("a result of %s, which is no scenario", r.Scenario)
		}
	}
	want, err := Part(results, table)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), Begin)
	got, _, _ := strings.Cut(rest, End)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/benchmarks.md is not of its results, run make docs: %s", diff)
	}
}
