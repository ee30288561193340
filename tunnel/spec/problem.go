package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is a mistake in a topology file, at a place a person can go to.
type Problem struct {
	File      string
	Line, Col int    // from 1; zero when the file as a whole is meant
	Path      string // of the value, as in "segments.servers.tunnels.mtu"; may be empty
	Msg       string
}

// Error returns "file:line:column: path: message", which editors understand.
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Col)
	}
	if p.Path != "" {
		s += ": " + p.Path
	}
	return s + ": " + p.Msg
}

// Problems are all mistakes of a file, in the order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error, nil when there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// sorted puts problems in the order of the file and drops repeated ones.
func (ps Problems) sorted() Problems {
	order := func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Msg, b.Msg))
	}
	slices.SortFunc(ps, order)
	return slices.Compact(ps)
}
