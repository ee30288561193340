package rsc

import (
	"fmt"
	"strings"
)

// escapes are the characters behind a backslash inside quotes, and what they
// stand for. Two upper-case hexadecimal digits are a byte. Source: MikroTik
// manual, "Scripting", constant escape sequences.
const (
	escapeNames  = `"\$?_abfnrtv`
	escapeValues = "\"\\$? \a\b\f\n\r\t\v"
)

// quoted reads a string in quotes. RouterOS never writes a line end into one:
// a line that ends inside quotes is damaged, and only that line is given up.
func (l *lexer) quoted() (string, *cutError) {
	open := l.line
	l.pos++
	start := l.pos
	var out []byte
	plain := true // Nothing but src[start:pos] so far.
	spill := func(end int) {
		if plain {
			out, plain = append(out, l.src[start:end]...), false
		}
	}
	for l.more() {
		switch c := l.peek(); c {
		case '"':
			l.pos++
			if plain {
				return l.src[start : l.pos-1], nil
			}
			return string(out), nil
		case '\n', '\r':
			return "", &cutError{open, "a text in quotes does not end on its line"}
		case '\\':
			spill(l.pos)
			if l.continuation() {
				continue
			}
			b, n := unescape(l.src[l.pos:])
			if n == 0 {
				return "", &cutError{l.line, "an escape that RouterOS does not have"}
			}
			out = append(out, b)
			l.pos += n
		default:
			if c == '$' {
				l.evaluated()
			}
			if !plain {
				out = append(out, c)
			}
			l.pos++
		}
	}
	l.cut = true
	return "", nil
}

// unescape reads the escape that s begins with; n is 0 when it is none.
func unescape(s string) (b byte, n int) {
	if len(s) >= 3 {
		hi, lo := upperHex(s[1]), upperHex(s[2])
		if hi >= 0 && lo >= 0 {
			return byte(hi<<4 | lo), 3
		}
	}
	if len(s) >= 2 {
		if i := strings.IndexByte(escapeNames, s[1]); i >= 0 {
			return escapeValues[i], 2
		}
	}
	return 0, 0
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

// bracket reads up to the closing bracket that matches, over line ends and
// past texts in quotes, and returns what stands between.
func (l *lexer) bracket(opening, closing byte) (string, *cutError) {
	open, depth, start := l.line, 0, l.pos+1
	for l.more() {
		switch c := l.peek(); c {
		case '"':
			if _, err := l.quoted(); err != nil {
				return "", err
			}
			continue
		case opening:
			depth++
		case closing:
			depth--
		case '\n', '\r':
			if opening != '{' {
				return "", &cutError{open, fmt.Sprintf("%q does not close on its line", opening)}
			}
			l.newline()
			continue
		case '\\':
			if l.continuation() {
				continue
			}
		}
		l.pos++
		if depth == 0 {
			return l.src[start : l.pos-1], nil
		}
	}
	l.cut = true
	return "", nil
}

// quote writes a value as RouterOS would: bare when it can be, else in quotes
// with escapes.
func quote(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !isBare(r) }) < 0 {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '$' || c == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c >= 0x7F:
			fmt.Fprintf(&b, `\%02X`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isBare reports whether r may stand in a value without quotes.
func isBare(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	return r < 0x80 && strings.ContainsRune("-_.,:/*+@!<>%^#&|~'`", r)
}
