package emulator

import (
	"net/netip"
	"time"
)

// Defaults of netwatch (MikroTik manual, netwatch).
const (
	watchInterval = 10 * time.Second
	watchStart    = 3 * time.Second
	watchStartup  = 5 * time.Minute
)

// A watcher is one row of /tool/netwatch at work. Its scripts are not run.
type watcher struct {
	row    *row
	on     bool
	known  bool
	up     bool
	since  time.Time
	next   *event
	booted time.Time
}

func (w *watcher) status() string {
	switch {
	case w == nil || !w.known:
		return "unknown"
	case w.up:
		return "up"
	}
	return "down"
}

// watched returns the watcher of a row; one that never probed if it has none.
func (d *Device) watched(r *row) *watcher {
	if w := d.watch[r.id]; w != nil {
		return w
	}
	return &watcher{}
}

// syncWatch starts and stops probing as the table says.
func (d *Device) syncWatch(now time.Time) {
	rows := d.rowsOf("tool/netwatch")
	if len(rows) == 0 && len(d.watch) == 0 {
		return
	}
	if d.watch == nil {
		d.watch = map[uint32]*watcher{}
	}
	seen := map[uint32]bool{}
	for _, r := range rows {
		seen[r.id] = true
		w := d.watch[r.id]
		if w != nil && w.row == r && w.on == d.on && w.booted.Equal(d.booted) {
			continue
		}
		wait, name := watchStart, "start-delay"
		if w != nil && !w.booted.Equal(d.booted) {
			wait, name = watchStartup, "startup-delay"
		}
		if w != nil {
			d.w.cancel(w.next)
		}
		w = &watcher{row: r, on: d.on, booted: d.booted}
		d.watch[r.id] = w
		if v, ok := parseDuration(r.get(name)); ok {
			wait = v
		}
		if d.on && !r.is("disabled") {
			w.next = d.w.at(now.Add(wait), func() { d.probe(w) })
		}
	}
	for id, w := range d.watch {
		if !seen[id] {
			d.w.cancel(w.next)
			delete(d.watch, id)
		}
	}
}

// probe asks the world whether the host answers.
func (d *Device) probe(w *watcher) {
	if d.prober() != nil {
		d.watchPlane(w)
		return
	}
	dst, err := netip.ParseAddr(w.row.get("host"))
	src, _ := netip.ParseAddr(w.row.get("src-address"))
	d.probed(w, err == nil && d.w.answers(d, dst, src))
}

// probed notes what a probe found and sets the next one.
func (d *Device) probed(w *watcher, up bool) {
	if !w.known || up != w.up {
		w.known, w.up, w.since = true, up, time.Now()
		d.log("netwatch,info", "event "+w.status()+" [ type: "+w.row.get("type")+", host: "+w.row.get("host")+" ]")
		d.w.dirty[d] = true
	}
	wait := watchInterval
	if v, ok := parseDuration(w.row.get("interval")); ok {
		wait = v
	}
	w.next = d.w.after(wait, func() { d.probe(w) })
}
