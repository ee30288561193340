package emulator

import (
	"fmt"
	"strings"
)

// The parts of the script language that this package runs: commands with
// arguments, [commands in brackets], (one comparison), {blocks}, $variables and
// texts in quotes. Source: MikroTik manual, "Scripting".

// A termKind says what a term is.
type termKind int

const (
	termUnknown  termKind = iota
	termText              // a word, or a text in quotes made of parts
	termVariable          // $name
	termCommand           // [command]
	termBlock             // {statements}
	termCompare           // (left op right)
)

// A term is one value of a statement.
type term struct {
	kind  termKind
	text  string // of a text without parts, of a variable its name, of a comparison its operator
	parts []term // of a text with variables in it, of a comparison both sides
	body  []statement
	bare  bool // it was not in quotes
}

// A word is one word of a statement: a value, or "name=value" with another
// operator where a find has one.
type scriptWord struct {
	name, op string
	value    term
}

// A statement is one command.
type statement struct {
	line  int
	words []scriptWord
}

// A syntaxError is a text that is not a script.
type syntaxError struct{ line, column int }

func (e *syntaxError) Error() string {
	return fmt.Sprintf("syntax error (line %d column %d)", e.line, e.column)
}

// maxScriptDepth bounds brackets within brackets.
const maxScriptDepth = 32

// A scriptParser walks over a script's text.
type scriptParser struct {
	src   string
	pos   int
	depth int
}

// parseScript takes a whole script apart.
func parseScript(src string) ([]statement, error) {
	p := &scriptParser{src: src}
	body, err := p.statements(0)
	if err == nil && p.pos < len(p.src) {
		err = p.fail()
	}
	return body, err
}

func (p *scriptParser) fail() error {
	done := p.src[:min(p.pos, len(p.src))]
	return &syntaxError{strings.Count(done, "\n") + 1, len(done) - strings.LastIndexByte(done, '\n')}
}

func (p *scriptParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// blank steps over spaces and continued lines.
func (p *scriptParser) blank() {
	for {
		switch {
		case p.peek() == ' ' || p.peek() == '\t' || p.peek() == '\r' && p.pos < len(p.src):
			p.pos++
		case strings.HasPrefix(p.src[p.pos:], "\\\r\n"):
			p.pos += 3
		case strings.HasPrefix(p.src[p.pos:], "\\\n"):
			p.pos += 2
		default:
			return
		}
	}
}

// statements reads up to the closing byte, which it leaves; 0 is the end.
func (p *scriptParser) statements(closing byte) ([]statement, error) {
	if p.depth++; p.depth > maxScriptDepth {
		return nil, p.fail()
	}
	defer func() { p.depth-- }()
	var out []statement
	for {
		p.blank()
		switch c := p.peek(); {
		case p.pos >= len(p.src):
			if closing != 0 {
				return nil, p.fail()
			}
			return out, nil
		case c == closing:
			return out, nil
		case c == ';' || c == '\n':
			p.pos++
		case c == '#':
			for p.pos < len(p.src) && p.peek() != '\n' {
				p.pos++
			}
		default:
			s, err := p.statement(closing)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
}

// statement reads words up to the end of one command.
func (p *scriptParser) statement(closing byte) (statement, error) {
	s := statement{line: strings.Count(p.src[:p.pos], "\n") + 1}
	for {
		p.blank()
		if c := p.peek(); p.pos >= len(p.src) || c == ';' || c == '\n' || closing != 0 && c == closing {
			return s, nil
		}
		w, err := p.word()
		if err != nil {
			return s, err
		}
		s.words = append(s.words, w)
	}
}

// word reads one word: a value, or a name, an operator and a value.
func (p *scriptParser) word() (scriptWord, error) {
	first, err := p.value()
	if err != nil || !first.bare {
		return scriptWord{value: first}, err
	}
	for _, op := range []string{"!=", "=", "~"} {
		if !strings.HasPrefix(p.src[p.pos:], op) {
			continue
		}
		p.pos += len(op)
		w := scriptWord{name: first.text, op: op}
		if c := p.peek(); p.pos >= len(p.src) || strings.IndexByte(" \t\r\n;]})", c) >= 0 {
			w.value = term{kind: termText}
			return w, nil
		}
		w.value, err = p.value()
		return w, err
	}
	return scriptWord{value: first}, nil
}

// value reads one value.
func (p *scriptParser) value() (term, error) {
	switch p.peek() {
	case '"':
		return p.quoted()
	case '[':
		return p.inside('[', ']', termCommand)
	case '{':
		return p.inside('{', '}', termBlock)
	case '(':
		return p.comparison()
	case '$':
		p.pos++
		return p.variable()
	}
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n;\"[]{}()$=~", p.peek()) < 0 && !strings.HasPrefix(p.src[p.pos:], "!=") {
		p.pos++
	}
	if p.pos == start {
		return term{}, p.fail()
	}
	return term{kind: termText, text: p.src[start:p.pos], bare: true}, nil
}

// inside reads statements in brackets.
func (p *scriptParser) inside(opening, closing byte, kind termKind) (term, error) {
	_ = opening
	p.pos++
	body, err := p.statements(closing)
	if err != nil {
		return term{}, err
	}
	p.pos++
	return term{kind: kind, body: body}, nil
}

// variable reads the name behind a dollar sign.
func (p *scriptParser) variable() (term, error) {
	start := p.pos
	for p.pos < len(p.src) && isAlphanumeric(p.src[p.pos]) {
		p.pos++
	}
	if p.pos == start {
		return term{}, p.fail()
	}
	return term{kind: termVariable, text: p.src[start:p.pos]}, nil
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// comparison reads "(left op right)".
func (p *scriptParser) comparison() (term, error) {
	p.pos++
	n := term{kind: termCompare}
	for i := range 2 {
		p.blank()
		side, err := p.value()
		if err != nil {
			return term{}, err
		}
		n.parts = append(n.parts, side)
		p.blank()
		if i == 0 {
			for _, op := range []string{"!=", "=", ">", "<"} {
				if strings.HasPrefix(p.src[p.pos:], op) {
					n.text = op
					p.pos += len(op)
					break
				}
			}
			if n.text == "" {
				return term{}, p.fail()
			}
		}
	}
	if p.peek() != ')' {
		return term{}, p.fail()
	}
	p.pos++
	return n, nil
}

// quoted reads a text in quotes. Constant escape sequences are those of the
// manual; a line may be continued inside.
func (p *scriptParser) quoted() (term, error) {
	const names, values = "\"\\$?_abfnrtv", "\"\\$? \a\b\f\n\r\t\v"
	p.pos++
	out := term{kind: termText}
	var b strings.Builder
	spill := func() {
		if b.Len() > 0 {
			out.parts = append(out.parts, term{kind: termText, text: b.String()})
			b.Reset()
		}
	}
	for p.pos < len(p.src) {
		switch c := p.peek(); c {
		case '"':
			p.pos++
			if out.parts == nil {
				out.text = b.String()
			} else {
				spill()
			}
			return out, nil
		case '$':
			p.pos++
			v, err := p.variable()
			if err != nil {
				return term{}, err
			}
			spill()
			out.parts = append(out.parts, v)
		case '\\':
			if p.continued() {
				continue
			}
			rest := p.src[p.pos+1:]
			if len(rest) >= 2 && upperHex(rest[0]) >= 0 && upperHex(rest[1]) >= 0 {
				b.WriteByte(byte(upperHex(rest[0])<<4 | upperHex(rest[1])))
				p.pos += 3
				continue
			}
			i := -1
			if rest != "" {
				i = strings.IndexByte(names, rest[0])
			}
			if i < 0 {
				return term{}, p.fail()
			}
			b.WriteByte(values[i])
			p.pos += 2
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return term{}, p.fail()
}

// continued steps over a backslash at the end of a line and the white space
// that the next line begins with.
func (p *scriptParser) continued() bool {
	rest := p.src[p.pos:]
	if !strings.HasPrefix(rest, "\\\n") && !strings.HasPrefix(rest, "\\\r\n") {
		return false
	}
	p.pos += strings.IndexByte(rest, '\n') + 1
	for p.peek() == ' ' || p.peek() == '\t' {
		p.pos++
	}
	return true
}

func upperHex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
