//go:build linux

package rehearsal

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Markers of the part of a page that Write replaces.
const (
	Begin = "<!-- matrix: begin -->"
	End   = "<!-- matrix: end -->"
)

// Machine describes this machine in a few words: processors, and the kernel's version.
func Machine() string {
	kernel, model := "unknown", "unknown"
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel, _, _ = strings.Cut(strings.TrimSpace(string(b)), "-") // What follows names one build.
	}
	b, err := os.ReadFile("/proc/cpuinfo")
	if _, rest, ok := strings.Cut(string(b), "model name"); err == nil && ok {
		line, _, _ := strings.Cut(rest, "\n")
		model = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
	}
	return fmt.Sprintf("%d cores (%s), Linux %s", runtime.NumCPU(), model, kernel)
}

// Write replaces the part of a page between the markers by the table of results.
func Write(file string, results []*Result, table []Scenario) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(page), Begin)
	_, after, ok2 := strings.Cut(rest, End)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no %s … %s", file, Begin, End)
	}
	part, err := Part(results, table)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(before+Begin+part+End+after), 0o644) //nolint:gosec // A page of the project, for all to read.
}

// Part is what stands between the markers of a page.
func Part(results []*Result, table []Scenario) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n\n%s.\n\n", originOf(results))
	if err := Print(&b, Summarise(results, table), Markdown); err != nil {
		return "", err
	}
	b.WriteString("\nWhat is played (`-wan`, `-vrrp`, `-mysql`: the same in profile `wan`, by a virtual address, with MySQL):\n\n")
	for _, s := range table {
		if played(s, results) {
			fmt.Fprintf(&b, "- `%s`: %s\n", s.Name, s.About)
		}
	}
	return b.String() + "\n", nil
}

// played reports whether a scenario, which is no other one's variant, has results.
func played(s Scenario, results []*Result) bool {
	return !s.crossed && slices.ContainsFunc(results, func(r *Result) bool { return r.Scenario == s.Name })
}
