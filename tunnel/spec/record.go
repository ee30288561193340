package spec

import (
	"go.yaml.in/yaml/v4"
)

// A field is one line in the table of a record.
type field[T any] struct {
	key  string
	doc  string
	need bool // the file must give it
	def  any  // what holds when it is not given, for people and editors; may be nil
	form func(*T) form
}

// A record is the form of a mapping with known fields.
type record[T any] struct {
	dst    *given[T]
	word   string // what it is, as in "a router"
	id     string // its heading on the reference page
	doc    string
	fields []field[T]
	one    bool // exactly one of the fields
	blank  bool // "key:" with nothing behind it is a record without fields
	// clear is what to say when text stands where the record belongs; nothing of
	// a record with it is ever repeated, for it may be a secret.
	clear string
}

func (r record[T]) schema() *schema {
	s := &schema{Type: []string{"object"}, Description: r.doc, Others: false, word: r.word, id: r.id, about: r.doc}
	if r.blank {
		s.Type = append(s.Type, "null")
	}
	if r.one {
		s.MinProps, s.MaxProps = 1, 1
	}
	var zero T
	for _, f := range r.fields {
		fs := f.form(&zero).schema()
		fs.Description, fs.Default = f.doc, f.def
		s.Properties = append(s.Properties, property{f.key, fs})
		if f.need {
			s.Required = append(s.Required, f.key)
		}
	}
	return s
}

func (r record[T]) decode(d *decoder, n *yaml.Node, path string) {
	at := placeOf(n, path)
	r.dst.place = at
	if r.blank && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		r.dst.set = true
		return
	}
	if n.Kind != yaml.MappingNode {
		if r.clear != "" && kindOf(n) != "nothing" {
			d.problem(at, "%s", r.clear)
			return
		}
		d.problem(at, "%s is given, not %s%s", kindOf(n), r.word, r.hint())
		return
	}
	r.dst.set = true
	given := r.decodeFields(d, n, path)
	for _, f := range r.fields {
		if f.need && !given[f.key] {
			d.problem(at, "%q is missing", f.key)
		}
	}
	if r.one && len(given) != 1 {
		d.problem(at, "give exactly %s", oneOf(r.keys()))
	}
}

// decodeFields decodes the values in n and returns which fields are there.
func (r record[T]) decodeFields(d *decoder, n *yaml.Node, path string) map[string]bool {
	given := make(map[string]bool, len(n.Content)/2)
	for _, p := range d.pairs(n, path, r.clear != "") {
		i := r.index(p.key)
		if i < 0 {
			r.unknown(d, p, path)
			continue
		}
		given[p.key] = true
		d.decode(r.fields[i].form(&r.dst.value), p.value, join(path, p.key))
	}
	return given
}

func (r record[T]) unknown(d *decoder, p pair, path string) {
	at := placeOf(p.node, path)
	switch {
	case d.full():
	case r.clear != "":
		d.problem(at, "no such field here; give %s", oneOf(r.keys()))
	case p.key == "<<":
		d.problem(at, `merge keys ("<<") are not understood; repeat the fields, or give the whole mapping by an alias`)
	default:
		d.problem(at, "no such field %s%s", quote(p.key), didYouMean(p.key, r.keys()))
	}
}

func (r record[T]) index(key string) int {
	for i := range r.fields {
		if r.fields[i].key == key {
			return i
		}
	}
	return -1
}

func (r record[T]) keys() []string {
	keys := make([]string, len(r.fields))
	for i := range r.fields {
		keys[i] = r.fields[i].key
	}
	return keys
}

func (r record[T]) hint() string {
	if r.one {
		return " with " + oneOf(r.keys())
	}
	return ""
}

// A pair is a key and a value of a mapping.
type pair struct {
	key         string
	node, value *yaml.Node
}

// pairs returns what is in the mapping n, without repeated keys. With quiet no
// key is repeated in a problem.
func (d *decoder) pairs(n *yaml.Node, path string, quiet bool) []pair {
	out := make([]pair, 0, len(n.Content)/2)
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := placeOf(key, path)
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!null" {
			d.problem(at, "%s is given where a key belongs", kindOf(key))
			continue
		}
		if line, again := first[key.Value]; again {
			if quiet {
				d.problem(at, "a key is given twice")
			} else {
				d.problem(at, "%s is given twice (first in line %d)", quote(key.Value), line)
			}
			continue
		}
		first[key.Value] = at.line
		out = append(out, pair{key.Value, n.Content[i], value})
	}
	return out
}
