package emulator

import (
	"net/netip"
	"slices"
	"time"
)

// vrrpState is what a VRRP interface is.
type vrrpState int

const (
	vrrpInit vrrpState = iota
	vrrpBackup
	vrrpMaster
)

// A vrrpNode is one VRRP interface as the world sees it (RFC 5798; timers as in
// its section 6.1, version 2 with whole seconds of skew).
type vrrpNode struct {
	d   *Device
	row *row
	id  uint32

	is      vrrpState
	start   time.Time // A master's adverts count from there.
	heard   hearing   // What a backup hears of its master.
	rival   hearing   // What a master hears of a better one.
	next    *event
	reaches map[node]bool // Where its adverts arrive; worked out by elect.
}

// syncVRRP brings the device's VRRP interfaces in line with its configuration.
func (d *Device) syncVRRP() {
	rows := d.rowsOf("interface/vrrp")
	if len(rows) == 0 && len(d.vrrp) == 0 {
		return
	}
	if d.vrrp == nil {
		d.vrrp = map[uint32]*vrrpNode{}
	}
	seen := map[uint32]bool{}
	for _, r := range rows {
		seen[r.id] = true
		n := d.vrrp[r.id]
		if n == nil {
			n = &vrrpNode{d: d, id: r.id}
			d.vrrp[r.id] = n
			d.w.vrrps = append(d.w.vrrps, n)
		}
		n.row = r
	}
	for id, n := range d.vrrp {
		if !seen[id] {
			n.row = n.row.withValue("disabled", "true")
			n.d.w.cancel(n.next)
			delete(d.vrrp, id)
		}
	}
}

func (n *vrrpNode) interval() time.Duration {
	d, _ := parseDuration(n.row.get("interval"))
	return d
}

func (n *vrrpNode) priority() uint64 {
	p, _ := parseUint(n.row.get("priority"))
	return p
}

// skew and down are the timers of RFC 5798 and, for version 2, RFC 3768.
func (n *vrrpNode) skew() time.Duration {
	unit := n.interval()
	if n.row.get("version") == "2" {
		unit = time.Second
	}
	return time.Duration(256-n.priority()) * unit / 256
}

func (n *vrrpNode) down() time.Duration { return 3*n.interval() + n.skew() }

// primary returns the parent's first enabled address.
func (n *vrrpNode) primary() (netip.Addr, bool) {
	parent := n.row.get("interface")
	for _, a := range n.d.rowsOf("ip/address") {
		if a.get("interface") == parent && !a.is("disabled") {
			p, err := netip.ParsePrefix(a.get("address"))
			return p.Addr(), err == nil
		}
	}
	return netip.Addr{}, false
}

// able reports whether the instance can take part: enabled, with a parent that
// runs and has an address, as must every member of its group.
func (n *vrrpNode) able() bool {
	for _, m := range append(n.members(), n) {
		parent := m.d.target(m.row, "interface")
		if !m.d.on || parent == nil || !m.d.running(parent) {
			return false
		}
	}
	_, ok := n.primary()
	return ok && !n.row.is("disabled")
}

// authority returns the instance that n follows, or nil.
func (n *vrrpNode) authority() *vrrpNode {
	t := n.d.target(n.row, n.d.groupProperty())
	if t == nil || t.id == n.id {
		return nil
	}
	return n.d.vrrp[t.id]
}

// members returns the enabled instances that follow n.
func (n *vrrpNode) members() []*vrrpNode {
	var out []*vrrpNode
	for _, r := range n.d.rowsOf("interface/vrrp") {
		if x := n.d.vrrp[r.id]; x != nil && x != n && !r.is("disabled") && x.authority() == n {
			out = append(out, x)
		}
	}
	return out
}

// groupProperty is what the release calls the group of an instance.
func (d *Device) groupProperty() string {
	if d.version.AtLeast(7, 10) {
		return "group-authority"
	}
	return "group-master"
}

// elect lets every instance hear the others and change its state, until none
// does.
func (w *World) elect() {
	if len(w.vrrps) == 0 {
		return
	}
	floods := map[node]map[node]bool{} // Instances often share a parent.
	for _, n := range w.vrrps {
		n.reaches = nil
		parent := n.d.target(n.row, "interface")
		if parent == nil || n.row.is("disabled") && n.is != vrrpMaster {
			continue
		}
		from := node{n.d, parent.id}
		if floods[from] == nil {
			floods[from] = w.flood(n.d, parent, dropsVRRP)
		}
		n.reaches = floods[from]
	}
	for range 2*len(w.vrrps) + 2 {
		changed := false
		for _, n := range w.vrrps {
			changed = n.step(time.Now()) || changed
		}
		if !changed {
			break
		}
	}
	w.vrrps = slices.DeleteFunc(w.vrrps, func(n *vrrpNode) bool { return n.d.vrrp[n.id] != n })
}

// become changes the state and reports that it did.
func (n *vrrpNode) become(s vrrpState, now time.Time) bool {
	if n.is == s {
		return false
	}
	n.is = s
	n.d.w.dirty[n.d] = true
	switch s {
	case vrrpMaster:
		n.start = now
		n.rival = hearing{}
		n.d.log("vrrp,info", n.row.name()+" now MASTER, master down timer")
	case vrrpBackup:
		n.heard = hearing{last: now}
		n.d.log("vrrp,info", n.row.name()+" now BACKUP")
	case vrrpInit:
	}
	return true
}

// step works out one instance's state from what the others are now, and when
// it can next change by itself.
func (n *vrrpNode) step(now time.Time) bool {
	w := n.d.w
	w.cancel(n.next)
	n.next = nil
	if a := n.authority(); a != nil && !n.row.is("disabled") {
		return n.become(a.is, now)
	}
	if !n.able() {
		if n.is == vrrpMaster && n.d.on && n.row.is("disabled") {
			n.leave(now)
		}
		return n.become(vrrpInit, now)
	}
	changed := false
	switch n.is {
	case vrrpInit:
		changed = n.become(vrrpBackup, now)
		fallthrough
	case vrrpBackup:
		return n.backup(now) || changed
	case vrrpMaster:
		return n.master(now)
	}
	return false
}

// backup waits for adverts that are as good as its own and takes over when
// they fail to come.
func (n *vrrpNode) backup(now time.Time) bool {
	best := n.best(func(x *vrrpNode) bool { return x.priority() >= n.priority() || !n.row.is("preemption-mode") })
	if best == nil {
		n.heard.tune(now, time.Time{}, 0)
	} else {
		n.heard.tune(now, best.start, best.interval())
	}
	if !n.heard.alive(now, n.down()) {
		return n.become(vrrpMaster, now)
	}
	if at, ok := n.heard.change(now, n.down()); ok {
		n.wake(at)
	}
	return false
}

// master gives way at the first advert of a better master.
func (n *vrrpNode) master(now time.Time) bool {
	best := n.best(func(x *vrrpNode) bool { return x.beats(n) })
	if best == nil {
		n.rival = hearing{}
		return false
	}
	n.rival.tune(now, best.start, best.interval())
	if !n.rival.last.IsZero() {
		return n.become(vrrpBackup, now)
	}
	n.wake(n.rival.next)
	return false
}

func (n *vrrpNode) wake(at time.Time) {
	n.next = n.d.w.at(at, func() { n.d.w.dirty[n.d] = true })
}

// best returns the best master that n hears and that want accepts.
func (n *vrrpNode) best(want func(x *vrrpNode) bool) *vrrpNode {
	var best *vrrpNode
	for _, x := range n.d.w.vrrps {
		if x != n && x.is == vrrpMaster && x.authority() == nil && n.hears(x) && want(x) && (best == nil || x.beats(best)) {
			best = x
		}
	}
	return best
}

// beats compares priority and, when equal, the primary address.
func (n *vrrpNode) beats(x *vrrpNode) bool {
	if n.priority() != x.priority() {
		return n.priority() > x.priority()
	}
	a, _ := n.primary()
	b, _ := x.primary()
	return b.Less(a)
}

// hears reports whether x's adverts arrive at n and are not discarded there.
func (n *vrrpNode) hears(x *vrrpNode) bool {
	for _, p := range []string{"vrid", "version", "interval", "v3-protocol", "authentication", "password"} {
		if n.row.get(p) != x.row.get(p) {
			return false
		}
	}
	parent := n.d.target(n.row, "interface")
	return parent != nil && x.d != n.d && x.reaches[node{n.d, n.d.climb(parent).id}]
}

// leave sends an advert of priority 0: whoever hears it waits only its skew.
func (n *vrrpNode) leave(now time.Time) {
	for _, x := range n.d.w.vrrps {
		if x != n && x.is == vrrpBackup && x.hears(n) {
			x.heard.fold(now)
			x.heard.tune(now, time.Time{}, 0)
			x.heard.last = now.Add(x.skew() - x.down())
		}
	}
}

// dropsVRRP reports whether a bridge filter of d keeps adverts from leaving
// through a port.
func dropsVRRP(d *Device, chain string, out *row) bool {
	for _, f := range d.rowsOf("interface/bridge/filter") {
		if f.is("disabled") || f.get("chain") != chain || f.get("ip-protocol") != "vrrp" {
			continue
		}
		if t := d.target(f, "out-interface"); t != nil && t != out {
			continue
		}
		switch f.get("action") {
		case "drop":
			return true
		case "accept":
			return false
		}
	}
	return false
}
