package emulator

import (
	"strings"
	"time"

	"jembatan/routeros/rsc"
)

// Script returns the configuration as /export prints it: only what differs
// from the release's defaults, in an order that /import can follow, secrets
// only if sensitive is true. Package rsc writes it.
func (d *Device) Script(sensitive bool) string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.script(exportForm{sensitive: sensitive})
}

// An exportForm is how /export was asked for. The zero value is a compact
// export of everything without secrets.
type exportForm struct {
	under     string // only this menu and those below it
	terse     bool   // one line a command
	verbose   bool   // defaults too
	sensitive bool   // secrets too
}

func (d *Device) script(f exportForm) string {
	var b strings.Builder
	opts := rsc.RenderOptions{Terse: f.terse, Header: []string{
		formatTime(d.version, time.Now().UTC()) + " by RouterOS " + d.version.String(), "software id = EMUL-ATED", "",
	}}
	if d.version.AtLeast(7, 0) {
		opts.Header[1] = "system id = emulated"
	}
	if err := rsc.Render(&b, d.exportItems(f), opts); err != nil {
		return "# error exporting: " + err.Error()
	}
	return b.String()
}

// export is /export and export in any menu: over the API nothing is printed, so
// it is of use with file= only. Releases before 7 show secrets unless told to
// hide them, later ones hide them unless told to show them.
func export(c *call) error {
	if err := c.need(mayRead); err != nil {
		return err
	}
	f := exportForm{under: c.req.path}
	file, toFile := c.req.take("file")
	_, f.terse = c.req.take("terse")
	_, f.verbose = c.req.take("verbose")
	c.req.take("compact")
	_, hide := c.req.take("hide-sensitive")
	f.sensitive = !c.d.version.AtLeast(7, 0) && !hide
	if c.d.version.AtLeast(7, 0) {
		_, f.sensitive = c.req.take("show-sensitive")
	}
	for option, since := range map[string]int{"where": 716, "path": 724} {
		if !c.d.version.in(since, 0) {
			continue
		}
		if _, ok := c.req.take(option); ok {
			return notEmulated("/export " + option)
		}
	}
	if err := c.req.none(); err != nil {
		return err
	}
	f.sensitive = f.sensitive && c.who.may&maySensitive != 0
	if !toFile {
		return nil
	}
	if !strings.HasSuffix(file, ".rsc") {
		file += ".rsc"
	}
	c.d.writeFile(file, c.d.script(f))
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
