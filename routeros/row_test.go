package routeros_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/routeros"
	"jembatan/routeros/proto"
)

// pairs draws names and values of every length class.
func pairs(t *rapid.T) []string {
	size := rapid.SampledFrom([]int{0, 1, 10, 0x7F, 0x80, 0x3FFF, 0x4000, 0x4001})
	var out []string
	for range rapid.IntRange(0, 6).Draw(t, "n") {
		out = append(out, "k"+rapid.StringMatching("[a-z-]{0,6}").Draw(t, "name"), strings.Repeat("=", size.Draw(t, "size")))
	}
	return out
}

// A row holds what it was made of, in order, the first of a name counting.
func TestRowHoldsItsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := pairs(t)
		row := routeros.NewRow(in...)
		var out []string
		for n, v := range row.All() {
			out = append(out, n, v)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Fatal(diff)
		}
		if row.Len() != len(in)/2 {
			t.Fatalf("Len = %d", row.Len())
		}
		seen := map[string]bool{}
		for i := 0; i < len(in); i += 2 {
			if seen[in[i]] {
				continue
			}
			seen[in[i]] = true
			if v, ok := row.Get(in[i]); v != in[i+1] || !ok {
				t.Fatalf("Get(%q) = %q, %v", in[i], v, ok)
			}
		}
		if v, ok := row.Get("absent"); v != "" || ok {
			t.Fatalf("Get(absent) = %q, %v", v, ok)
		}
	})
}

func TestNewRowOddPair(t *testing.T) {
	if diff := cmp.Diff(map[string]string{"a": "1", "b": ""}, routeros.NewRow("a", "1", "b").Map()); diff != "" {
		t.Error(diff)
	}
	if got := (routeros.Row{}).Len(); got != 0 {
		t.Error(got)
	}
}

// What Fields say is what arrives: each as one word, none lost, and sent and
// received as a row they are the same.
func TestFieldsArriveAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f routeros.Fields
		want := map[string]string{}
		in := pairs(t)
		for i := 0; i < len(in); i += 2 {
			f = f.With(in[i], in[i+1])
			want[in[i]] = in[i+1]
		}
		got := maps.Collect(f.All())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		f = f.NoValue("off").Clear("clear")
		words := sent(t, routeros.Request{Path: "/x/set", Fields: f, Query: []string{"?a=b"}})
		var expect []string
		for n, v := range f.All() {
			expect = append(expect, "="+n+"="+v)
		}
		if n := len(words); n != len(expect)+4 || words[0] != "/x/set" || words[n-2] != "?a=b" {
			t.Fatalf("words %q", words)
		}
		for _, w := range append(expect, "=!off=", "=clear=") {
			if !strings.Contains(strings.Join(words, "\x00"), w) {
				t.Fatalf("%q is not in %q", w, words)
			}
		}
	})
}

// sent returns the words that travel for req.
func sent(t *rapid.T, req routeros.Request) []string {
	var s proto.Sentence
	if err := proto.NewReader(bytes.NewReader(routeros.Wire(req, 7)), proto.Limits{}).Read(&s); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, w := range s.Words() {
		out = append(out, string(w))
	}
	return out
}

func TestBadRequestsAreNotSent(t *testing.T) {
	p := &peer{answer: echo}
	s := p.connect(t, routeros.Options{})
	for _, req := range []routeros.Request{
		{},
		{Path: "/"},
		{Path: "print"},
		{Path: "/x/set", Fields: routeros.FieldsOf("", "v")},
		{Path: "/x/set", Fields: routeros.FieldsOf("a=b", "v")},
		{Path: "/x/print", Query: []string{"name=x"}},
		{Path: "/x/print", Query: []string{"?"}},
	} {
		if _, err := s.Call(t.Context(), req); err == nil || !strings.Contains(err.Error(), "bad request") {
			t.Errorf("%q: %v", req, err)
		}
	}
	if got := p.commands(); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}

func TestReadOnly(t *testing.T) {
	for path, want := range map[string]bool{
		"/interface/print": true, "/ip/route/getall": true, "/ping": true, "/interface/listen": true,
		"/interface/add": false, "/interface/set": false, "/system/reboot": false, "/execute": false, "/x/future": false,
	} {
		if got := (routeros.Request{Path: path}).ReadOnly(); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
