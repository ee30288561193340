package emulator

import (
	"net/netip"
	"slices"
	"time"
)

// A tunnelEnd is one EoIP interface as the world sees it. It runs while it
// hears the keepalives of the other end; data does not count, and no answer is
// sent: each end keeps its own time. Guarded by World.mu.
type tunnelEnd struct {
	d   *Device
	row *row
	id  uint32

	key     tunnelKey  // Where it is indexed in links.
	local   netip.Addr // Not valid: any.
	enabled bool
	powered bool          // The device was on when this was worked out.
	start   time.Time     // When it began to send; its rhythm counts from there.
	period  time.Duration // Between two keepalives; zero: none are sent.

	heard hearing
	sent  hearing // Its own keepalives, to count them.
	up    bool
	next  *event

	wentUp, wentDown time.Time // Zero: never.
	downs            uint64
}

// stretch is what a keepalive interval really takes: all gaps of a 7.18.2
// capture are multiples of 1.04 s for each second.
func stretch(d time.Duration) time.Duration { return d / 100 * 104 }

// syncTunnels brings d's tunnel ends in line with its configuration. It returns
// those that changed and those that may hear them.
func (d *Device) syncTunnels(now time.Time) []*tunnelEnd {
	rows := d.rowsOf("interface/eoip")
	if len(rows) == 0 && len(d.tunnels) == 0 {
		return nil
	}
	if d.tunnels == nil {
		d.tunnels = map[uint32]*tunnelEnd{}
	}
	var changed []*tunnelEnd
	seen := make(map[uint32]bool, len(rows))
	for _, r := range rows {
		seen[r.id] = true
		e := d.tunnels[r.id]
		if e == nil {
			e = &tunnelEnd{d: d, id: r.id}
			d.tunnels[r.id] = e
		}
		if e.row == r && e.powered == d.on {
			continue
		}
		changed = append(changed, e.hearers()...)
		e.configure(now, r)
		changed = append(changed, e)
		changed = append(changed, e.hearers()...)
	}
	for id, e := range d.tunnels {
		if !seen[id] {
			changed = append(changed, e.hearers()...)
			d.w.cancel(e.next)
			e.enabled = false
			e.setKey(tunnelKey{})
			delete(d.tunnels, id)
		}
	}
	return changed
}

// hearers returns the ends that may take e's packets.
func (e *tunnelEnd) hearers() []*tunnelEnd {
	var out []*tunnelEnd
	if e.row == nil {
		return nil
	}
	for _, a := range e.d.addrs {
		out = append(out, e.d.w.byKey[tunnelKey{a, e.key.id}]...)
	}
	return out
}

// ends returns d's tunnel ends in the order of the table.
func (d *Device) ends() []*tunnelEnd {
	out := make([]*tunnelEnd, 0, len(d.tunnels))
	for _, r := range d.rowsOf("interface/eoip") {
		if e := d.tunnels[r.id]; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// configure takes over the row: who the other end is, and when keepalives go
// out. An end that is enabled, or whose other end changes, starts anew.
func (e *tunnelEnd) configure(now time.Time, r *row) {
	same := e.row != nil && e.row.get("tunnel-id") == r.get("tunnel-id") &&
		e.row.get("remote-address") == r.get("remote-address") && e.row.get("local-address") == r.get("local-address")
	e.row, e.powered = r, e.d.on
	remote, _ := netip.ParseAddr(r.get("remote-address"))
	e.setKey(tunnelKey{remote, r.get("tunnel-id")})
	e.local, _ = netip.ParseAddr(r.get("local-address"))
	if e.local.IsUnspecified() {
		e.local = netip.Addr{}
	}
	enabled := e.d.on && !r.is("disabled")
	var period time.Duration
	if interval, _ := splitKeepalive(r.get("keepalive")); enabled && r.has("keepalive") {
		period = stretch(interval)
	}
	e.heard.fold(now)
	if !enabled || !same {
		e.heard.forget()
	}
	if enabled && !e.enabled || period != e.period {
		e.start = now
	}
	e.enabled, e.period = enabled, period
	e.sent.tune(now, e.start, period)
}

// setKey moves e in the world's indexes; the zero key takes it out.
func (e *tunnelEnd) setKey(k tunnelKey) {
	if k == e.key {
		return
	}
	w := e.d.w
	if e.key.remote.IsValid() {
		drop(w.byRemote, e.key.remote, e)
		drop(w.byKey, e.key, e)
	}
	if k.remote.IsValid() {
		w.byRemote[k.remote] = append(w.byRemote[k.remote], e)
		w.byKey[k] = append(w.byKey[k], e)
	}
	e.key = k
}

// drop takes e out of a list of an index.
func drop[K comparable](m map[K][]*tunnelEnd, k K, e *tunnelEnd) {
	m[k] = slices.DeleteFunc(m[k], func(x *tunnelEnd) bool { return x == e })
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

// peer returns the end whose packets e takes: the device that owns e's remote
// address has an enabled tunnel with the same id back to an address of ours.
func (e *tunnelEnd) peer() *tunnelEnd {
	if !e.enabled || !e.key.remote.IsValid() {
		return nil
	}
	for _, a := range e.d.addrs {
		if e.local.IsValid() && a != e.local {
			continue
		}
		for _, x := range e.d.w.byKey[tunnelKey{a, e.key.id}] {
			if x != e && x.enabled && (!x.local.IsValid() || x.local == e.key.remote) && slices.Contains(x.d.addrs, e.key.remote) {
				return x
			}
		}
	}
	return nil
}

// delivers reports whether packets of e's peer x arrive at e.
func (e *tunnelEnd) delivers(x *tunnelEnd) bool {
	return x != nil && e.d.w.reaches(e.key.remote, x.key.remote)
}

// listen tunes e to what its peer sends, from now on.
func (e *tunnelEnd) listen(now time.Time) {
	x := e.peer()
	if !e.delivers(x) || x.period == 0 {
		e.heard.tune(now, time.Time{}, 0)
		return
	}
	e.heard.tune(now, x.start, x.period)
}

// judge works out whether e runs, and when that can next change by itself.
func (e *tunnelEnd) judge(now time.Time) {
	w := e.d.w
	w.cancel(e.next)
	e.next = nil
	if e.d.tunnels[e.id] != e {
		return
	}
	up := e.enabled
	if e.enabled && e.row.has("keepalive") {
		timeout := e.timeout()
		up = e.heard.alive(now, timeout)
		if at, ok := e.heard.change(now, timeout); ok {
			e.next = w.at(at, func() { e.judge(time.Now()) })
		}
	}
	if up != e.up {
		e.up = up
		if up {
			e.wentUp = now
		} else {
			e.wentDown = now
			e.downs++
		}
		w.dirty[e.d] = true
	}
}

// timeout is how long e runs after the last keepalive that it heard.
func (e *tunnelEnd) timeout() time.Duration {
	interval, retries := splitKeepalive(e.row.get("keepalive"))
	if retries > int64(maxDuration/stretch(interval)) {
		return maxDuration
	}
	return stretch(interval) * time.Duration(retries)
}
