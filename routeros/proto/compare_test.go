package proto_test

import (
	"bytes"
	"strings"
	"testing"

	other "github.com/go-routeros/routeros/v3/proto"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/routeros/proto"
)

// pairsOf puts a sentence of ours into the form of go-routeros, which knows
// attributes and tags and nothing else.
func pairsOf(s *proto.Sentence) (out other.Sentence, ok bool) {
	out = other.Sentence{Word: string(s.Word(0)), Map: map[string]string{}}
	for i := 1; i < s.Len(); i++ {
		w := string(s.Word(i))
		if tag, isTag := strings.CutPrefix(w, ".tag="); isTag {
			out.Tag = tag
			continue
		}
		if !strings.HasPrefix(w, "=") {
			return out, false
		}
		key, value, _ := strings.Cut(w[1:], "=")
		out.List = append(out.List, other.Pair{Key: key, Value: value})
		out.Map[key] = value
	}
	return out, true
}

// What our writer writes, go-routeros reads, and the other way round.
func TestTwoImplementationsAgree(t *testing.T) {
	word := rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{0, 1, 5, 0x70, 0x7F, 0x80, 0x81, 0x3FFE, 0x4000, 0x4100}).Draw(t, "n")
		return "=k" + rapid.StringMatching("[a-z]{0,3}").Draw(t, "key") + "=" + strings.Repeat("v", n)
	})
	rapid.Check(t, func(t *rapid.T) {
		words := append([]string{"!re"}, rapid.SliceOfN(word, 0, 8).Draw(t, "words")...)
		words = append(words, ".tag="+rapid.StringMatching("[0-9]{1,5}").Draw(t, "tag"))
		ours := sentence(words...)

		var buf bytes.Buffer
		w := other.NewWriter(&buf)
		w.BeginSentence()
		for _, x := range words {
			w.WriteWord(x)
		}
		if err := w.EndSentence(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf.Bytes(), ours) {
			t.Fatalf("go-routeros writes %x, we write %x", buf.Bytes(), ours)
		}
		theirs, err := other.NewReader(bytes.NewReader(ours)).ReadSentence()
		if err != nil {
			t.Fatal(err)
		}
		var s proto.Sentence
		if err := proto.NewReader(&buf, proto.Limits{}).Read(&s); err != nil {
			t.Fatal(err)
		}
		mine, _ := pairsOf(&s)
		if diff := cmp.Diff(*theirs, mine); diff != "" {
			t.Fatal(diff)
		}
	})
}
