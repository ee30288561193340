package emulator

import (
	"cmp"
	"slices"
	"strconv"

	"jembatan/routeros/rsc"
)

// exportItem returns the command that makes a row what it is, the row being the
// one at a place of its table; ok is false for one that the device made and, in
// a compact export, for one that is as it comes out of the box.
func (d *Device) exportItem(m *menuAt, r *row, at int, f exportForm) (rsc.Item, bool) {
	if r.dynamic {
		return rsc.Item{}, false
	}
	it := rsc.Item{Menu: "/" + m.path, Verb: "add"}
	stock := m.stock.byID(r.id)
	switch {
	case m.single:
		it.Verb, stock = "set", nil
	case m.path == "interface/ethernet":
		it.Verb, it.ByFind = "set", true
		it.Find = []rsc.Property{{Name: "default-name", Value: r.get("default-name")}}
	case stock != nil && m.key != "":
		it.Verb, it.Target = "set", stock.name()
	case stock != nil:
		it.Verb, it.Target = "set", strconv.Itoa(at)
	}
	for _, x := range m.props {
		if p, ok := d.exportProperty(x, r, stock, f); ok && !(x.name == "name" && it.ByFind && p.Value == r.get("default-name")) {
			it.Properties = append(it.Properties, p)
		}
	}
	slices.SortStableFunc(it.Properties, func(a, b rsc.Property) int { return cmp.Compare(a.Name, b.Name) })
	return it, it.Verb == "add" || len(it.Properties) > 0
}

// exportProperty is one property of a row as an export shows it, if it does: a
// verbose one shows every value that a person may set, a compact one what was
// given and is not the default, and what the device chose by itself when it made
// the row and would choose otherwise elsewhere.
func (d *Device) exportProperty(x *prop, r, stock *row, f exportForm) (rsc.Property, bool) {
	if x.readOnly || x.state != nil || x.writeOnly || x.secret && !f.sensitive {
		return rsc.Property{}, false
	}
	v, has := r.value(x)
	i := r.find(x)
	given := i >= 0
	if has && x.kind.show != nil {
		v = x.kind.show(d, v)
	}
	if !given && x.fallback != nil && !has {
		v, has = x.fallback(d, r)
	}
	switch {
	case f.verbose && !has:
		return rsc.Property{Name: x.name, None: true}, x.mayTake(r.menu) && x.name != "comment"
	case f.verbose:
	case !given && stock != nil && stock.find(x) >= 0:
		return rsc.Property{Name: x.name, None: true}, x.mayTake(r.menu)
	case !given && !(x.lasting && has):
		return rsc.Property{}, false
	case given && isAsMade(x, r.cells[i], r.menu, stock):
		return rsc.Property{}, false
	case !has:
		return rsc.Property{Name: x.name, None: true}, true
	}
	return rsc.Property{Name: x.name, Value: scriptWordOf(x.kind, v)}, true
}

// isAsMade reports whether a given value is the one that a fresh row has.
func isAsMade(x *prop, c cell, m *menuAt, stock *row) bool {
	if stock != nil {
		if j := stock.find(x); j >= 0 {
			return stock.cells[j] == c
		}
	}
	def, ok := x.defaultAt(m.release)
	return ok && def == c.v && !c.none
}

// scriptWordOf writes a printed value as scripts do: yes and no.
func scriptWordOf(k kind, v string) string {
	switch {
	case k.logical && v == "true":
		return "yes"
	case k.logical && v == "false":
		return "no"
	}
	return v
}
