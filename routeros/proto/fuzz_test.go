package proto_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	other "github.com/go-routeros/routeros/v3/proto"
	"github.com/google/go-cmp/cmp"

	"jembatan/routeros/proto"
)

func seed(f *testing.F) {
	f.Helper()
	f.Add(sentence("/login", "=name=a", "=password="))
	f.Add(append(sentence("!re", "=.id=*1", ".tag=1"), sentence("!done", ".tag=1")...))
	f.Add([]byte{0xEF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{0xF0, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{0x81, 0x00, 0x41})
	f.Add([]byte{0, 0, 0xF8})
	f.Add([]byte("\x80\x01a\x00")) // A length longer than it need be.
}

// Any bytes: no panic, no sentence above its limits, a known error at the end;
// and what was read, appended, is read again as the same.
func FuzzRead(f *testing.F) {
	seed(f)
	limits := proto.Limits{Word: 1 << 10, Sentence: 2 << 10, Words: 16}
	f.Fuzz(func(t *testing.T, wire []byte) {
		r := proto.NewReader(bytes.NewReader(wire), limits)
		var s, again proto.Sentence
		for {
			err := r.Read(&s)
			if s.Size() > limits.Sentence || s.Len() > limits.Words {
				t.Fatalf("%d bytes in %d words", s.Size(), s.Len())
			}
			if err != nil {
				known(t, err)
				return
			}
			if s.Len() == 0 {
				t.Fatal("an empty sentence was returned")
			}
			wire := s.AppendTo(nil)
			if err := proto.NewReader(bytes.NewReader(wire), limits).Read(&again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wordsOf(&s), wordsOf(&again)); diff != "" {
				t.Fatal(diff)
			}
			for _, w := range s.Words() {
				if len(w) == 0 || len(w) > limits.Word {
					t.Fatalf("a word of %d bytes", len(w))
				}
				name, value, ok := proto.SplitPair(w)
				if ok && len(name)+len(value) > len(w) {
					t.Fatalf("%q splits into %q and %q", w, name, value)
				}
			}
		}
	})
}

func known(t *testing.T, err error) {
	t.Helper()
	for _, want := range []error{
		io.EOF, io.ErrUnexpectedEOF, proto.ErrControlByte, proto.ErrWordTooLong, proto.ErrSentenceTooLong, proto.ErrTooManyWords,
	} {
		if errors.Is(err, want) {
			return
		}
	}
	t.Fatalf("an error of no known kind: %v", err)
}

// What both implementations accept, both understand alike.
func FuzzAgainstGoRouteros(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		var s proto.Sentence
		if err := proto.NewReader(bytes.NewReader(wire), proto.Limits{Word: 1 << 10, Sentence: 2 << 10, Words: 16}).Read(&s); err != nil {
			return // Go-routeros would take what the bytes announce: not asked.
		}
		mine, ok := pairsOf(&s)
		if !ok {
			return // A bare word, which go-routeros refuses.
		}
		r := other.NewReader(bytes.NewReader(wire))
		for {
			theirs, err := r.ReadSentence()
			if err != nil {
				t.Fatalf("we read %v, go-routeros: %v", mine, err)
			}
			if theirs.Word == "" {
				continue // It returns empty sentences, we skip them.
			}
			if diff := cmp.Diff(*theirs, mine); diff != "" {
				t.Fatal(diff)
			}
			return
		}
	})
}
