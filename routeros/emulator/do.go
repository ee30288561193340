package emulator

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Do runs a command as somebody at the device's console would, with the same
// checks as over the wire, and returns its rows. The returned value of an add
// comes as the only row, under "ret". Words are as on the wire: "=name=x",
// "?type=ether". Faults do not apply. A refusal is a *TrapError, or wraps one.
func (d *Device) Do(path string, words ...string) ([]map[string]string, error) {
	c := &call{d: d, req: newRequest(path, words), who: console(), isDo: true}
	if err := d.call(c); err != nil {
		if many, ok := errors.AsType[traps](err); ok {
			err = many[0]
		}
		return nil, fmt.Errorf("%s on %s: %w", path, d.name, err)
	}
	out := make([]map[string]string, 0, len(c.rows))
	add := func(row []pair) {
		m := make(map[string]string, len(row))
		for _, p := range row {
			m[p.name] = p.value
		}
		out = append(out, m)
	}
	for _, row := range c.rows {
		add(row)
	}
	if c.job != nil {
		if err := c.job(make(chan struct{}), add); err != nil {
			return nil, fmt.Errorf("%s on %s: %w", path, d.name, err)
		}
	}
	if c.isRet {
		add([]pair{{"ret", c.ret}})
	}
	return out, nil
}

// Export returns the whole configuration in a form that no router has, for
// comparing: every menu that has rows, users and files too, its rows in order,
// and of each the writable properties that were given and are not what the
// device would have anyway. Ids are left out and references are names, so that
// two exports are equal exactly when the configurations are. Secrets are in it.
// It shares nothing with Script and Import but the tables, and so can say
// whether those two are right.
func (d *Device) Export() string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	var b strings.Builder
	for _, path := range d.schema.order {
		m := d.schema.menus[path]
		if len(d.table(m).rows) == 0 || m.bare {
			continue
		}
		fmt.Fprintf(&b, "/%s\n", path)
		for _, r := range d.table(m).rows {
			d.exportRow(&b, r)
		}
	}
	return b.String()
}

// exportRow writes one row, its properties in the order of the table.
func (d *Device) exportRow(b *strings.Builder, r *row) {
	b.WriteString("-")
	for _, x := range r.menu.props {
		i := r.find(x)
		if i < 0 || x.readOnly {
			continue
		}
		c := r.cells[i]
		v, ok := x.defaultAt(r.menu.release)
		switch {
		case c.none:
			fmt.Fprintf(b, " !%s", x.name)
			continue
		case ok && v == c.v, !c.none && d.wouldChoose(x, r, c.v):
			continue
		}
		v = c.v
		if x.kind.show != nil {
			v = x.kind.show(d, v)
		}
		fmt.Fprintf(b, " %s=%q", x.name, v)
	}
	b.WriteString("\n")
}

// wouldChoose reports whether the device itself would choose the value v.
func (d *Device) wouldChoose(x *prop, r *row, v string) bool {
	if x.fallback == nil {
		return false
	}
	own, ok := x.fallback(d, r)
	return ok && own == v
}

// Uptime returns how long the device has been running; zero when it is off.
func (d *Device) Uptime() time.Duration {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if !d.on {
		return 0
	}
	return time.Since(d.booted)
}
