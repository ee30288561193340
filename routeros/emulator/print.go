package emulator

import (
	"slices"
	"strconv"
	"strings"
)

// printRows is print and getall.
func printRows(c *call) error {
	q, err := c.printArgs()
	if err != nil {
		return err
	}
	if err := c.d.faults.unreadable(c.menu.path); err != nil && !c.isDo {
		return err
	}
	if c.menu.single {
		c.empty = true
		c.rows = append(c.rows, c.d.printRow(c.menu, c.d.rows(c.menu)[0], c.who, q.props))
		return nil
	}
	rows := c.d.rows(c.menu)
	n := 0
	for i, r := range rows {
		view := rowView{d: c.d, menu: c.menu, r: r, who: c.who, next: nextID(rows, i)}
		if !q.matches(&view) {
			continue
		}
		n++
		if !q.count {
			c.rows = append(c.rows, view.print(q.props))
		}
	}
	if q.count {
		c.setRet(strconv.Itoa(n))
		return nil
	}
	c.empty = true
	return nil
}

// A selection is what print and listen were asked for.
type selection struct {
	props   []string // Nil: every property.
	queries []query
	only    []string // Ids or names from =.id= or =from=.
	count   bool
}

// matches reports whether the row was asked for.
func (s *selection) matches(v *rowView) bool {
	if s.only != nil && !slices.Contains(s.only, idText(v.r.id)) && !slices.Contains(s.only, v.r.name()) {
		return false
	}
	return evaluate(s.queries, v.lookup)
}

// printArgs reads the arguments of print. Those of the console that change
// only its looks are accepted and mean nothing.
func (c *call) printArgs() (*selection, error) {
	s := &selection{}
	if v, ok := c.req.take(".proplist", "proplist"); ok && v != "" {
		s.props = strings.Split(v, ",")
	}
	if _, ok := c.req.take("count-only"); ok {
		s.count = true
	}
	if v, ok := c.req.take(".id", "from", "numbers"); ok && v != "" && !c.menu.single {
		s.only = strings.Split(v, ",")
	}
	looks := []string{"detail", "terse", "brief", "without-paging", "value-list", "stats", "interval", "file", "append", "as-value"}
	if c.d.version.AtLeast(7, 21) {
		looks = append(looks, "show-sensitive")
	}
	if c.d.version.AtLeast(7, 17) {
		looks = append(looks, "group-by")
	}
	c.req.take(looks...)
	if err := c.req.none(); err != nil {
		return nil, err
	}
	queries, err := parseQueries(c.req.queries)
	s.queries = queries
	return s, err
}

// nextID returns the id of the row after i, and what RouterOS uses for none.
func nextID(rows []*row, i int) uint32 {
	if i+1 < len(rows) {
		return rows[i+1].id
	}
	return 1<<32 - 1
}

// printRow prints one row without an order.
func (d *Device) printRow(m *menuAt, r *row, who caller, props []string) []pair {
	v := rowView{d: d, menu: m, r: r, who: who}
	return v.print(props)
}

// A rowView is a row as one caller may see it.
type rowView struct {
	d    *Device
	menu *menuAt
	r    *row
	who  caller
	next uint32 // For ordered menus.
}

// lookup returns a property as printed; ok is false if the row lacks it.
func (v *rowView) lookup(name string) (string, bool) {
	switch name {
	case ".id":
		return idText(v.r.id), !v.menu.single
	case ".nextid":
		return idText(v.next), v.menu.ordered
	}
	x := v.menu.byName[name]
	if x == nil {
		return "", false
	}
	return v.value(x)
}

// value returns property x of the row as printed.
func (v *rowView) value(x *prop) (string, bool) {
	if x.writeOnly || x.secret && v.who.may&maySensitive == 0 {
		return "", false
	}
	if x.mine != nil {
		return x.mine(v)
	}
	if x.state != nil {
		s, ok := x.state(v.d, v.r)
		return s, ok && (!x.quiet || s == "true")
	}
	// A row may come from another table than the menu that shows it.
	s, ok := v.r.value(x)
	if !ok && x.fallback != nil && v.r.find(x) < 0 {
		return x.fallback(v.d, v.r)
	}
	if ok && x.kind.show != nil {
		s = x.kind.show(v.d, s)
	}
	return s, ok && (!x.quiet || s == "true")
}

// print returns the properties asked for, in the order of the table.
func (v *rowView) print(props []string) []pair {
	if props != nil {
		out := make([]pair, 0, len(props))
		for i, name := range props {
			if slices.Contains(props[:i], name) {
				continue
			}
			if s, ok := v.lookup(name); ok {
				out = append(out, pair{name, s})
			}
		}
		return out
	}
	out := make([]pair, 0, len(v.menu.props)/2+2)
	if !v.menu.single {
		out = append(out, pair{".id", idText(v.r.id)})
	}
	if v.menu.ordered {
		out = append(out, pair{".nextid", idText(v.next)})
	}
	for _, x := range v.menu.props {
		if s, ok := v.value(x); ok {
			out = append(out, pair{x.name, s})
		}
	}
	return out
}
