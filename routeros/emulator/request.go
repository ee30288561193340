package emulator

import (
	"strings"

	"jembatan/routeros/proto"
)

// A request is one sentence from a client, taken apart.
type request struct {
	path    string // "interface/eoip", without the command.
	command string // "add".
	args    []given
	queries []string // Without their "?".
	tag     string
}

// A given is one attribute word; taken is =!name=.
type given struct {
	name, value string
	taken       bool
}

// parseRequest copies what it keeps out of s. Words that are neither
// attributes nor queries nor .tag are ignored, as on RouterOS.
func parseRequest(s *proto.Sentence) request {
	var r request
	for i, w := range s.Words() {
		switch {
		case i == 0:
			r.setPath(string(w))
		case w[0] == '?':
			r.queries = append(r.queries, string(w[1:]))
		default:
			name, value, ok := proto.SplitPair(w)
			if ok {
				r.attribute(w[0] == '=', string(name), string(value))
			}
		}
	}
	return r
}

// newRequest is parseRequest for words that never were on a wire.
func newRequest(path string, words []string) request {
	var s proto.Sentence
	s.Append(path)
	for _, w := range words {
		s.Append(w)
	}
	return parseRequest(&s)
}

func (r *request) setPath(w string) {
	w = strings.Trim(w, "/")
	if i := strings.LastIndexByte(w, '/'); i >= 0 {
		r.path, r.command = w[:i], w[i+1:]
		return
	}
	r.command = w
}

func (r *request) attribute(equals bool, name, value string) {
	if !equals {
		if name == ".tag" {
			r.tag = value
		}
		return
	}
	g := given{name: name, value: value}
	if rest, ok := strings.CutPrefix(name, "!"); ok {
		g.name, g.taken = rest, true
	}
	r.args = append(r.args, g)
}

// take removes the named argument and returns the value that was given last.
func (r *request) take(names ...string) (string, bool) {
	value, found := "", false
	kept := r.args[:0]
	for _, g := range r.args {
		hit := false
		for _, n := range names {
			hit = hit || g.name == n && !g.taken
		}
		if hit {
			value, found = g.value, true
			continue
		}
		kept = append(kept, g)
	}
	r.args = kept
	return value, found
}

// none refuses the first argument that is left.
func (r *request) none() error {
	for _, g := range r.args {
		return unknownParameter(g.name)
	}
	return nil
}

// A pair is one attribute of a reply.
type pair struct{ name, value string }

// Reply words.
const (
	wordRe    = "!re"
	wordDone  = "!done"
	wordTrap  = "!trap"
	wordFatal = "!fatal"
	wordEmpty = "!empty"
)

// reply returns a reply sentence: its word, the tag and the pairs.
func reply(word, tag string, pairs ...pair) []byte {
	dst := appendWord(nil, word)
	if tag != "" {
		dst = appendWord(dst, ".tag=", tag)
	}
	for _, p := range pairs {
		dst = appendWord(dst, "=", p.name, "=", p.value)
	}
	return append(dst, 0)
}

// appendWord appends one word made of parts.
func appendWord(dst []byte, parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	dst = proto.AppendLength(dst, n)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}
