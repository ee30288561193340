package proto_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/routeros/proto"
)

// Boundaries of the length encoding. Source: MikroTik manual, "API", the table
// of lengths.
func TestAppendLength(t *testing.T) {
	for n, want := range map[int]string{
		0: "00", 1: "01", 0x7F: "7f",
		0x80: "8080", 0x100: "8100", 0x3FFF: "bfff",
		0x4000: "c04000", 0x1FFFFF: "dfffff",
		0x200000: "e0200000", 0xFFFFFFF: "efffffff",
		0x10000000: "f010000000", 0xFFFFFFFF: "f0ffffffff",
	} {
		if got := hex.EncodeToString(proto.AppendLength(nil, n)); got != want {
			t.Errorf("%#x: %s, want %s", n, got, want)
		}
	}
}

// Sentences as they travel. The first is the manual's login, the others are
// orders that devices were seen to use.
func TestGoldenSentences(t *testing.T) {
	for _, tc := range []struct {
		hex   string
		words []string
	}{
		{"062f6c6f67696e" + "073d6e616d653d61" + "0a3d70617373776f72643d" + "00", []string{"/login", "=name=a", "=password="}},
		{"0321726500", []string{"!re"}},
		{"0521646f6e65" + "073d7265743d2a33" + "00", []string{"!done", "=ret=*3"}},
		{"0621666174616c" + "0d6e6f74206c6f6767656420696e" + "00", []string{"!fatal", "not logged in"}},
		{"0621656d707479" + "062e7461673d31" + "00", []string{"!empty", ".tag=1"}},
		{"02" + "ff00" + "00", []string{"\xff\x00"}}, // Any bytes at all.
	} {
		wire, err := hex.DecodeString(tc.hex)
		if err != nil {
			t.Fatal(err)
		}
		var s proto.Sentence
		if err := proto.NewReader(bytes.NewReader(wire), proto.Limits{}).Read(&s); err != nil {
			t.Errorf("%s: %v", tc.hex, err)
			continue
		}
		if diff := cmp.Diff(tc.words, wordsOf(&s)); diff != "" {
			t.Errorf("%s: %s", tc.hex, diff)
		}
		if got := s.AppendTo(nil); !bytes.Equal(got, wire) {
			t.Errorf("%s comes back as %x", tc.hex, got)
		}
	}
}

func wordsOf(s *proto.Sentence) []string {
	var out []string
	for _, w := range s.Words() {
		out = append(out, string(w))
	}
	return out
}

func sentence(words ...string) []byte {
	var s proto.Sentence
	for _, w := range words {
		s.Append(w)
	}
	return s.AppendTo(nil)
}

func TestReadErrors(t *testing.T) {
	limits := proto.Limits{Word: 10, Sentence: 25, Words: 4}
	for name, tc := range map[string]struct {
		wire []byte
		want error
	}{
		"nothing":           {nil, io.EOF},
		"empty sentences":   {[]byte{0, 0, 0}, io.EOF},
		"no end":            {[]byte("\x03!re"), io.ErrUnexpectedEOF},
		"half a word":       {[]byte("\x03!r"), io.ErrUnexpectedEOF},
		"half a length":     {[]byte{0x80}, io.ErrUnexpectedEOF},
		"word too long":     {sentence("12345678901"), proto.ErrWordTooLong},
		"4 GiB":             {[]byte{0xF0, 0xFF, 0xFF, 0xFF, 0xFF}, proto.ErrWordTooLong},
		"sentence too long": {sentence("123456789", "123456789", "123456789"), proto.ErrSentenceTooLong},
		"too many words":    {sentence("1", "2", "3", "4", "5"), proto.ErrTooManyWords},
		"control byte":      {[]byte{0xF8}, proto.ErrControlByte},
		"last control byte": {[]byte("\x01a\xff"), proto.ErrControlByte},
	} {
		for _, r := range []io.Reader{bytes.NewReader(tc.wire), iotest.OneByteReader(bytes.NewReader(tc.wire))} {
			var s proto.Sentence
			if err := proto.NewReader(r, limits).Read(&s); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", name, err, tc.want)
			}
		}
	}
}

func TestReadAtTheLimits(t *testing.T) {
	limits := proto.Limits{Word: 10, Sentence: 20, Words: 2}
	var s proto.Sentence
	if err := proto.NewReader(bytes.NewReader(sentence("1234567890", "1234567890")), limits).Read(&s); err != nil {
		t.Error(err)
	}
}

func TestSetLimitsAppliesToTheNextSentence(t *testing.T) {
	wire := append(sentence("!done"), sentence(strings.Repeat("x", 5000))...)
	r := proto.NewReader(bytes.NewReader(wire), proto.LoginLimits())
	var s proto.Sentence
	if err := r.Read(&s); err != nil {
		t.Fatal(err)
	}
	r.SetLimits(proto.Limits{})
	if err := r.Read(&s); err != nil || s.Size() != 5000 {
		t.Error(s.Size(), err)
	}
}

func TestWaitTakesNothing(t *testing.T) {
	r := proto.NewReader(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(sentence("!done")))), proto.Limits{})
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	var s proto.Sentence
	if err := r.Read(&s); !errors.Is(err, iotest.ErrTimeout) {
		t.Fatal(err)
	}
	r = proto.NewReader(io.MultiReader(iotest.ErrReader(nil)), proto.Limits{})
	if err := r.Wait(); err == nil {
		t.Error("no error from a reader without data")
	}
}

// A peer that announces a long word within the limits and sends nothing makes
// us hold one step, not the word.
func TestAnnouncedLengthIsNotTaken(t *testing.T) {
	limits := proto.Limits{Word: 256 << 20, Sentence: 512 << 20}
	got := testing.AllocsPerRun(10, func() {
		var s proto.Sentence
		_ = proto.NewReader(bytes.NewReader([]byte{0xEF, 0xFF, 0xFF, 0xFF}), limits).Read(&s)
	})
	if got > 20 {
		t.Errorf("%v allocations", got)
	}
	res := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var s proto.Sentence
			_ = proto.NewReader(bytes.NewReader([]byte{0xEF, 0xFF, 0xFF, 0xFF}), limits).Read(&s)
		}
	})
	if res.AllocedBytesPerOp() > 64<<10 {
		t.Errorf("%d bytes for a word that never came", res.AllocedBytesPerOp())
	}
}

func TestSplitPair(t *testing.T) {
	for word, want := range map[string][]string{
		"=name=x": {"name", "x"}, "=name=": {"name", ""}, "=name": {"name", ""}, "=a=b=c": {"a", "b=c"},
		"=.id=*1": {".id", "*1"}, ".tag=7": {".tag", "7"}, "=!x=": {"!x", ""},
		"": nil, "=": nil, "==": nil, "==x": nil, "!re": nil, "name=x": nil,
	} {
		name, value, ok := proto.SplitPair([]byte(word))
		var got []string
		if ok {
			got = []string{string(name), string(value)}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", word, diff)
		}
	}
}

// Any sentence that can be appended is read back as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 300), func(b []byte) string { return string(b) }), 1, 20).Draw(t, "words")
		var s proto.Sentence
		r := proto.NewReader(iotest.HalfReader(bytes.NewReader(sentence(words...))), proto.Limits{})
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, wordsOf(&s)); diff != "" {
			t.Fatal(diff)
		}
		if err := r.Read(&s); !errors.Is(err, io.EOF) {
			t.Fatalf("behind it: %v", err)
		}
	})
}
