package spec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jembatan/tunnel"
)

// FuzzParse holds that Parse returns either a topology or problems, that
// problems name places in order, and that a topology can be expanded.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"../../examples/*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	for _, s := range []string{"", "a: *a", "a: &a [*a]", "\t", "\xff", "version: 1\nrouters: &r {a: *r}\n", "? {}\n: x", "!!set {a}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		topology, problems := Parse("f.yaml", src)
		if (topology == nil) == (len(problems) == 0) {
			t.Fatalf("topology %v and %d problems", topology != nil, len(problems))
		}
		if len(problems) > MaxProblems+1 {
			t.Fatalf("%d problems", len(problems))
		}
		lines := strings.Count(string(src), "\n") + strings.Count(string(src), "\r") + 2
		for _, p := range problems {
			if p.File != "f.yaml" || p.Msg == "" || p.Line < 1 || p.Col < 1 || p.Line > lines {
				t.Fatalf("bad problem %+v", p)
			}
			if strings.ContainsAny(p.Error(), "\n\x00") {
				t.Fatalf("more than a line: %q", p.Error())
			}
		}
		if !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
			t.Fatalf("not in order: %v", problems)
		}
		if topology != nil {
			if _, err := tunnel.Expand(topology, tunnel.Known{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
