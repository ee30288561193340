package routeros

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// A shape is how a Go struct maps to a menu's properties, from its tags:
//
//	`ros:"name"`                           a property
//	`ros:"running,ro"`                     one that is read and never sent
//	`ros:"keepalive,none"`                 one whose zero value is sent as "=!keepalive="
//	`ros:"group-authority@7.10|group-master"`  spellings, newest first, each with the
//	                                       release that brought it
//	`ros:"*"`                              a Row for properties that no field has
type shape struct {
	props []prop
	named map[string]int // every spelling -> place in props
	extra int            // field index of the Row, or -1
	ask   []string       // the proplist
}

// maxProps is how many properties a resource may name.
const maxProps = 64

// A prop is one property.
type prop struct {
	field     int
	spellings []spelling
	readOnly  bool
	none      bool
	codec     codec
}

// A spelling is a name and the release that brought it.
type spelling struct {
	name         string
	major, minor int
}

// shapes caches the shape of every resource type. It is a function of the
// program's types alone, so sharing it between sessions shares no state.
var shapes sync.Map //nolint:gochecknoglobals // reflect.Type -> *shape; see above.

// shapeOf returns the shape of T. It panics if T's tags are wrong, which the
// first test that touches the type finds.
func shapeOf[T Resource]() *shape {
	t := reflect.TypeFor[T]()
	if s, ok := shapes.Load(t); ok {
		return s.(*shape) // Only this function stores.
	}
	s, err := newShape(t)
	if err != nil {
		panic("routeros: " + err.Error()) // A programming error.
	}
	stored, _ := shapes.LoadOrStore(t, s)
	return stored.(*shape) // Only this function stores.
}

func newShape(t reflect.Type) (*shape, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	s := &shape{named: make(map[string]int), extra: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("ros")
		if tag == "" {
			continue
		}
		if tag == "*" {
			if f.Type != reflect.TypeFor[Row]() {
				return nil, fmt.Errorf("%s.%s: \"*\" needs a Row", t, f.Name)
			}
			s.extra = i
			continue
		}
		p, err := newProp(tag, f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		p.field = i
		for _, sp := range p.spellings {
			if _, dup := s.named[sp.name]; dup {
				return nil, fmt.Errorf("%s.%s: %s is there twice", t, f.Name, sp.name)
			}
			s.named[sp.name] = len(s.props)
			s.ask = append(s.ask, sp.name)
		}
		s.props = append(s.props, p)
	}
	if len(s.props) > maxProps {
		return nil, fmt.Errorf("%s has more than %d properties", t, maxProps)
	}
	return s, nil
}

func newProp(tag string, t reflect.Type) (prop, error) {
	names, options, _ := strings.Cut(tag, ",")
	c, ok := codecOf(t)
	if !ok {
		return prop{}, fmt.Errorf("no codec for %s", t)
	}
	p := prop{codec: c}
	for name := range strings.SplitSeq(names, "|") {
		sp := spelling{}
		var since string
		sp.name, since, _ = strings.Cut(name, "@")
		if since != "" {
			if _, err := fmt.Sscanf(since, "%d.%d", &sp.major, &sp.minor); err != nil {
				return prop{}, fmt.Errorf("%q is not a release", since)
			}
		}
		p.spellings = append(p.spellings, sp)
	}
	switch options {
	case "":
	case "ro":
		p.readOnly = true
	case "none":
		p.none = true
	default:
		return prop{}, fmt.Errorf("unknown option %q", options)
	}
	return p, nil
}

// decode fills v, an addressable struct, from row.
func (s *shape) decode(v reflect.Value, row Row) error {
	var extra []string
	var taken [maxProps]uint8 // by property: which spelling spoke, plus one
	for name, text := range row.All() {
		i, ok := s.named[name]
		if !ok {
			extra = append(extra, name, text)
			continue
		}
		p := &s.props[i]
		rank := p.rank(name) + 1
		if taken[i] != 0 && taken[i] <= rank {
			continue // A newer spelling, or the first of two, has spoken.
		}
		if err := p.codec.decode(v.Field(p.field), text); err != nil {
			if Sensitive("", name) {
				return fmt.Errorf("%s: cannot be read", name)
			}
			return fmt.Errorf("%s: %w", name, err)
		}
		taken[i] = rank
	}
	if s.extra >= 0 && len(extra) > 0 {
		v.Field(s.extra).Set(reflect.ValueOf(NewRow(extra...)))
	}
	return nil
}

// rank is the place of a spelling, newest first.
func (p *prop) rank(name string) uint8 {
	rank := uint8(0)
	for _, sp := range p.spellings {
		if sp.name == name {
			break
		}
		rank++
	}
	return rank
}

// spelled returns the name of p in release v; in an unknown one the newest.
func (p *prop) spelled(v Version) string {
	if !v.IsZero() {
		for _, sp := range p.spellings {
			if v.AtLeast(sp.major, sp.minor) {
				return sp.name
			}
		}
	}
	return p.spellings[0].name
}
