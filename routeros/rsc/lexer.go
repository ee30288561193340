package rsc

import (
	"strings"
)

// A token is one word of a logical line.
type token struct {
	kind   tokenKind
	text   string // unescaped; for tokenFind the text between the brackets
	none   bool   // the word began with "!"
	quoted bool   // the value was in quotes
	value  string // of tokenPair
	line   int
}

type tokenKind uint8

const (
	tokenEnd   tokenKind = iota // end of the command
	tokenWord                   // "add", "ether1"
	tokenPair                   // "name=value"
	tokenPath                   // "/interface" at the place of a command
	tokenFind                   // "[ find … ]"
	tokenOther                  // a block, an expression: skipped
)

// A lexer walks over the text. Lines end with LF, CRLF or CR.
type lexer struct {
	src  string
	pos  int
	line int
	// cut says that the text ended in the middle of a command.
	cut bool
	// code is the line of the first value that is no plain text, see Script.Code.
	code int
}

// evaluated notes a value that a router would evaluate.
func (l *lexer) evaluated() {
	if l.code == 0 {
		l.code = l.line
	}
}

// A cutError is a reason to give the rest of a command up.
type cutError struct {
	line int
	msg  string
}

func (l *lexer) more() bool { return l.pos < len(l.src) }

func (l *lexer) peek() byte {
	if l.pos < len(l.src) {
		return l.src[l.pos]
	}
	return 0
}

// newline steps over a line end if there is one.
func (l *lexer) newline() bool {
	switch {
	case strings.HasPrefix(l.src[l.pos:], "\r\n"):
		l.pos += 2
	case l.peek() == '\n' || l.peek() == '\r' && l.more():
		l.pos++
	default:
		return false
	}
	l.line++
	return true
}

// continuation steps over a backslash at the end of a line, the line end and
// the white space that the next line begins with. At the end of the text it is
// a cut.
func (l *lexer) continuation() bool {
	if l.peek() != '\\' {
		return false
	}
	save, line := l.pos, l.line
	l.pos++
	for l.peek() == ' ' || l.peek() == '\t' {
		l.pos++
	}
	if !l.more() {
		l.cut = true
		return true
	}
	if l.pos != save+1 || !l.newline() {
		l.pos, l.line = save, line
		return false
	}
	for l.peek() == ' ' || l.peek() == '\t' {
		l.pos++
	}
	if !l.more() {
		l.cut = true
	}
	return true
}

// blank steps over white space and continuations inside a command.
func (l *lexer) blank() {
	for l.more() {
		if c := l.peek(); c == ' ' || c == '\t' {
			l.pos++
			continue
		}
		if !l.continuation() {
			return
		}
	}
}

// skipLine steps to the beginning of the next line, past continuations and past
// blocks in braces that close.
func (l *lexer) skipLine() {
	for l.more() {
		if l.continuation() {
			continue
		}
		if l.newline() {
			return
		}
		if l.peek() == '{' {
			save := *l
			if _, err := l.bracket('{', '}'); err == nil && !l.cut {
				continue
			}
			*l = save
		}
		l.pos++
	}
}

// restOfLine returns the text up to the end of the physical line and steps
// over it.
func (l *lexer) restOfLine() string {
	start := l.pos
	for l.more() && l.peek() != '\n' && l.peek() != '\r' {
		l.pos++
	}
	text := l.src[start:l.pos]
	l.newline()
	return text
}

// next returns the next token of the command that the lexer stands in.
func (l *lexer) next() (token, *cutError) {
	l.blank()
	t := token{line: l.line}
	if !l.more() || l.newline() {
		return t, nil
	}
	switch c := l.peek(); c {
	case ';':
		l.pos++
		return t, nil
	case '[':
		text, err := l.bracket('[', ']')
		t.kind, t.text = tokenFind, text
		return t, err
	case '{', '(':
		l.evaluated()
		closing := byte('}')
		if c == '(' {
			closing = ')'
		}
		_, err := l.bracket(c, closing)
		t.kind = tokenOther
		return t, err
	case '/':
		t.kind, t.text = tokenPath, l.bare(" \t\r\n;=")
		return t, nil
	case '"':
		text, err := l.quoted()
		t.kind, t.text, t.quoted = tokenWord, text, true
		return t, err
	}
	if l.peek() == '!' {
		l.pos++
		t.none = true
	}
	t.kind, t.text = tokenWord, l.bare(" \t\r\n;=[]{}()\"")
	if l.peek() != '=' || t.none {
		if t.text == "" { // A character that begins nothing.
			l.pos++
			t.kind = tokenOther
		}
		return t, nil
	}
	l.pos++
	t.kind = tokenPair
	var err *cutError
	t.value, t.quoted, err = l.value()
	return t, err
}

// value reads what stands behind "=".
func (l *lexer) value() (value string, quoted bool, err *cutError) {
	for l.continuation() {
	}
	switch l.peek() {
	case '"':
		value, err = l.quoted()
		return value, true, err
	case '{', '[', '(':
		l.evaluated()
	}
	switch l.peek() {
	case '{':
		value, err = l.bracket('{', '}')
		return "{" + value + "}", false, err
	case '[':
		value, err = l.bracket('[', ']')
		return "[" + value + "]", false, err
	case '(':
		value, err = l.bracket('(', ')')
		return "(" + value + ")", false, err
	}
	return l.bare(" \t\r\n;"), false, nil
}

// bare reads a word up to one of the stop characters. A word may go on in the
// next line.
func (l *lexer) bare(stop string) string {
	var joined []byte
	start := l.pos
	for l.more() {
		if strings.IndexByte(stop, l.peek()) >= 0 {
			break
		}
		if l.peek() == '$' {
			l.evaluated()
		}
		if l.peek() == '\\' {
			before := l.src[start:l.pos]
			if l.continuation() {
				joined = append(joined, before...)
				start = l.pos
				continue
			}
		}
		l.pos++
	}
	if joined == nil {
		return l.src[start:l.pos]
	}
	return string(append(joined, l.src[start:l.pos]...))
}
