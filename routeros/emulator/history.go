package emulator

import (
	"slices"
	"time"
)

// historyDepth is how many actions a router remembers (MikroTik manual, safe
// mode).
const historyDepth = 100

// An edit is one change of one row. Before is nil for a new row, after for a
// removed one; from and to are its positions.
type edit struct {
	menu          *menuAt
	before, after *row
	from, to      int
}

// inverse returns the edit that takes e back.
func (e edit) inverse() edit {
	return edit{menu: e.menu, before: e.after, after: e.before, from: e.to, to: e.from}
}

// An action is what one command changed: one row of /system/history.
type action struct {
	id       uint32
	what, by string
	need     policy
	at       time.Time
	edits    []edit
	floating bool // Made while safe mode was held.
	undone   bool
}

// begin opens an action for a command.
func (d *Device) begin(c *call) {
	d.current = &action{what: describe(c), by: c.who.user, need: mayWrite | c.menu.policy, at: time.Now()}
}

// describe names a command as the history does: "eoip added".
func describe(c *call) string {
	verbs := map[string]string{
		"add": "added", "set": "changed", "remove": "removed", "enable": "changed",
		"disable": "changed", "comment": "changed", "unset": "changed", "move": "moved",
	}
	v := verbs[c.req.command]
	if v == "" {
		v = c.req.command
	}
	return c.menu.path + " " + v
}

// commit closes the action and remembers it if it changed anything.
func (d *Device) commit() {
	a := d.current
	d.current = nil
	if len(a.edits) == 0 {
		return
	}
	d.lastAction++
	a.id = d.lastAction
	a.floating = d.safe.held
	d.history = slices.DeleteFunc(d.history, func(x *action) bool { return x.undone })
	d.history = append(d.history, a)
	if len(d.history) > historyDepth {
		d.history = d.history[1:]
	}
	d.safeModeCount()
}

// put carries an edit out and notes it for undo; settle tells listens and the
// world.
func (d *Device) put(e edit) {
	t := d.own(e.menu)
	d.size += e.after.size() - e.before.size()
	if e.before != nil {
		t.rows = slices.Delete(t.rows, e.from, e.from+1)
	}
	if e.after != nil {
		t.rows = slices.Insert(t.rows, e.to, e.after)
	}
	if d.current != nil {
		d.current.edits = append(d.current.edits, e)
	}
	d.w.dirty[d] = true
}

// revert takes an action back. Rows that have changed since keep their place
// as well as they can.
func (d *Device) revert(a *action) {
	for _, e := range slices.Backward(a.edits) {
		d.restore(e.inverse())
	}
	a.undone = true
}

// restore is put for an edit whose positions may be stale.
func (d *Device) restore(e edit) {
	rows := d.table(e.menu).rows
	if e.before != nil {
		e.from = slices.IndexFunc(rows, func(r *row) bool { return r.id == e.before.id })
		if e.from < 0 {
			e.before = nil
		}
	}
	if e.before == nil && e.after == nil {
		return
	}
	n := len(rows)
	if e.before != nil {
		n--
	}
	e.to = min(e.to, n)
	d.put(e)
}

// undo takes back the newest action that was not taken back yet; redo does the
// last such action again.
func (d *Device) undo(c *call) error {
	for _, a := range slices.Backward(d.history) {
		if !a.undone {
			d.revert(a)
			c.d.current.edits = nil
			return nil
		}
	}
	return failure("no more actions to undo")
}

func (d *Device) redo(c *call) error {
	for _, a := range d.history {
		if a.undone {
			for _, e := range a.edits {
				d.restore(e)
			}
			a.undone = false
			c.d.current.edits = nil
			return nil
		}
	}
	return failure("no more actions to redo")
}
