package emulator

import (
	"fmt"
	"strings"

	"jembatan/routeros/rsc"
)

// importFile is /import: it stops at the first error and keeps what ran.
func importFile(c *call) error {
	if err := c.need(mayRead | mayWrite); err != nil {
		return err
	}
	name, ok := c.req.take("file-name")
	if !ok {
		return missingValues([]string{"file-name"})
	}
	for _, option := range []string{"verbose", "dry-run", "from-line"} {
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
	if err := c.d.load(c.who, f.get("contents")); err != nil {
		if strings.HasPrefix(err.Error(), "emulator:") {
			return err
		}
		return trapf(NoCategory, "Script Error: %s (:import; line 1)", err.Error())
	}
	return nil
}

// Import does with a text what /import does with a file, as the device's
// console would: a configuration is loaded, anything else runs as a script. It
// stops at the first command that is refused.
func (d *Device) Import(text string) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if err := d.load(console(), text); err != nil {
		return fmt.Errorf("import on %s: %w", d.name, err)
	}
	return nil
}

// load is Import with the world's lock held, as somebody. Package rsc reads
// what is a configuration; the interpreter runs what is a script.
func (d *Device) load(who caller, text string) error {
	if s := rsc.Parse(text); d.isConfiguration(s) {
		return d.loadItems(who, s.Items)
	}
	_, err := d.runText(who, text)
	return err
}

// isConfiguration reports whether a text is what /export could have printed:
// rows are added, set, removed, enabled and disabled in menus that there are,
// and every value is plain. Anything else is a script.
func (d *Device) isConfiguration(s *rsc.Script) bool {
	if len(s.Problems) > 0 || s.Code != 0 || len(s.Items) == 0 {
		return false
	}
	for _, menu := range s.Entered() {
		if !d.schema.dirs[strings.Trim(menu, "/")] {
			return false
		}
	}
	for i := range s.Items {
		switch s.Items[i].Verb {
		case "add", "set", "remove", "enable", "disable":
		default:
			return false
		}
	}
	return true
}
