package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/routeros/rsc"
)

// Script returns the configuration as /export prints it: only what differs
// from the release's defaults, menus in an order that /import can follow,
// secrets only if sensitive is true.
func (d *Device) Script(sensitive bool) string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.script(sensitive, rsc.RenderOptions{})
}

func (d *Device) script(sensitive bool, opts rsc.RenderOptions) string {
	var items []rsc.Item
	for _, m := range d.exportOrder() {
		for _, r := range d.table(m).rows {
			if it, ok := d.exportItem(m, r, sensitive); ok {
				items = append(items, it)
			}
		}
	}
	opts.Header = []string{
		formatTime(d.version, time.Now().UTC()) + " by RouterOS " + d.version.String(), "software id = EMUL-ATED", "",
	}
	var b strings.Builder
	if err := rsc.Render(&b, items, opts); err != nil {
		return "# error exporting: " + err.Error()
	}
	return b.String()
}

// exportOrder puts interfaces first, so that what names them comes after.
func (d *Device) exportOrder() []*menuAt {
	var ifaces, rest []*menuAt
	for _, path := range d.schema.order {
		m := d.schema.menus[path]
		switch {
		case m.bare, m.view != nil && m.noSet, notExported(path):
		case m.iface != "":
			ifaces = append(ifaces, m)
		default:
			rest = append(rest, m)
		}
	}
	return slices.Concat(ifaces, rest)
}

// notExported are menus whose rows /export never shows.
func notExported(path string) bool {
	return path == "user" || path == "file" || strings.HasPrefix(path, "certificate")
}

// exportItem returns the command that makes a row what it is; ok is false for
// one that is as it comes out of the box, or that the device made.
func (d *Device) exportItem(m *menuAt, r *row, sensitive bool) (rsc.Item, bool) {
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
		it.Verb, it.Target = "set", idText(r.id)
	}
	for _, x := range m.props {
		if p, ok := d.exportProperty(x, r, stock, sensitive); ok && !(x.name == "name" && it.ByFind && p.Value == r.get("default-name")) {
			it.Properties = append(it.Properties, p)
		}
	}
	return it, it.Verb == "add" || len(it.Properties) > 0
}

// exportProperty is one property of a row, if it was given and is neither the
// default nor, without sensitive, a secret.
func (d *Device) exportProperty(x *prop, r, stock *row, sensitive bool) (rsc.Property, bool) {
	i := r.find(x)
	if i < 0 || x.readOnly || x.writeOnly || x.secret && !sensitive {
		return rsc.Property{}, false
	}
	c := r.cells[i]
	def, hasDefault := x.defaultAt(r.menu.release)
	if stock != nil {
		if j := stock.find(x); j >= 0 && stock.cells[j] == c {
			return rsc.Property{}, false
		}
	} else if hasDefault && def == c.v && !c.none {
		return rsc.Property{}, false
	}
	if c.none {
		return rsc.Property{Name: x.name, None: true}, true
	}
	v := c.v
	if x.kind.show != nil {
		v = x.kind.show(d, v)
	}
	switch v {
	case "true":
		v = "yes"
	case "false":
		v = "no"
	}
	return rsc.Property{Name: x.name, Value: v}, true
}

// export is /export: over the API nothing is printed, so it is of use with
// file= only.
func export(c *call) error {
	if err := c.need(mayRead); err != nil {
		return err
	}
	file, toFile := c.req.take("file")
	_, terse := c.req.take("terse")
	_, show := c.req.take("show-sensitive")
	_, hide := c.req.take("hide-sensitive")
	c.req.take("compact")
	if _, ok := c.req.take("verbose"); ok {
		return notEmulated("/export verbose")
	}
	if err := c.req.none(); err != nil {
		return err
	}
	sensitive := (show || c.d.version.major < 7 && !hide) && c.who.may&maySensitive != 0
	if !toFile {
		return nil
	}
	if !strings.HasSuffix(file, ".rsc") {
		file += ".rsc"
	}
	c.d.writeFile(file, c.d.script(sensitive, rsc.RenderOptions{Terse: terse}))
	return nil
}

// writeFile makes or replaces a file.
func (d *Device) writeFile(name, contents string) {
	m := d.schema.menus["file"]
	if old := d.find(m, name); old != nil {
		d.replace(old, old.withValue("contents", contents))
		return
	}
	d.insert(m, newRow(m, d.newID(m), "name", name, "type", "file", "contents", contents), 0)
	d.w.settle()
}

// importFile is /import: it stops at the first error and keeps what ran.
func importFile(c *call) error {
	if err := c.need(mayRead | mayWrite); err != nil {
		return err
	}
	name, ok := c.req.take("file-name")
	if !ok {
		return missingValues([]string{"file-name"})
	}
	for _, option := range []string{"verbose", "dry-run"} {
		if _, ok := c.req.take(option); ok {
			return notEmulated("/import " + option)
		}
	}
	if err := c.req.none(); err != nil {
		return err
	}
	f := c.d.find(c.d.schema.menus["file"], name)
	if f == nil {
		return trapf(NoCategory, "Cannot open import file, file does not exist (:import; line 1)")
	}
	if _, err := c.d.runText(c.who, f.get("contents")); err != nil {
		if strings.HasPrefix(err.Error(), "emulator:") {
			return err
		}
		return trapf(NoCategory, "Script Error: %s (:import; line 1)", err.Error())
	}
	return nil
}

// Import runs an export on the device, as its console would, and stops at the
// first command that is refused.
func (d *Device) Import(script string) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if _, err := d.runText(console(), script); err != nil {
		return fmt.Errorf("import on %s: %w", d.name, err)
	}
	return nil
}
