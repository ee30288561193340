package emulator

import (
	"slices"
	"strings"
)

// maxRows bounds a table, so that a hostile client cannot fill the memory.
const maxRows = 20000

// maxConfiguration bounds the bytes of a device's configuration for the same
// reason.
const maxConfiguration = 64 << 20

// addRow is add: it returns the new id.
func addRow(c *call) error {
	d, m := c.d, c.menu
	before, placed, err := c.place()
	if err != nil {
		return err
	}
	base := &row{menu: m}
	if from, ok := c.req.take("copy-from"); ok {
		src := d.find(m, from)
		if src == nil {
			return noSuchItem()
		}
		base = copyOf(src)
	}
	cells, err := d.parseCells(m, c.req.args)
	if err != nil {
		return err
	}
	r := base.with(cells...)
	r.id = 0
	if err := checkMandatory(m, r); err != nil {
		return err
	}
	if len(d.rows(m)) >= maxRows {
		return failure("no more than %d items", maxRows)
	}
	if r, err = d.admit(c, nil, r); err != nil {
		return err
	}
	if !c.isDo {
		if err := d.faults.add(m.path); err != nil {
			return err
		}
	}
	r.id = d.newID(m)
	if placed {
		d.insert(m, r, before)
	} else {
		d.insert(m, r, 0)
	}
	c.setRet(idText(r.id))
	return nil
}

// copyOf returns src without what must not be copied: name, id and what the
// device keeps for itself.
func copyOf(src *row) *row {
	n := &row{menu: src.menu}
	for _, x := range src.cells {
		if x.p.name != src.menu.key && !x.p.readOnly {
			n.cells = append(n.cells, x)
		}
	}
	return n
}

// place reads place-before: the id of the row that the new one goes before.
func (c *call) place() (uint32, bool, error) {
	if !c.menu.ordered {
		return 0, false, nil
	}
	v, ok := c.req.take("place-before")
	if !ok || v == "" {
		return 0, false, nil
	}
	r := c.d.find(c.menu, v)
	if r == nil {
		return 0, false, noSuchItem()
	}
	return r.id, true, nil
}

// parseCells checks arguments against the menu: every name first, then every
// value, in the order in which they were given.
func (d *Device) parseCells(m *menuAt, args []given) ([]cell, error) {
	for _, g := range args {
		x := m.byName[g.name]
		if x == nil || x.readOnly || g.taken && !x.mayTake(m) {
			if g.taken {
				return nil, unknownParameter("!" + g.name)
			}
			return nil, unknownParameter(g.name)
		}
	}
	cells := make([]cell, 0, len(args))
	for _, g := range args {
		x := m.byName[g.name]
		if x.same != "" {
			x = m.byName[x.same]
		}
		if g.taken || g.value == "" && x.clearsWhenEmpty(m) {
			cells = append(cells, cell{p: x, none: true})
			continue
		}
		v, err := x.kind.parse(arg{d: d, name: g.name}, g.value)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell{p: x, v: v})
	}
	return cells, nil
}

// mayTake reports whether !name is allowed.
func (p prop) mayTake(m *menuAt) bool { return p.unset || p.clearsWhenEmpty(m) }

// clearsWhenEmpty reports whether an empty value takes the property away:
// those that are absent unless given.
func (p prop) clearsWhenEmpty(m *menuAt) bool {
	_, ok := p.defaultAt(m.release)
	return !ok && !p.mandatory && p.name != m.key
}

// checkMandatory names every mandatory argument that is missing.
func checkMandatory(m *menuAt, r *row) error {
	var missing []string
	for _, x := range m.props {
		if x.mandatory && r.find(x) < 0 {
			missing = append(missing, x.name)
		}
	}
	if missing != nil {
		return missingValues(missing)
	}
	return nil
}

// admit gives r the name that it may lack and refuses what the menu refuses.
// Before is the row that r replaces, nil for a new one.
func (d *Device) admit(c *call, before, r *row) (*row, error) {
	m := r.menu
	if d.size+r.size()-before.size() > maxConfiguration {
		return nil, failure("not enough space")
	}
	if m.key != "" && r.get(m.key) == "" {
		if m.autoName == "" {
			return nil, invalidValue(m.key)
		}
		r = r.withValue(m.key, d.freeName(m))
	}
	if m.key != "" && m.clash != nil {
		if other := d.named(m, r.name()); other != nil && (before == nil || other.id != before.id) {
			return nil, m.clash(d.version, r.name())
		}
	}
	if m.check != nil {
		if err := m.check(d, before, r); err != nil {
			return nil, err
		}
	}
	if m.fill != nil && before == nil {
		r = m.fill(d, r)
	}
	if err := checkPolicy(c, before, r); err != nil {
		return nil, err
	}
	if o := m.byName["owner"]; o != nil && before == nil && r.find(o) < 0 {
		r = r.with(cell{p: o, v: c.who.user})
	}
	return r, nil
}

// checkPolicy refuses a script or job with more policies than its maker has.
func checkPolicy(c *call, before, r *row) error {
	if r.menu.byName["policy"] == nil || r.menu.path == "user/group" {
		return nil
	}
	if before != nil && before.get("policy") == r.get("policy") {
		return nil
	}
	if parsePolicy(r.get("policy"))&^c.who.may != 0 {
		return noPermission()
	}
	return nil
}

// setRows is set. Rows that were changed before one that is refused stay
// changed: RouterOS has no transaction.
func setRows(c *call) error {
	d, m := c.d, c.menu
	if m.single {
		cells, err := d.parseCells(m, c.req.args)
		if err != nil {
			return err
		}
		return d.change(c, d.rows(m)[0], cells)
	}
	targets, err := c.targets()
	if err != nil {
		return err
	}
	cells, err := d.parseCells(m, c.req.args)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := d.changeByID(c, t, cells); err != nil {
			return err
		}
	}
	return nil
}

// targets reads the ids or names that a command is about.
func (c *call) targets() ([]string, error) {
	v, ok := c.req.take(".id", "numbers")
	if !ok {
		return nil, missingValues([]string{"numbers"})
	}
	if v == "" {
		return nil, nil
	}
	return strings.Split(v, ","), nil
}

// changeByID changes one row found by id or name.
func (d *Device) changeByID(c *call, target string, cells []cell) error {
	r := d.find(c.menu, target)
	if r == nil {
		return noSuchItem()
	}
	return d.change(c, r, cells)
}

// change stores r with the given cells, if the menu admits it.
func (d *Device) change(c *call, r *row, cells []cell) error {
	if r.dynamic {
		return failure("cannot change dynamic item")
	}
	n := r.with(cells...)
	n, err := d.admit(c, r, n)
	if err != nil {
		return err
	}
	if sameCells(r, n) {
		return nil
	}
	d.replace(r, n)
	return nil
}

// sameCells reports whether two rows hold the same values.
func sameCells(a, b *row) bool { return slices.Equal(a.cells, b.cells) }

// removeRows is remove.
func removeRows(c *call) error {
	targets, err := c.targets()
	if err != nil {
		return err
	}
	if err := c.req.none(); err != nil {
		return err
	}
	for _, t := range targets {
		if c.menu.drop != nil {
			if id, ok := parseID(t); !ok || !c.menu.drop(c.d, id) {
				return noSuchItem()
			}
			continue
		}
		r := c.d.find(c.menu, t)
		switch {
		case r == nil:
			return noSuchItem()
		case r.dynamic:
			return failure("cannot remove dynamic item")
		}
		if c.menu.removable != nil {
			if err := c.menu.removable(c.d, r); err != nil {
				return err
			}
		}
		c.d.remove(r)
	}
	return nil
}

// enableRows is enable and disable.
func enableRows(c *call) error {
	v := "false"
	if c.req.command == "disable" {
		v = "true"
	}
	return c.setOnly(given{name: "disabled", value: v})
}

// commentRows is comment.
func commentRows(c *call) error {
	v, _ := c.req.take("comment")
	return c.setOnly(given{name: "comment", value: v})
}

// setOnly is set with one argument, refusing all others.
func (c *call) setOnly(g given) error {
	targets, ok := c.req.take(".id", "numbers")
	if err := c.req.none(); err != nil {
		return err
	}
	if ok {
		c.req.args = append(c.req.args, given{name: ".id", value: targets})
	}
	c.req.args = append(c.req.args, g)
	return setRows(c)
}

// unsetRows is unset: value-name tells which property goes.
func unsetRows(c *call) error {
	name, ok := c.req.take("value-name")
	if !ok {
		return missingValues([]string{"value-name"})
	}
	x := c.menu.byName[name]
	if x == nil || x.readOnly || !x.mayTake(c.menu) {
		return noMatch("value-name")
	}
	return c.setOnly(given{name: name, taken: true})
}

// hasUnset reports whether unset exists: where a property can be taken away.
func (m *menuAt) hasUnset() bool {
	for _, x := range m.props {
		if !x.readOnly && x.name != "comment" && x.mayTake(m) {
			return true
		}
	}
	return false
}

// moveRows is move: the rows go before destination, or to the end.
func moveRows(c *call) error {
	targets, err := c.targets()
	if err != nil {
		return err
	}
	to, placed := c.req.take("destination")
	if err := c.req.none(); err != nil {
		return err
	}
	var before uint32
	if placed && to != "" {
		r := c.d.find(c.menu, to)
		if r == nil {
			return noSuchItem()
		}
		before = r.id
	}
	for _, t := range targets {
		r := c.d.find(c.menu, t)
		if r == nil {
			return noSuchItem()
		}
		if r.dynamic {
			return failure("cannot move dynamic item")
		}
		if r.id != before {
			c.d.move(r, before)
		}
	}
	return nil
}
