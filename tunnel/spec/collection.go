package spec

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// namePattern is what routers, uplinks, segments, services and servers may be
// called. There is no dot in it, so "router.uplink" has one meaning.
const namePattern = `^[A-Za-z0-9_-]{1,32}$`

// An entry is a named value of a mapping.
type entry[T any] struct {
	name string
	at   place // of the name
	given[T]
}

// A table is the form of a mapping from names to values of one form. It keeps
// the order of the file.
type table[T any] struct {
	dst  *given[[]entry[T]]
	what string // whose names they are, as in "router"
	min  int
	max  int // 0 means any
	item func(*given[T]) form
}

func (f table[T]) schema() *schema {
	var zero given[T]
	item := f.item(&zero).schema()
	return &schema{
		Type: []string{"object"}, MinProps: f.min, MaxProps: f.max, Others: item,
		Names: &schema{Pattern: namePattern},
		word:  fmt.Sprintf("a mapping from %s names", f.what),
	}
}

func (f table[T]) decode(d *decoder, n *yaml.Node, path string) {
	at := placeOf(n, path)
	f.dst.place = at
	if n.Kind != yaml.MappingNode {
		d.problem(at, "%s is given, not a mapping from %s names", kindOf(n), f.what)
		return
	}
	pairs := d.pairs(n, path, false)
	if len(pairs) < f.min && len(n.Content) == 0 {
		d.problem(at, "there must be at least one %s", f.what)
	}
	if f.max > 0 && len(pairs) > f.max {
		d.problem(at, "%d %ss are given; there may be at most %d", len(pairs), f.what, f.max)
		return
	}
	f.dst.set = true
	f.dst.value = make([]entry[T], 0, len(pairs))
	for _, p := range pairs {
		if d.stopped {
			return
		}
		at := placeOf(p.node, join(path, cut(p.key)))
		if !d.matches(namePattern, p.key) {
			d.problem(placeOf(p.node, path), "%s is no name for a %s (1 to 32 letters, digits, - and _)", quote(p.key), f.what)
			at.path = path
		}
		f.dst.value = append(f.dst.value, entry[T]{name: p.key, at: at})
		e := &f.dst.value[len(f.dst.value)-1]
		d.decode(f.item(&e.given), p.value, at.path)
	}
}

// cut shortens a key for use in a path.
func cut(key string) string {
	if r := []rune(key); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return key
}

// A list is the form of a list of values of one form.
type list[T any] struct {
	dst      *given[[]given[T]]
	word     string // what it is, as in "a list of ports"
	min, max int    // number of items; max 0 means any
	item     func(*given[T]) form
}

func (f list[T]) schema() *schema {
	var zero given[T]
	return &schema{
		Type: []string{"array"}, MinItems: f.min, MaxItems: f.max,
		Items: f.item(&zero).schema(), word: f.word,
	}
}

func (f list[T]) decode(d *decoder, n *yaml.Node, path string) {
	at := placeOf(n, path)
	f.dst.place = at
	if n.Kind != yaml.SequenceNode {
		d.problem(at, "%s is given, not %s", kindOf(n), f.word)
		return
	}
	switch count := len(n.Content); {
	case f.max > 0 && f.min == f.max && count != f.max:
		d.problem(at, "%s, not %s", items(count), f.word)
	case count < f.min:
		d.problem(at, "%s; there must be at least %d", items(count), f.min)
	case f.max > 0 && count > f.max:
		d.problem(at, "%s; there may be at most %d", items(count), f.max)
	default:
		f.dst.set = true
	}
	f.dst.value = make([]given[T], len(n.Content))
	for i, item := range n.Content {
		if d.stopped {
			return
		}
		d.decode(f.item(&f.dst.value[i]), item, fmt.Sprintf("%s[%d]", path, i))
	}
}

func items(n int) string {
	switch n {
	case 0:
		return "no item is given"
	case 1:
		return "one item is given"
	}
	return fmt.Sprintf("%d items are given", n)
}

// A choice is the form of a value that is either a word or a mapping.
type choice struct {
	word, mapping form
}

func (f choice) schema() *schema {
	w, m := f.word.schema(), f.mapping.schema()
	return &schema{AnyOf: []*schema{w, m}, word: w.word + " or " + m.word}
}

func (f choice) decode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode {
		f.word.decode(d, n, path)
		return
	}
	f.mapping.decode(d, n, path)
}
