package routeros

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"jembatan/routeros/proto"
)

// A Caller runs one command on a device and returns its whole reply. A Session
// is one; a decorator that counts, locks or logs (a Request prints redacted) is
// another. Errors are those of Session.Call.
type Caller interface {
	Call(ctx context.Context, req Request) (Reply, error)
}

// A Request is one command.
type Request struct {
	// Path is the command: menu and verb, "/interface/eoip/print".
	Path string
	// Fields are its attributes, ".proplist" included.
	Fields Fields
	// Query are the query words of a print, each with its "?": "?name=x",
	// "?#|". Their order matters.
	Query []string
}

// A Reply is what a command answered.
type Reply struct {
	// Rows are the rows in the order in which they came.
	Rows []Row
	// Done holds the attributes of the closing sentence: "ret" after an add.
	Done Row
}

// Ret returns the value that the command returned: the id of an added row, the
// text of a script.
func (r Reply) Ret() string {
	ret, _ := r.Done.Get("ret")
	return ret
}

// ReadOnly reports whether the command only reads, so that losing its answer
// loses nothing. A command that it does not know counts as a write.
func (r Request) ReadOnly() bool {
	switch r.Path[strings.LastIndexByte(r.Path, '/')+1:] {
	case "print", "getall", "get", "find", "listen", "monitor", "monitor-slaves", "monitor-traffic",
		"ping", "check", "inspect", "cancel", "torch":
		return true
	}
	return false
}

// String shows the request as its words, sensitive values hidden.
func (r Request) String() string {
	words := append([]string{r.Path}, r.shownFields()...)
	for _, q := range r.Query {
		name, value, ok := strings.Cut(q, "=")
		if bare := strings.TrimLeft(name, "?<>-"); ok && value != "" && bare != "" {
			q = name + "=" + shown(r.Path, bare, value)
		}
		words = append(words, q)
	}
	return strings.Join(words, " ")
}

// Format is String for every verb.
func (r Request) Format(f fmt.State, verb rune) { printed(f, verb, r.String()) }

// MarshalText is String: no encoder may show what %v hides.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Request) shownFields() []string {
	words := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		words[i] = f.show(r.Path)
	}
	return words
}

// secrets returns the sensitive values in r, to be taken out of what the
// device says about it.
func (r Request) secrets() []string {
	var out []string
	for _, f := range r.Fields {
		if Sensitive(r.Path, f.Name) && f.Value != "" {
			out = append(out, f.Value)
		}
	}
	return out
}

// check refuses what would not arrive as one sentence that means what r says.
func (r Request) check() error {
	if len(r.Path) < 2 || r.Path[0] != '/' {
		return fmt.Errorf("%w: %q is not a command path", ErrBadRequest, r.Path)
	}
	for _, f := range r.Fields {
		if f.Name == "" || strings.ContainsAny(f.Name, "=\x00") {
			return fmt.Errorf("%w: %s: %q is not a property name", ErrBadRequest, r.Path, f.Name)
		}
	}
	for _, q := range r.Query {
		if len(q) < 2 || q[0] != '?' {
			return fmt.Errorf("%w: %s: a query word begins with \"?\"", ErrBadRequest, r.Path)
		}
	}
	return nil
}

// appendTo appends the wire form of r under tag to dst.
func (r Request) appendTo(dst []byte, tag uint64) []byte {
	dst = appendWord(dst, r.Path)
	for _, f := range r.Fields {
		if f.None {
			dst = appendWord(dst, "=!", f.Name, "=")
		} else {
			dst = appendWord(dst, "=", f.Name, "=", f.Value)
		}
	}
	for _, q := range r.Query {
		dst = appendWord(dst, q)
	}
	var digits [20]byte
	t := strconv.AppendUint(digits[:0], tag, 10)
	dst = proto.AppendLength(dst, len(tagWord)+len(t))
	dst = append(append(dst, tagWord...), t...)
	return append(dst, 0)
}

// tagWord begins the word that names a command among those that run at once.
const tagWord = ".tag="

// appendWord appends one word made of parts, joined.
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
