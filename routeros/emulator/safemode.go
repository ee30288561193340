package emulator

import (
	"slices"
	"time"
)

// safeModeLinger is how long a router takes to notice that the session which
// holds safe mode is gone, and to roll back (measured on 7.23 by the tik4net
// project: about 2.15 s).
const safeModeLinger = 2150 * time.Millisecond

// safeMode is the state of /safe-mode: at most one session holds it, and every
// change of any session is taken back when it goes without a release.
type safeMode struct {
	held   bool
	holder *session // Nil for Do, and once the holder is gone.
	user   string
	owner  string
	count  int
	gen    int // Grows with every take, so that a late rollback knows its own.
}

func safeModeVerbs() map[string]verb {
	return map[string]verb{
		"take":    safeModeTake,
		"release": func(c *call) error { return safeModeEnd(c, false) },
		"unroll":  func(c *call) error { return safeModeEnd(c, true) },
		"toggle":  safeModeToggle,
	}
}

func safeModeTake(c *call) error {
	c.req.take("on-error")
	if err := c.req.none(); err != nil {
		return err
	}
	if err := c.need(mayWrite); err != nil {
		return err
	}
	s := &c.d.safe
	if s.held {
		if s.holder == c.who.session && s.holder != nil {
			return nil
		}
		return failure("safe mode is held by %s", s.user)
	}
	*s = safeMode{held: true, holder: c.who.session, user: c.who.user, owner: "api", gen: s.gen + 1}
	return nil
}

// safeModeEnd is release and unroll. A release from any session frees a hold.
func safeModeEnd(c *call, back bool) error {
	if err := c.req.none(); err != nil {
		return err
	}
	if err := c.need(mayWrite); err != nil {
		return err
	}
	if c.d.safe.held {
		c.d.leaveSafeMode(back)
		c.d.w.settle()
	}
	return nil
}

func safeModeToggle(c *call) error {
	if c.d.safe.held {
		return safeModeEnd(c, false)
	}
	return safeModeTake(c)
}

// leaveSafeMode ends safe mode, taking back every change since it was taken if
// back is true.
func (d *Device) leaveSafeMode(back bool) {
	gen := d.safe.gen
	d.safe = safeMode{gen: gen}
	kept := d.history[:0]
	for _, a := range slices.Backward(d.history) {
		if a.floating && back && !a.undone {
			d.revert(a)
		}
	}
	for _, a := range d.history {
		if !a.floating || !back {
			a.floating = false
			kept = append(kept, a)
		}
	}
	d.history = kept
}

// safeModeCount counts an action. Past the depth of the history a router
// leaves safe mode silently and takes nothing back.
func (d *Device) safeModeCount() {
	if !d.safe.held {
		return
	}
	if d.safe.count++; d.safe.count > historyDepth {
		d.leaveSafeMode(false)
	}
}

// sessionGone starts the rollback if s held safe mode.
func (d *Device) sessionGone(s *session) {
	if !d.safe.held || d.safe.holder != s || s == nil {
		return
	}
	gen := d.safe.gen
	d.safe.holder = nil
	d.w.after(safeModeLinger, func() {
		if d.safe.held && d.safe.gen == gen {
			d.leaveSafeMode(true)
		}
	})
}
