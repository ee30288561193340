package audit

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"jembatan/routeros/rsc"
	"jembatan/tunnel/spec"
)

// clock is when the stories take place.
var clock = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// A scene is what a case audits: the two routers of testdata, changed by the
// case. Every rule is content with them as they stand.
type scene struct {
	texts map[string]string
	live  bool
	input Input
}

// TestRules plays testdata/rules: "fail" shows what a rule finds after the
// changes, "pass" that it was checked and found nothing. Every rule has both.
// Changes are lines:
//
//	sby - tunnel-id=101 => tunnel-id=102   replace in the export
//	sby + /interface eoip add …            append to it
//	sby drop                               the router is not in the audit
//	sby unread connection refused          … and could not be read
//	bdg new                                an empty router
func TestRules(t *testing.T) {
	seen := map[string]map[string]bool{"fail": {}, "pass": {}}
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var id string
			d.ScanArgs(t, "rule", &id)
			rules := Rules()
			i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
			if i < 0 {
				t.Fatalf("%s: no rule %s", d.Pos, id)
			}
			s := play(t, d)
			n := newNetwork(s.input)
			b := builder{n: n, report: &Report{}}
			b.apply(&rules[i])
			out := told(b.report)
			if got := len(b.report.Findings) > 0; got != (d.Cmd == "fail") {
				t.Errorf("%s: %s of %s:\n%s", d.Pos, d.Cmd, id, out)
			}
			if d.Cmd == "pass" && b.report.Summary.Checks == 0 {
				t.Errorf("%s: %s was not checked: %s", d.Pos, id, out)
			}
			seen[d.Cmd][id] = true
			return out
		})
	})
	for _, r := range Rules() {
		for cmd, ids := range seen {
			if !ids[r.ID] {
				t.Errorf("%s has no case %q", r.ID, cmd)
			}
		}
	}
}

// TestUndecided plays testdata/unknown: what cannot be known is never well.
func TestUndecided(t *testing.T) {
	datadriven.Walk(t, "testdata/unknown", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var id string
			d.ScanArgs(t, "rule", &id)
			b := builder{n: newNetwork(play(t, d).input), report: &Report{}}
			for _, r := range Rules() {
				if r.ID == id {
					b.apply(&r)
				}
			}
			return told(b.report)
		})
	})
}

// told prints findings and what could not be decided.
func told(r *Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Severity, f.Subject, f.Say.EN)
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "  %s %s", e.Router, e.Menu)
			if e.Item != "" {
				fmt.Fprintf(&b, " %s", e.Item)
			}
			fmt.Fprintf(&b, " %s=%s", e.Field, e.Value.EN)
			if e.Line > 0 {
				fmt.Fprintf(&b, " (%s:%d)", e.File, e.Line)
			}
			b.WriteByte('\n')
		}
		for _, c := range f.Fix {
			fmt.Fprintf(&b, "  > %s: %s\n", c.Router, c.Line)
		}
	}
	for _, u := range r.Unknown {
		fmt.Fprintf(&b, "unknown %s: %s\n", u.Subject, u.Why.EN)
	}
	if b.Len() == 0 {
		fmt.Fprintf(&b, "ok (%d checked)\n", r.Summary.Checks)
	}
	return b.String()
}

// play builds the scene of a case.
func play(t *testing.T, d *datadriven.TestData) *scene {
	t.Helper()
	s := &scene{texts: map[string]string{}, live: d.HasArg("live")}
	for _, name := range []string{"jkt", "sby"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".rsc"))
		if err != nil {
			t.Fatal(err)
		}
		s.texts[name] = string(text)
	}
	s.input = Input{Now: clock, Seal: NewSealer([]byte("a key of tests")), Tool: "test"}
	if d.HasArg("topology") {
		src, err := os.ReadFile(filepath.Join("testdata", "site.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		topology, problems := spec.Parse("site.yaml", src)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		s.input.Topology = topology
	}
	for line := range strings.SplitSeq(d.Input, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			s.change(t, d, line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.texts)) {
		s.input.Routers = append(s.input.Routers, s.router(t, name))
	}
	return s
}

// change carries out one line of a case.
func (s *scene) change(t *testing.T, d *datadriven.TestData, line string) {
	t.Helper()
	name, rest, _ := strings.Cut(line, " ")
	verb, rest, _ := strings.Cut(rest, " ")
	switch verb {
	case "-":
		old, with, ok := strings.Cut(rest, " => ")
		if !ok {
			old, with = strings.TrimSuffix(rest, " =>"), ""
		}
		if !strings.Contains(s.texts[name], old) {
			t.Fatalf("%s: %s has no %q", d.Pos, name, old)
		}
		s.texts[name] = strings.Replace(s.texts[name], old, with, 1)
	case "+":
		s.texts[name] += rest + "\n"
	case "drop":
		delete(s.texts, name)
	case "unread":
		delete(s.texts, name)
		s.input.Unread = append(s.input.Unread, Unread{Name: name, Where: name + ":8729", Reason: rest})
	case "new":
		s.texts[name] = "# 2026-01-10 08:00:00 by RouterOS 7.20.4\n/system identity\nset name=" + name + "\n"
	case "doubt":
		s.input.Doubts = append(s.input.Doubts, Doubt{Kind: DoubtDamaged, Router: name, File: name + ".rsc", Line: 7, Say: say(rest, rest)})
	case "differ":
		saved, live := s.router(t, name), (&scene{texts: map[string]string{name: strings.Replace(s.texts[name], "keepalive=1s,3", "keepalive=10s,10", 1)}, input: s.input, live: true}).router(t, name)
		if doubt, ok := Differ(saved, live); ok {
			s.input.Doubts = append(s.input.Doubts, doubt)
		}
	default:
		t.Fatalf("%s: %q", d.Pos, line)
	}
}

// router makes the router of a text: an export, or a live one whose rows say
// all that the console would.
func (s *scene) router(t *testing.T, name string) *Router {
	t.Helper()
	if script := rsc.Parse(s.texts[name]); len(script.Problems) > 0 {
		t.Fatalf("%s: %v", name, script.Problems)
	}
	return s.loose(name)
}

// loose is router for texts that may be damaged.
func (s *scene) loose(name string) *Router {
	script := rsc.Parse(s.texts[name])
	when, _ := time.Parse(time.DateTime, script.Header.Time)
	r := &Router{
		Name: name, Identity: name, Version: script.Header.Version, Serial: script.Header.Serial, Scope: script.Scope(), Shown: script.Sensitive, Verbose: script.Verbose,
		Source: Source{Kind: Export, Where: name + ".rsc", Time: when}, Menus: map[string][]Row{},
	}
	if s.live {
		r.Source = Source{Kind: Live, Where: name + ":8729", Time: clock}
		for _, read := range Reads() {
			r.Menus[read.Menu] = nil
		}
	}
	for _, menu := range script.Menus() {
		for _, row := range script.Rows(menu) {
			out := Row{Line: row.Line}
			for _, f := range row.Fields {
				out.Fields = append(out.Fields, Field{f.Name, f.Value, f.None})
			}
			if s.live {
				out.Line = 0
				for k, v := range absences(menu) {
					if _, ok := row.Get(k); !ok && !slices.ContainsFunc(out.Fields, func(f Field) bool { return f.Name == k }) {
						out.Fields = append(out.Fields, Field{Name: k, Value: v})
					}
				}
			}
			s.input.Seal.SealRow(menu, out.Fields)
			r.Menus[menu] = append(r.Menus[menu], out)
		}
	}
	return r
}

// TestBaseIsWell runs all rules over the untouched scene.
func TestBaseIsWell(t *testing.T) {
	s := play(t, &datadriven.TestData{})
	r := Run(s.input)
	if len(r.Findings) > 0 || r.Summary.Score != 100 {
		t.Errorf("score %d:\n%s", r.Summary.Score, told(r))
	}
	if r.Summary.Checks < 60 {
		t.Errorf("only %d checks", r.Summary.Checks)
	}
}
