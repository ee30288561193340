package emulator

import (
	"strconv"
	"strings"
)

// This file holds a device's tables: looking rows up and changing them. Every
// change goes through put, so that history, safe mode and listens see it. The
// world's lock is held throughout.

// table returns the rows of m for reading: the device's own, or those that
// every device of the release shares.
func (d *Device) table(m *menuAt) *table {
	if t := d.tables[m.path]; t != nil {
		return t
	}
	return m.stock
}

// own returns the rows of m for changing.
func (d *Device) own(m *menuAt) *table {
	t := d.tables[m.path]
	if t == nil {
		t = &table{rows: append([]*row(nil), m.stock.rows...)}
		if d.tables == nil {
			d.tables = map[string]*table{}
		}
		d.tables[m.path] = t
	}
	return t
}

// rows returns what print shows of m.
func (d *Device) rows(m *menuAt) []*row {
	if m.view != nil {
		return m.view(d)
	}
	return d.table(m).rows
}

// rowsOf is rows by path; a menu that the release lacks has none.
func (d *Device) rowsOf(path string) []*row {
	m := d.schema.menus[path]
	if m == nil {
		return nil
	}
	return d.rows(m)
}

// single returns the row of a singleton.
func (d *Device) single(path string) *row { return d.rowsOf(path)[0] }

// find returns the row of m with an id or, where the menu has one, a name.
func (d *Device) find(m *menuAt, s string) *row {
	if id, ok := parseID(s); ok {
		for _, r := range d.rows(m) {
			if r.id == id {
				return r
			}
		}
		return nil
	}
	if m.key == "" || s == "" {
		return nil
	}
	for _, r := range d.rows(m) {
		if r.name() == s {
			return r
		}
	}
	return nil
}

// lookup is find by path, where "interface" stands for every interface.
func (d *Device) lookup(path, s string) *row {
	if path == interfaces {
		return d.findInterface(s)
	}
	m := d.schema.menus[path]
	if m == nil {
		return nil
	}
	return d.find(m, s)
}

// byID returns the row with id in a menu, or in any menu of interfaces.
func (d *Device) byID(path string, id uint32) *row {
	if path == interfaces {
		for _, m := range d.schema.ifaces {
			if r := d.table(m).byID(id); r != nil {
				return r
			}
		}
		return nil
	}
	m := d.schema.menus[path]
	if m == nil {
		return nil
	}
	return d.table(m).byID(id)
}

// findInterface returns the interface with an id or a name.
func (d *Device) findInterface(s string) *row {
	for _, m := range d.schema.ifaces {
		if r := d.find(m, s); r != nil {
			return r
		}
	}
	return nil
}

// target returns the row that a reference property of r points to, or nil.
func (d *Device) target(r *row, name string) *row {
	return d.deref(r.menu.byName[name], r.get(name))
}

// slaves returns the interfaces of a bond.
func (d *Device) slaves(r *row) []*row {
	v := r.get("slaves")
	if v == "" {
		return nil
	}
	var out []*row
	for x := range strings.SplitSeq(v, ",") {
		if t := d.deref(r.menu.byName["slaves"], x); t != nil {
			out = append(out, t)
		}
	}
	return out
}

func (d *Device) deref(x *prop, v string) *row {
	id, ok := parseID(v)
	if x == nil || !ok {
		return nil
	}
	for _, path := range x.kind.ref {
		if t := d.byID(path, id); t != nil {
			return t
		}
	}
	return nil
}

// named returns the row that a new name of m would clash with: interfaces of
// every type share their names.
func (d *Device) named(m *menuAt, name string) *row {
	if m.iface != "" {
		for _, x := range d.schema.ifaces {
			for _, r := range d.table(x).rows {
				if r.name() == name {
					return r
				}
			}
		}
		return nil
	}
	for _, r := range d.table(m).rows {
		if r.name() == name {
			return r
		}
	}
	return nil
}

// freeName returns the first free name made of the menu's stem and a number.
func (d *Device) freeName(m *menuAt) string {
	for i := 1; ; i++ {
		if name := m.autoName + strconv.Itoa(i); d.named(m, name) == nil {
			return name
		}
	}
}

// name returns what the row is called: its key property, or its id.
func (r *row) name() string {
	if r.menu.key == "" {
		return idText(r.id)
	}
	return r.get(r.menu.key)
}

// newID hands out the next id of m's space.
func (d *Device) newID(m *menuAt) uint32 {
	space := m.idSpace()
	if d.nextID == nil {
		d.nextID = map[string]uint32{}
	}
	id := d.nextID[space]
	if id == 0 {
		id = d.firstID(m)
	}
	d.nextID[space] = id + 1
	return id
}

func (m *menu) idSpace() string {
	if m.iface != "" {
		return interfaces
	}
	if m.space != "" {
		return m.space
	}
	return m.path
}

// firstID returns an id above every default row's.
func (d *Device) firstID(m *menuAt) uint32 {
	id := max(m.firstID, 1)
	for _, x := range d.schema.menus {
		if x.idSpace() != m.idSpace() {
			continue
		}
		for _, r := range d.table(x).rows {
			if r.id >= id && r.id < 0xF0000000 {
				id = r.id + 1
			}
		}
	}
	return id
}

// insert stores a new row before the row with the given id; zero is the end.
func (d *Device) insert(m *menuAt, r *row, before uint32) {
	at := len(d.table(m).rows)
	if before != 0 {
		if i := d.table(m).index(before); i >= 0 {
			at = i
		}
	}
	d.put(edit{menu: m, after: r, to: at})
}

// replace stores n in the place of r.
func (d *Device) replace(r, n *row) {
	at := d.table(r.menu).index(r.id)
	d.put(edit{menu: r.menu, before: r, after: n, from: at, to: at})
}

// remove takes r out of its table.
func (d *Device) remove(r *row) {
	d.put(edit{menu: r.menu, before: r, from: d.table(r.menu).index(r.id)})
}

// move puts r before the row with the given id; zero is the end.
func (d *Device) move(r *row, before uint32) {
	t := d.table(r.menu)
	from, to := t.index(r.id), len(t.rows)-1
	if i := t.index(before); before != 0 && i >= 0 {
		to = i
		if to > from {
			to--
		}
	}
	d.put(edit{menu: r.menu, before: r, after: r, from: from, to: to})
}
