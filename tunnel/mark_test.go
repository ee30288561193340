package tunnel

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMark(t *testing.T) {
	tests := []struct {
		comment     string
		scope, name string
		ok          bool
	}{
		{"jembatan:servers/jkt.metro-sby.metro", "servers", "jkt.metro-sby.metro", true},
		{"jembatan:servers/br-servers do not touch", "servers", "br-servers", true},
		{"jembatan:erp/dst/80\tsee ticket 7", "erp", "dst/80", true},
		{"", "", "", false},
		{"jembatan:", "", "", false},
		{"jembatan:servers", "", "", false},
		{"jembatan:servers/", "", "", false},
		{"jembatan:/name", "", "", false},
		{" jembatan:servers/x", "", "", false},
		{"see jembatan:servers/x", "", "", false},
		{"Jembatan:servers/x", "", "", false},
	}
	for _, tt := range tests {
		scope, name, ok := ParseMark(tt.comment)
		if scope != tt.scope || name != tt.name || ok != tt.ok {
			t.Errorf("ParseMark(%q) = %q, %q, %v", tt.comment, scope, name, ok)
		}
	}
}

func TestMarkRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scope := rapid.StringMatching(`[A-Za-z0-9_-]{1,32}`).Draw(t, "scope")
		name := rapid.StringMatching(`[A-Za-z0-9_./-]{1,80}`).Draw(t, "name")
		remark := rapid.SampledFrom([]string{"", " ", " remark", "\tremark / with slash"}).Draw(t, "remark")
		s, n, ok := ParseMark(Mark(scope, name) + remark)
		if !ok || s != scope || n != name || strings.ContainsAny(Mark(scope, name), " \t") {
			t.Fatalf("%q %q %v", s, n, ok)
		}
	})
}
