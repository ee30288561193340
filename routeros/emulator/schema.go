package emulator

import (
	"slices"
	"strconv"
)

// A kind says which values a property takes, and how a stored value prints.
type kind struct {
	// parse returns the stored form of s, or the trap that refuses it.
	parse func(a arg, s string) (string, error)
	// show returns the printed form of a stored value; nil is "as it is stored".
	show func(d *Device, v string) string
	// ref is the menus that values of this kind point into, nil for plain values.
	ref []string
	// logical says that true and false are yes and no in a script.
	logical bool
}

// An arg is what a kind needs to judge a value: the device whose items it may
// name and the argument's name, for the trap.
type arg struct {
	d    *Device
	name string
}

// A stateFunc computes a read-only property of r; ok is false when the row does
// not have it. The world's lock is held.
type stateFunc func(d *Device, r *row) (v string, ok bool)

// A prop is one property of a menu. The methods below build it; see p and ro.
type prop struct {
	name string
	kind kind
	// from and before bound the releases that have it: [from, before).
	from, before int
	defaults     []defaultFrom
	fallback     stateFunc                       // The value when none was given and no default fits.
	state        stateFunc                       // Not nil: read-only and computed.
	mine         func(v *rowView) (string, bool) // Like state, for what depends on who asks.
	same         string                          // Another name of the same property: what is given goes there.
	mandatory    bool
	secret       bool // Shown only to the policy "sensitive".
	writeOnly    bool // Never shown.
	unset        bool // "!name" and unset take it away although it has a default.
	readOnly     bool
	quiet        bool // Left out of a row where it is false.
	lasting      bool // What the device chose is exported, see lasts.
	restless     bool // Changes all the time: a listen does not tell of it.
}

// A defaultFrom is the default value from a release on; hidden means that the
// property is absent unless given.
type defaultFrom struct {
	from   int
	value  string
	hidden bool
}

// p starts a writable property.
func p(name string, k kind) prop { return prop{name: name, kind: k} }

// ro is a read-only property computed by f.
func ro(name string, f stateFunc) prop { return prop{name: name, state: f, readOnly: true} }

// kept is a read-only property whose value is stored in the row by the device.
func kept(name string) prop { return prop{name: name, kind: text(), readOnly: true} }

// def gives the property a default, in stored form; it is then always printed.
func (p prop) def(v string) prop { return p.defFrom(0, v) }

// defFrom gives the default that holds from a release on.
func (p prop) defFrom(release int, v string) prop {
	p.defaults = append(slices.Clip(p.defaults), defaultFrom{from: release, value: v})
	return p
}

// absentFrom makes the property absent by default from a release on.
func (p prop) absentFrom(release int) prop {
	p.defaults = append(slices.Clip(p.defaults), defaultFrom{from: release, hidden: true})
	return p
}

// or gives a computed value to print when none was given.
func (p prop) or(f stateFunc) prop { p.fallback = f; return p }

// when gives a value to print when none was given and another property has a
// certain value.
func (p prop) when(name, is, v string) prop {
	return p.or(func(_ *Device, r *row) (string, bool) { return v, r.get(name) == is })
}

// lasts says that an export shows the value that the device chose: another one
// would choose another.
func (p prop) lasts() prop { p.lasting = true; return p }

// since and until bound the releases that have the property: until is the
// first release without it.
func (p prop) since(release int) prop { p.from = release; return p }
func (p prop) until(release int) prop { p.before = release; return p }

// alias makes the property another name of one that is listed before it. It is
// accepted and never printed.
func (p prop) alias(of string) prop { p.same, p.writeOnly = of, true; return p }

func (p prop) must() prop      { p.mandatory = true; return p }
func (p prop) sensitive() prop { p.secret = true; return p }
func (p prop) hidden() prop    { p.writeOnly = true; return p }
func (p prop) canUnset() prop  { p.unset = true; return p }

// counts marks a counter: a listen does not tell of its changes.
func (p prop) counts() prop { p.restless = true; return p }

// ifTrue leaves the property out of a row where it is false.
func (p prop) ifTrue() prop { p.quiet = true; return p }

// defaultAt returns the default at a release.
func (p prop) defaultAt(release int) (string, bool) {
	v, ok := "", false
	for _, d := range p.defaults {
		if release >= d.from {
			v, ok = d.value, !d.hidden
		}
	}
	return v, ok
}

// A menu is one path of the command tree. The tables are in menu_*.go, one
// file for a family of menus; menus.go lists them.
type menu struct {
	path string
	// from and before bound the releases that have the menu: [from, before).
	from, before int
	props        []prop

	single   bool   // One row without an id: set and print only.
	ordered  bool   // Order matters: move, place-before.
	key      string // The property that may stand for the id, usually "name".
	space    string // Menus that share one space of ids; the path if empty.
	firstID  uint32 // The first id that add hands out.
	noAdd    bool
	noSet    bool
	noRemove bool
	bare     bool   // Nothing but verbs.
	silent   bool   // No listen.
	quietAt  int    // No listen from this release on.
	iface    string // The type in /interface, for menus of interfaces.
	policy   policy // Needed to write, beside write itself.
	// autoName names a row that is added without a name: the stem, "eoip-tunnel".
	autoName string
	// clash is the text that refuses a second row with the same key.
	clash func(v Version, name string) error
	// check refuses a row that would be stored; before is nil for a new one.
	check func(d *Device, before, after *row) error
	// fill completes a new row with what the device itself puts there.
	fill func(d *Device, r *row) *row
	// drop removes what has an id in the place of the table; false if nothing has.
	drop func(d *Device, id uint32) bool
	// removable refuses the removal of a row.
	removable func(d *Device, r *row) error
	// rows are the default rows of a device of this release.
	rows func(v Version) []seed
	// view computes the rows instead of a stored table.
	view func(d *Device) []*row
	// verbs are commands that this menu has beside the usual ones.
	verbs map[string]verb
}

// A seed is a default row: an id, then properties and their values in turn.
type seed struct {
	id    uint32
	words []string
}

// A schema is every menu as one release has it. It is built once for a release
// and shared by the devices of a world; nothing in it changes afterwards.
type schema struct {
	version Version
	menus   map[string]*menuAt
	dirs    map[string]bool // Every path and its parents.
	order   []string        // Paths in the order of the tables, for Export.
	ifaces  []*menuAt       // The menus of interfaces, in that order.
}

// A menuAt is a menu of one release: its properties after selection, and the
// rows that every device starts with.
type menuAt struct {
	*menu
	release int
	props   []*prop
	byName  map[string]*prop
	stock   *table
}

// newSchema selects from the tables what release v has.
func newSchema(v Version) *schema {
	s := &schema{version: v, menus: map[string]*menuAt{}, dirs: map[string]bool{}}
	for _, m := range allMenus() {
		if !v.in(m.from, m.before) {
			continue
		}
		t := &menuAt{menu: m, release: v.release(), byName: map[string]*prop{}}
		for i := range m.props {
			x := &m.props[i]
			if !v.in(x.from, x.before) {
				continue
			}
			t.props = append(t.props, x)
			t.byName[x.name] = x
		}
		s.menus[m.path] = t
		s.order = append(s.order, m.path)
		if m.iface != "" {
			s.ifaces = append(s.ifaces, t)
		}
		for i := range m.path {
			if m.path[i] == '/' {
				s.dirs[m.path[:i]] = true
			}
		}
		s.dirs[m.path] = true
		t.stock = newStock(t, v)
	}
	return s
}

// newStock makes the rows that every device of the release starts with.
func newStock(t *menuAt, v Version) *table {
	stock := &table{}
	if t.rows == nil {
		if t.single {
			stock.rows = []*row{{menu: t}}
		}
		return stock
	}
	for _, s := range t.rows(v) {
		stock.rows = append(stock.rows, newRow(t, s.id, s.words...))
	}
	return stock
}

// idText writes an id as RouterOS does.
func idText(id uint32) string {
	b := make([]byte, 0, 9)
	b = append(b, '*')
	b = strconv.AppendUint(b, uint64(id), 16)
	for i := range b {
		if b[i] >= 'a' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// parseID parses "*1C".
func parseID(s string) (uint32, bool) {
	if len(s) < 2 || len(s) > 9 || s[0] != '*' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	return uint32(n), err == nil
}
