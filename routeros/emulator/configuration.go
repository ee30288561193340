package emulator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"jembatan/routeros/rsc"
)

// loadItems carries out the commands of a configuration, one after the other,
// through the same tables as the API. It stops at the first that is refused and
// keeps what was done.
func (d *Device) loadItems(who caller, items []rsc.Item) error {
	for i := range items {
		it := &items[i]
		err := d.loadItem(who, it)
		if t, ok := errors.AsType[*TrapError](err); ok && !strings.HasPrefix(t.Message, "emulator:") {
			err = &TrapError{Category: t.Category, Message: fmt.Sprintf("%s (%s/%s; line %d)", t.Message, it.Menu, it.Verb, it.Line)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loadItem carries out one command. One about rows of which there are none
// does nothing.
func (d *Device) loadItem(who caller, it *rsc.Item) error {
	c := &call{d: d, req: request{path: strings.Trim(it.Menu, "/"), command: it.Verb}, who: who, isDo: true}
	m := d.schema.menus[c.req.path]
	if m == nil {
		return d.unknown(c.req.path, it.Verb)
	}
	switch {
	case it.ByFind:
		ids, err := d.found(who, m, it.Find)
		if err != nil || len(ids) == 0 {
			return err
		}
		c.req.args = append(c.req.args, given{name: ".id", value: strings.Join(ids, ",")})
	case it.Target != "":
		c.req.args = append(c.req.args, given{name: ".id", value: d.numbered(m, it.Target)})
	}
	for _, p := range it.Properties {
		c.req.args = append(c.req.args, given{name: p.Name, value: p.Value, taken: p.None})
	}
	return d.carryOut(c)
}

// numbered returns the id of the row that a number stands for, as in "set 0" of
// a menu whose rows have no names; any other target as it is.
func (d *Device) numbered(m *menuAt, target string) string {
	n, err := strconv.ParseUint(target, 10, 32)
	if rows := d.rows(m); err == nil && m.key == "" && n < uint64(len(rows)) {
		return idText(rows[n].id)
	}
	return target
}

// found returns the ids of the rows that meet all conditions: name=value, a
// name alone for one that is true, and !name for one that is not, or is not
// there.
func (d *Device) found(who caller, m *menuAt, conditions []rsc.Property) ([]string, error) {
	if who.may&mayRead == 0 {
		return nil, noPermission()
	}
	var out []string
	for _, r := range d.rows(m) {
		v := rowView{d: d, menu: m, r: r, who: who}
		all := true
		for _, c := range conditions {
			x := m.byName[c.Name]
			if x == nil {
				return nil, unknownParameter(c.Name)
			}
			all = all && v.meets(x, c)
		}
		if all {
			out = append(out, idText(r.id))
		}
	}
	return out, nil
}

// meets tests one condition.
func (v *rowView) meets(x *prop, c rsc.Property) bool {
	have, ok := v.value(x)
	flag := have == "true" || have == "false"
	switch {
	case c.None && flag:
		return have == "false"
	case c.None:
		return !ok
	case c.Value == "" && flag:
		return have == "true"
	}
	return have == v.spelled(x, c.Value)
}

// spelled is a value in the way in which the row would print it.
func (v *rowView) spelled(x *prop, text string) string {
	switch {
	case text == "":
		return text
	case x.kind.parse == nil && (text == "yes" || text == "no"):
		return boolText(text == "yes")
	case x.kind.parse == nil:
		return text
	}
	stored, err := x.kind.parse(arg{d: v.d, name: x.name}, text)
	switch {
	case err != nil:
		return text
	case x.kind.show != nil:
		return x.kind.show(v.d, stored)
	}
	return stored
}
