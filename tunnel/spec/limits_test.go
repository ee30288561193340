package spec

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	bomb := "a: &a {x: y}\n"
	for c := 'b'; c <= 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1)
	}
	// Aliases of hubs that hold hubs are of the wrong kind at once; a list of
	// routers under an alias is the widest thing that the format can repeat.
	wide := "version: 1\ncredentials: {user: a}\nrouters: {r: {address: 192.0.2.1}}\nsegments:\n  s0: &s\n    hubs: [" +
		strings.Repeat("r,", 20000) + "r]\n"
	for i := 1; i < 100; i++ {
		wide += fmt.Sprintf("  s%d: *s\n", i)
	}
	tests := []struct {
		name, src, want string
	}{
		{"too large", strings.Repeat("#", MaxBytes+1), "site.yaml: the file is larger than 8 MiB (8388608 bytes)"},
		{"bomb of unknown fields", "version: 1\n" + bomb, `no such field "a"`},
		{"wide aliases", wide, "more than 262144 values (what an alias stands for counts each time)"},
		{"flow depth", strings.Repeat("[", 100000), "more than 32 levels of lists and mappings"},
		{"block depth", strings.Repeat("- ", 100000), "more than 32 levels of lists and mappings"},
		{"many problems", "version: 1\n" + strings.Repeat("x: 1\n", 5000), "too many problems; only 1000 are listed"},
		{"large mesh", mesh(1200), "a mesh of 1200 routers; a bridge has at most 1024 ports"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			topology, problems := Parse("site.yaml", []byte(tt.src))
			if topology != nil || !strings.Contains(problems.Error(), tt.want) {
				t.Errorf("got %.500v", problems)
			}
			if len(problems) > MaxProblems+1 {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

// mesh returns a file with one mesh of n routers.
func mesh(n int) string { return large(n, "mesh") }

// tree returns a file with one tree of n routers.
func tree(n int) string { return large(n, "hub\n    hubs: [r0]") }

func large(n int, shape string) string {
	var routers, members strings.Builder
	for i := range n {
		a := fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)
		fmt.Fprintf(&routers, "  r%d:\n    address: %s\n    uplinks:\n      wan: {address: %s, mtu: 1480}\n", i, a, a)
		fmt.Fprintf(&members, "      r%d: {ports: [ether2]}\n", i)
	}
	return "version: 1\ncredentials: {user: admin, password: {env: P}}\nrouters:\n" + routers.String() +
		"segments:\n  s:\n    subnet: 192.168.0.0/16\n    shape: " + shape + "\n    members:\n" + members.String()
}

func BenchmarkParse500(b *testing.B) {
	for _, shape := range []struct{ name, src string }{{"tree", tree(500)}, {"mesh", mesh(500)}} {
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(shape.src)))
			for b.Loop() {
				if _, problems := Parse("site.yaml", []byte(shape.src)); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
