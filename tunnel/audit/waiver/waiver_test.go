package waiver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/audit"
	"jembatan/tunnel/audit/waiver"
)

func TestParse(t *testing.T) {
	got, err := waiver.Parse("w.yaml", []byte(`version: 1
waivers:
  - rule: MGMT-01      # the billing server speaks no TLS
    scope: jkt
    reason: old billing server
    who: net team
    until: 2027-03-31
  - {rule: "CRY-*", scope: "*", reason: inside a leased line, who: me, until: 2026-12-31}
`))
	want := []audit.Waiver{
		{Rule: "MGMT-01", Scope: "jkt", Reason: "old billing server", Who: "net team", Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Line: 3},
		{Rule: "CRY-*", Scope: "*", Reason: "inside a leased line", Who: "me", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Line: 8},
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestProblems asks for every mistake at its line.
func TestProblems(t *testing.T) {
	_, err := waiver.Parse("w.yaml", []byte(`version: 2
waivers:
  - rule: NONE-99
    scope: jkt
    reason: x
    who: y
    until: soon
  - rule: MGMT-01
    scop: jkt
    who: [a]
`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"w.yaml:1: version must be 1", `w.yaml:3: waiver: no rule "NONE-99"`, `w.yaml:3: waiver: until "soon" is no date`,
		`w.yaml:9: waiver: no such field "scop"`, "w.yaml:10: waiver: who must be a text", "w.yaml:8: waiver: scope is missing",
		"w.yaml:8: waiver: reason is missing", "w.yaml:8: waiver: until is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestOddFiles(t *testing.T) {
	for _, src := range []string{"- a", "version: 1\nwaivers: x", "a: [", strings.Repeat("x", waiver.MaxBytes+1)} {
		if _, err := waiver.Parse("w.yaml", []byte(src)); err == nil {
			t.Errorf("%.20q was taken", src)
		}
	}
	if got, err := waiver.Parse("w.yaml", nil); err != nil || got != nil {
		t.Errorf("an empty file: %v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("version: 1\nwaivers:\n  - {rule: MGMT-01, scope: x, reason: y, who: z, until: 2026-01-01}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := waiver.Parse("w", src)
		if err != nil && got != nil {
			t.Fatal("waivers beside an error")
		}
	})
}
