// Package waiver reads the file of accepted risks. It is apart from tunnel/audit
// because people write the file by hand and want YAML with comments, and the
// audit itself needs no library.
package waiver

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel/audit"
)

// MaxBytes is the largest waiver file.
const MaxBytes = 1 << 20

// A Problem is a mistake in a waiver file.
type Problem struct {
	File string
	Line int
	Msg  string
}

// FileError lists all mistakes of a file.
type FileError []Problem

// Error lists the problems, one a line.
func (p FileError) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = fmt.Sprintf("%s:%d: %s", x.File, x.Line, x.Msg)
	}
	return strings.Join(lines, "\n")
}

// Parse reads a waiver file. The error is a FileError.
//
//	version: 1
//	waivers:
//	  - rule: MGMT-01          # or a pattern: MGMT-*
//	    scope: jkt             # a router, a subject as the report prints it, a pattern, or "*"
//	    reason: the old billing server cannot do TLS
//	    who: network team
//	    until: 2027-03-31      # the last day on which it holds
func Parse(file string, src []byte) ([]audit.Waiver, error) {
	d := decoder{file: file}
	if len(src) > MaxBytes {
		d.problem(0, "larger than %d KiB", MaxBytes>>10)
		return nil, d.problems
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		line := 0
		msg := err.Error()
		_, _ = fmt.Sscanf(msg, "yaml: line %d:", &line) // No line is line 0.
		d.problem(line, "%s", strings.TrimPrefix(msg, "yaml: "))
		return nil, d.problems
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	out := d.file1(doc.Content[0])
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	return out, nil
}

type decoder struct {
	file     string
	problems FileError
}

func (d *decoder) problem(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, line, fmt.Sprintf(format, args...)})
}

// fields calls f for every key of a mapping.
func (d *decoder) fields(n *yaml.Node, what string, f func(key string, value *yaml.Node) bool) {
	if n.Kind != yaml.MappingNode {
		d.problem(n.Line, "%s must be a mapping", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case seen[key.Value]:
			d.problem(key.Line, "%s: %q stands twice", what, key.Value)
		case !f(key.Value, n.Content[i+1]):
			d.problem(key.Line, "%s: no such field %q", what, key.Value)
		}
		seen[key.Value] = true
	}
}

// file1 reads version 1 of the file.
func (d *decoder) file1(root *yaml.Node) []audit.Waiver {
	var out []audit.Waiver
	version := ""
	d.fields(root, "the file", func(key string, value *yaml.Node) bool {
		switch key {
		case "version":
			version = value.Value
		case "waivers":
			if value.Kind != yaml.SequenceNode {
				d.problem(value.Line, "waivers must be a list")
				return true
			}
			for _, n := range value.Content {
				out = append(out, d.waiver(n))
			}
		default:
			return false
		}
		return true
	})
	if version != "1" {
		d.problem(root.Line, "version must be 1")
	}
	return out
}

// waiver reads one waiver; every field is required.
func (d *decoder) waiver(n *yaml.Node) audit.Waiver {
	w := audit.Waiver{Line: n.Line}
	until := ""
	d.fields(n, "waiver", func(key string, value *yaml.Node) bool {
		target, ok := map[string]*string{
			"rule": &w.Rule, "scope": &w.Scope, "reason": &w.Reason, "who": &w.Who, "until": &until,
		}[key]
		if !ok {
			return false
		}
		if value.Kind != yaml.ScalarNode {
			d.problem(value.Line, "waiver: %s must be a text", key)
			return true
		}
		*target = strings.TrimSpace(value.Value)
		return true
	})
	for _, f := range []struct{ name, value string }{
		{"rule", w.Rule}, {"scope", w.Scope}, {"reason", w.Reason}, {"who", w.Who}, {"until", until},
	} {
		if f.value == "" {
			d.problem(n.Line, "waiver: %s is missing", f.name)
		}
	}
	if w.Rule != "" && !strings.Contains(w.Rule, "*") && !knownRule(w.Rule) {
		d.problem(n.Line, "waiver: no rule %q", w.Rule)
	}
	if until != "" {
		t, err := time.Parse(time.DateOnly, until)
		if err != nil {
			d.problem(n.Line, "waiver: until %q is no date (example: 2027-03-31)", until)
		}
		w.Until = t
	}
	return w
}

func knownRule(id string) bool {
	for _, r := range audit.Rules() {
		if r.ID == id {
			return true
		}
	}
	return false
}
