package spec

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// A place is where a value stands in the file.
type place struct {
	line, col int
	path      string
}

func placeOf(n *yaml.Node, path string) place { return place{n.Line, n.Column, path} }

// A given is a value that the file may hold. It is set when the value is there
// and right.
type given[T any] struct {
	place
	value T
	set   bool
}

// or returns the value, or def when it is not set.
func (g given[T]) or(def T) T {
	if g.set {
		return g.value
	}
	return def
}

// A form is one way to write something down. It decodes nodes into the value it
// was made for and describes what it accepts.
type form interface {
	// decode reads n, which is no alias, and reports what is wrong with it.
	decode(d *decoder, n *yaml.Node, path string)
	// schema describes what decode accepts.
	schema() *schema
}

// A decoder collects the problems of one file.
type decoder struct {
	problems Problems
	values   int
	depth    int
	stopped  bool // a limit was exceeded: the rest of the file was not read
	patterns map[string]*regexp.Regexp
}

// matches reports whether text matches pattern, which is a constant of the
// format.
func (d *decoder) matches(pattern, text string) bool {
	re := d.patterns[pattern]
	if re == nil {
		re = regexp.MustCompile(pattern)
		d.patterns[pattern] = re
	}
	return re.MatchString(text)
}

func (d *decoder) problem(at place, format string, args ...any) {
	if len(d.problems) >= MaxProblems {
		return
	}
	d.problems = append(d.problems, Problem{Line: at.line, Col: at.col, Path: at.path, Msg: fmt.Sprintf(format, args...)})
}

// full reports whether more problems would not be listed anyway.
func (d *decoder) full() bool { return len(d.problems) >= MaxProblems }

// decode reads n with f. Aliases are followed, and bounded by MaxValues and
// MaxDepth, since an alias may stand for much and even for its own parent.
func (d *decoder) decode(f form, n *yaml.Node, path string) {
	if d.stopped {
		return
	}
	d.values++
	d.depth++
	defer func() { d.depth-- }()
	switch {
	case d.values > MaxValues:
		d.stopped = true
		d.problem(placeOf(n, path), "more than %d values (what an alias stands for counts each time)", MaxValues)
		return
	case d.depth > MaxDepth:
		d.stopped = true
		d.problem(placeOf(n, path), "more than %d levels of lists and mappings", MaxDepth)
		return
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	f.decode(d, n, path)
}

// versionUnderstood reports whether the file is of a version that this package
// reads. Another version's problems would only mislead.
func (d *decoder) versionUnderstood(root *yaml.Node) bool {
	if root.Kind != yaml.MappingNode {
		return true
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Value != "version" || value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" {
			continue
		}
		if n, err := strconv.ParseInt(value.Value, 0, 64); err == nil && n == 1 {
			return true
		}
		d.problem(placeOf(value, "version"), "version %s is not understood (understood: 1)", quote(value.Value))
		d.stopped = true
		return false
	}
	return true
}

// kindOf names what n is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "nothing"
		case "!!bool":
			return "true or false"
		case "!!int", "!!float":
			return "a number"
		}
		return "text"
	}
	return "something else"
}

// quote returns s in quotes, shortened to what helps to find it.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
