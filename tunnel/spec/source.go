package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// load turns bytes into the one YAML document that they hold.
func load(src []byte) (*yaml.Node, *Problem) {
	if p := checkBytes(src); p != nil {
		return nil, p
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	loader, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithPlugin(limits{}))
	if err != nil {
		return nil, &Problem{Msg: err.Error()}
	}
	var document, next yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return nil, &Problem{Line: 1, Col: 1, Msg: "the file is empty"}
	} else if err != nil {
		return nil, syntaxProblem(src, err)
	}
	if err := loader.Load(&next); err == nil {
		line, col := max(next.Line, 1), max(next.Column, 1)
		return nil, &Problem{Line: line, Col: col, Msg: "a second document begins here; a topology file holds one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxProblem(src, err)
	}
	if len(document.Content) != 1 {
		return nil, &Problem{Line: 1, Col: 1, Msg: "the file is empty"}
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, &Problem{Line: 1, Col: 1, Msg: "the file is empty"}
	}
	return root, nil
}

// limits bounds what the YAML library does.
type limits struct{}

// CheckDepth bounds how deep lists and mappings nest.
func (limits) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > MaxDepth {
		return fmt.Errorf("more than %d levels of lists and mappings", MaxDepth)
	}
	return nil
}

// CheckAlias allows every alias: the decoder counts what they stand for, and
// knows the place.
func (limits) CheckAlias(int, int) error { return nil }

// checkBytes finds what the YAML library would refuse without saying where.
func checkBytes(src []byte) *Problem {
	if len(src) > MaxBytes {
		return &Problem{Msg: fmt.Sprintf("the file is larger than %d MiB (%d bytes)", MaxBytes>>20, MaxBytes)}
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return &Problem{Line: 1, Col: 1, Msg: "the file is in UTF-16; save it as UTF-8"}
	}
	line, col := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if msg := badRune(r, size, src[i], i == 0); msg != "" {
			return &Problem{Line: line, Col: col, Msg: msg}
		}
		i += size
		if col++; r == '\n' {
			line, col = line+1, 1
		}
	}
	return nil
}

// badRune says why a file may not hold the rune r, decoded from size bytes
// beginning with b, and "" when it may.
func badRune(r rune, size int, b byte, first bool) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf("byte 0x%02x is not UTF-8", b)
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return ""
	case r < ' ', r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff:
		return fmt.Sprintf("control character U+%04X", r)
	case r == '\ufeff' && !first:
		return "byte order mark in the middle of the file"
	}
	return ""
}

// syntaxProblem words an error of the YAML library. It repeats no value.
func syntaxProblem(src []byte, err error) *Problem {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return &Problem{Msg: err.Error()}
	}
	p := &Problem{Line: max(at.Mark.Line, 1), Col: max(at.Mark.Column, 1), Msg: "YAML: " + at.Message}
	if strings.Contains(at.Message, "unknown anchor") {
		p.Msg = "YAML: an alias (*) without its anchor (&) before it"
	}
	if indentedByTab(src, p.Line) {
		p.Msg = "a tab indents this line; YAML wants spaces"
	}
	return p
}

// indentedByTab reports whether there is a tab before the first word of a line.
func indentedByTab(src []byte, line int) bool {
	for range line - 1 {
		_, rest, ok := bytes.Cut(src, []byte("\n"))
		if !ok {
			return false
		}
		src = rest
	}
	indent := src[:len(src)-len(bytes.TrimLeft(src, " \t"))]
	return bytes.IndexByte(indent, '\t') >= 0
}
