package routeros

import (
	"fmt"
	"iter"
	"strings"

	"jembatan/routeros/proto"
)

// A Row is one row that a device printed: names and values in the order in
// which they came. It is an immutable value of one string, and the zero Row
// has no fields. A property that the device left out is absent, which for most
// means "not set" and for a boolean false.
type Row struct {
	// wire is a run of name, value, name, value, each behind its length in the
	// form of proto.AppendLength.
	wire string
}

// NewRow returns a row of name, value pairs; a last name without a value has
// an empty one. It is for fakes and tests.
func NewRow(pairs ...string) Row {
	var wire []byte
	for i, s := range pairs {
		wire = append(proto.AppendLength(wire, len(s)), s...)
		if i == len(pairs)-1 && i%2 == 0 {
			wire = proto.AppendLength(wire, 0)
		}
	}
	return Row{wire: string(wire)}
}

// Get returns the value of property name, the first one if it came twice. Ok
// is false for a property that the device did not send.
func (r Row) Get(name string) (value string, ok bool) {
	for rest := r.wire; rest != ""; {
		var n, v string
		n, rest = cut(rest)
		v, rest = cut(rest)
		if n == name {
			return v, true
		}
	}
	return "", false
}

// ID returns the ".id" of the row, or "".
func (r Row) ID() string {
	id, _ := r.Get(".id")
	return id
}

// Dead reports whether the row of a Follow says that the item is gone. The
// value that comes with it differs between releases and means nothing.
func (r Row) Dead() bool {
	_, ok := r.Get(".dead")
	return ok
}

// Equal reports whether the rows have the same properties in the same order.
func (r Row) Equal(o Row) bool { return r == o }

// Bool reports whether property name is "true" or "yes". An absent one is
// false.
func (r Row) Bool(name string) bool {
	v, _ := r.Get(name)
	return v == "true" || v == "yes"
}

// Len reports the number of properties.
func (r Row) Len() int {
	n := 0
	for range r.All() {
		n++
	}
	return n
}

// All yields every name and value in order.
func (r Row) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := r.wire; rest != ""; {
			var n, v string
			n, rest = cut(rest)
			v, rest = cut(rest)
			if !yield(n, v) {
				return
			}
		}
	}
}

// Map returns the row as a new map.
func (r Row) Map() map[string]string {
	m := make(map[string]string, 16)
	for n, v := range r.All() {
		if _, dup := m[n]; !dup {
			m[n] = v
		}
	}
	return m
}

// String shows the row with sensitive values hidden.
func (r Row) String() string {
	var b strings.Builder
	for n, v := range r.All() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(n + "=" + shown("", n, v))
	}
	return b.String()
}

// Format is String for every verb.
func (r Row) Format(f fmt.State, verb rune) { printed(f, verb, r.String()) }

// rowOf copies the attributes of s, whose first word is the reply word. It
// takes memory once: a name and a value behind a byte each are as long as the
// word with its two "=", and what has longer lengths is allowed for.
func rowOf(s *proto.Sentence) Row {
	const short, longer = 0x80, 8
	size := 0
	for i := 1; i < s.Len(); i++ {
		if w := s.Word(i); w[0] == '=' {
			size += len(w)
			if len(w) >= short {
				size += longer
			}
		}
	}
	if size == 0 {
		return Row{}
	}
	var b strings.Builder
	b.Grow(size)
	var prefix [8]byte
	for i := 1; i < s.Len(); i++ {
		if name, value, ok := attribute(s.Word(i)); ok {
			b.Write(proto.AppendLength(prefix[:0], len(name)))
			b.Write(name)
			b.Write(proto.AppendLength(prefix[:0], len(value)))
			b.Write(value)
		}
	}
	return Row{wire: b.String()}
}

// attribute splits "=name=value"; API attributes such as ".tag" are not part
// of a row.
func attribute(word []byte) (name, value []byte, ok bool) {
	if len(word) == 0 || word[0] != '=' {
		return nil, nil, false
	}
	return proto.SplitPair(word)
}

// cut takes one length-prefixed string from the front of s, which this
// package wrote.
func cut(s string) (word, rest string) {
	b := s[0]
	if b < 0x80 {
		n := 1 + int(b)
		return s[1:n], s[n:]
	}
	size, n := 2, int(b&0x3F)
	switch {
	case b >= 0xF0:
		size, n = 5, 0
	case b >= 0xE0:
		size, n = 4, int(b&0x0F)
	case b >= 0xC0:
		size, n = 3, int(b&0x1F)
	}
	for i := 1; i < size; i++ {
		n = n<<8 | int(s[i])
	}
	return s[size : size+n], s[size+n:]
}
