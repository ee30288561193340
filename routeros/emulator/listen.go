package emulator

import (
	"hash/maphash"
)

// maxEvents is how many changes a listen may leave untold before it is ended.
const maxEvents = 100000

// A listener is one listen: it remembers what every row looked like, and tells
// of those that look different. That way it also sees what follows from a
// change elsewhere: a tunnel that stopped running, a port gone inactive.
// Guarded by the world's lock.
type listener struct {
	d      *Device
	menu   *menuAt
	who    caller
	sel    *selection
	last   map[uint32]uint64
	events [][]pair
	wake   chan struct{}
	failed bool
}

// listenRows is listen.
func listenRows(c *call) error {
	d := c.d
	if c.menu.single || c.menu.silent || c.menu.quietAt != 0 && d.version.release() >= c.menu.quietAt {
		return unknownParameter("follow-only")
	}
	if c.isDo {
		return notEmulated("listen without a session")
	}
	sel, err := c.printArgs()
	if err != nil {
		return err
	}
	if err := d.faults.unreadable(c.menu.path); err != nil {
		return err
	}
	l := &listener{d: d, menu: c.menu, who: c.who, sel: sel, wake: make(chan struct{}, 1)}
	l.look()
	l.events = nil
	d.listening = append(d.listening, l)
	c.job = l.follow
	return nil
}

// follow tells of changes until stop is closed.
func (l *listener) follow(stop <-chan struct{}, emit func([]pair)) error {
	defer l.d.unlisten(l)
	for {
		select {
		case <-stop:
			return nil
		case <-l.wake:
		}
		events, failed := l.take()
		for _, e := range events {
			emit(e)
		}
		if failed {
			return failure("too many changes to follow")
		}
	}
}

func (l *listener) take() ([][]pair, bool) {
	l.d.w.mu.Lock()
	defer l.d.w.mu.Unlock()
	events := l.events
	l.events = nil
	return events, l.failed
}

func (d *Device) unlisten(l *listener) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	for i, x := range d.listening {
		if x == l {
			d.listening = append(d.listening[:i], d.listening[i+1:]...)
			return
		}
	}
}

// tellListeners lets every listen of the device look again.
func (d *Device) tellListeners() {
	for _, l := range d.listening {
		l.look()
	}
}

// look compares every row with what it last looked like.
func (l *listener) look() {
	now := make(map[uint32]uint64, len(l.last))
	rows := l.d.rows(l.menu)
	for i, r := range rows {
		v := rowView{d: l.d, menu: l.menu, r: r, who: l.who, next: nextID(rows, i)}
		if !l.sel.matches(&v) {
			continue
		}
		sum := v.digest(l.sel.props)
		now[r.id] = sum
		if old, ok := l.last[r.id]; !ok || old != sum {
			l.event(v.print(l.sel.props))
		}
	}
	for id := range l.last {
		if _, ok := now[id]; !ok {
			l.event([]pair{{".id", idText(id)}, {".dead", "true"}})
		}
	}
	l.last = now
}

func (l *listener) event(p []pair) {
	if len(l.events) >= maxEvents {
		l.failed = true
		return
	}
	l.events = append(l.events, p)
	poke(l.wake)
}

// digest sums up how the row looks, without what changes all the time.
func (v *rowView) digest(props []string) uint64 {
	var h maphash.Hash
	h.SetSeed(v.d.w.seed)
	add := func(name, value string) {
		_, _ = h.WriteString(name)
		_ = h.WriteByte('=')
		_, _ = h.WriteString(value)
		_ = h.WriteByte(0)
	}
	if props == nil {
		for _, x := range v.menu.props {
			if x.restless {
				continue
			}
			if s, ok := v.value(x); ok {
				add(x.name, s)
			}
		}
		return h.Sum64()
	}
	for _, name := range props {
		if x := v.menu.byName[name]; x != nil && x.restless {
			continue
		}
		if s, ok := v.lookup(name); ok {
			add(name, s)
		}
	}
	return h.Sum64()
}
