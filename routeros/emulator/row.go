package emulator

// A cell is one given value. None means "taken away" for a property that has a
// default, as in =!keepalive=.
type cell struct {
	p    *prop
	v    string
	none bool
}

// A row is one item of a table. It never changes after it was stored: a change
// stores another row with the same id, so that the old one can be put back and
// default rows can be shared by ten thousand devices.
type row struct {
	id    uint32
	menu  *menuAt
	cells []cell
	// dynamic rows are made by the device, not by a person.
	dynamic bool
}

// newRow makes a row from property, value pairs in stored form. A property
// that the release lacks is left out.
func newRow(m *menuAt, id uint32, words ...string) *row {
	r := &row{id: id, menu: m, cells: make([]cell, 0, len(words)/2)}
	for i := 0; i+1 < len(words); i += 2 {
		if x := m.byName[words[i]]; x != nil {
			r.cells = append(r.cells, cell{p: x, v: words[i+1]})
		}
	}
	return r
}

// find returns the index of the cell of p, or -1.
func (r *row) find(p *prop) int {
	for i := range r.cells {
		if r.cells[i].p == p {
			return i
		}
	}
	return -1
}

// value returns the stored value of p or its default; ok is false if it has none.
func (r *row) value(p *prop) (string, bool) {
	if i := r.find(p); i >= 0 {
		return r.cells[i].v, !r.cells[i].none
	}
	return p.defaultAt(r.menu.release)
}

// get returns the stored value or default of the named property, or "".
func (r *row) get(name string) string {
	x := r.menu.byName[name]
	if x == nil {
		return ""
	}
	v, _ := r.value(x)
	return v
}

// is reports whether the named boolean is true.
func (r *row) is(name string) bool { return r.get(name) == "true" }

// has reports whether the named property has a value.
func (r *row) has(name string) bool {
	x := r.menu.byName[name]
	if x == nil {
		return false
	}
	_, ok := r.value(x)
	return ok
}

// with returns a copy of r that has the given cells instead of its own.
func (r *row) with(cells ...cell) *row {
	n := *r
	n.cells = append(make([]cell, 0, len(r.cells)+len(cells)), r.cells...)
	for _, c := range cells {
		i := n.find(c.p)
		_, hasDefault := c.p.defaultAt(r.menu.release)
		switch {
		case i >= 0 && c.none && !hasDefault:
			n.cells = append(n.cells[:i], n.cells[i+1:]...)
		case i >= 0:
			n.cells[i] = c
		case !c.none || hasDefault:
			n.cells = append(n.cells, c)
		}
	}
	return &n
}

// withValue returns a copy of r with one property changed, in stored form.
func (r *row) withValue(name, v string) *row {
	x := r.menu.byName[name]
	if x == nil {
		return r
	}
	return r.with(cell{p: x, v: v})
}

// size returns about how many bytes the row's values take; none for no row.
func (r *row) size() int {
	if r == nil {
		return 0
	}
	n := 0
	for _, c := range r.cells {
		n += len(c.v)
	}
	return n
}

// A table is the rows of one menu of one device, in order.
type table struct {
	rows []*row
}

// index returns the position of the row with id, or -1.
func (t *table) index(id uint32) int {
	for i, r := range t.rows {
		if r.id == id {
			return i
		}
	}
	return -1
}

// byID returns the row with id, or nil.
func (t *table) byID(id uint32) *row {
	if i := t.index(id); i >= 0 {
		return t.rows[i]
	}
	return nil
}
