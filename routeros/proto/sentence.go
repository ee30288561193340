package proto

import (
	"io"
	"iter"
)

// keepBuffer is the most bytes that a Sentence keeps between uses; a larger
// buffer is given back after the sentence that needed it.
const keepBuffer = 16 << 10

// growStep bounds how much memory is taken before the bytes for it have
// arrived: a peer that announces a long word and sends nothing costs one step.
const growStep = 16 << 10

// A Sentence is a run of words in one buffer. The zero value is empty and
// ready for use. Words that it hands out point into it and are valid until the
// next Read, Append or Reset.
type Sentence struct {
	buf  []byte
	ends []int
}

// Len reports the number of words.
func (s *Sentence) Len() int { return len(s.ends) }

// Size reports the number of bytes in all words, prefixes not counted.
func (s *Sentence) Size() int { return len(s.buf) }

// Word returns word i, 0 <= i < Len. The caller must not keep it.
func (s *Sentence) Word(i int) []byte {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.buf[start:s.ends[i]:s.ends[i]]
}

// Words yields every word in order. The caller must not keep them.
func (s *Sentence) Words() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range s.ends {
			if !yield(i, s.Word(i)) {
				return
			}
		}
	}
}

// Reset empties s and keeps its memory unless it has grown large.
func (s *Sentence) Reset() {
	if cap(s.buf) > keepBuffer {
		s.buf, s.ends = nil, nil
		return
	}
	s.buf, s.ends = s.buf[:0], s.ends[:0]
}

// Append adds a word made of the given parts, joined. An empty word cannot be
// part of a sentence (it would end it) and is left out.
func (s *Sentence) Append(parts ...string) {
	start := len(s.buf)
	for _, p := range parts {
		s.buf = append(s.buf, p...)
	}
	if len(s.buf) > start {
		s.ends = append(s.ends, len(s.buf))
	}
}

// AppendTo appends the wire form of s to dst, its ending zero byte included.
func (s *Sentence) AppendTo(dst []byte) []byte {
	for _, w := range s.Words() {
		dst = AppendLength(dst, len(w))
		dst = append(dst, w...)
	}
	return append(dst, 0)
}

// fill reads a word of n bytes from r, taking memory as bytes arrive.
func (s *Sentence) fill(r io.Reader, n int) error {
	for n > 0 {
		step := min(n, growStep)
		start := len(s.buf)
		s.buf = append(s.buf, make([]byte, step)...)
		if _, err := io.ReadFull(r, s.buf[start:]); err != nil {
			return err
		}
		n -= step
	}
	s.ends = append(s.ends, len(s.buf))
	return nil
}
