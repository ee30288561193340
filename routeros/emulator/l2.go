package emulator

// This file answers who hears a frame: bridges and their active ports, bonds
// and the slaves that they use, tunnels that run, shared LANs. The world's
// lock is held throughout.

import "slices"

// JoinLAN plugs an ethernet of a device into the shared LAN called name, where
// every ethernet hears every other. An empty name unplugs it from its LAN. It
// reports whether device and ethernet exist.
func (w *World) JoinLAN(name, device, ethernet string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.devices[device]
	if d == nil {
		return false
	}
	r := d.lookup("interface/ethernet", ethernet)
	if r == nil {
		return false
	}
	p := port{d, r.id}
	if old, ok := w.lanOf[p]; ok {
		var kept []port
		for _, x := range w.lans[old] {
			if x != p {
				kept = append(kept, x)
			}
		}
		w.lans[old] = kept
		delete(w.lanOf, p)
	}
	if name != "" {
		w.lans[name] = append(w.lans[name], p)
		w.lanOf[p] = name
	}
	w.dirty[d] = true
	w.settle()
	return true
}

// A node is an interface on which a device's own layer 3 sits: a bridge, or an
// interface that belongs to none.
type node struct {
	d  *Device
	id uint32
}

// flood returns every node that a frame from interface r of d arrives at, its
// own included. Drops, if not nil, may stop a frame at a bridge port.
func (w *World) flood(d *Device, r *row, drops func(d *Device, chain string, out *row) bool) map[node]bool {
	seen := map[node]bool{}
	type hop struct {
		d     *Device
		r     *row
		in    *row // The member that it came in through.
		chain string
	}
	queue := []hop{{d, d.climb(r), nil, "output"}}
	seen[node{d, queue[0].r.id}] = true
	for len(queue) > 0 {
		h := queue[0]
		queue = queue[1:]
		if !h.d.running(h.r) {
			continue
		}
		for _, m := range h.d.members(h.r) {
			if m == h.in || drops != nil && h.r.menu.iface == "bridge" && drops(h.d, h.chain, m) {
				continue
			}
			for _, far := range w.across(h.d, m) {
				top, in := far.d.climbThrough(far.d.byID(interfaces, far.id))
				n := node{far.d, top.id}
				if !seen[n] && far.d.running(top) {
					seen[n] = true
					queue = append(queue, hop{far.d, top, in, "forward"})
				}
			}
		}
	}
	return seen
}

// members returns the interfaces that a node sends through: the active ports
// of a bridge, else itself.
func (d *Device) members(r *row) []*row {
	if r.menu.iface != "bridge" {
		return []*row{r}
	}
	var out []*row
	for _, p := range d.rowsOf("interface/bridge/port") {
		if i := d.target(p, "interface"); i != nil && d.target(p, "bridge") == r && !p.is("disabled") && d.running(i) {
			out = append(out, i)
		}
	}
	return out
}

// across returns the far ends of a member interface.
func (w *World) across(d *Device, r *row) []port {
	switch r.menu.iface {
	case "ether":
		return w.lanPeers(d, r)
	case "eoip":
		e := d.tunnels[r.id]
		if e == nil || !d.running(r) {
			return nil
		}
		if x := e.peer(); x != nil && x.d.running(x.row) && x.delivers(e) {
			return []port{{x.d, x.id}}
		}
	case "bond":
		var out []port
		for _, s := range d.activeSlaves(r) {
			out = append(out, w.across(d, s)...)
		}
		return out
	}
	return nil
}

// lanPeers returns the other ethernets on the shared LAN of r.
func (w *World) lanPeers(d *Device, r *row) []port {
	p := port{d, r.id}
	name, ok := w.lanOf[p]
	if !ok || !d.running(r) {
		return nil
	}
	var out []port
	for _, x := range w.lans[name] {
		if far := x.d.byID(interfaces, x.id); x != p && far != nil && x.d.running(far) {
			out = append(out, x)
		}
	}
	return out
}

// climb returns the node that interface r belongs to.
func (d *Device) climb(r *row) *row {
	top, _ := d.climbThrough(r)
	return top
}

// climbThrough is climb, and tells which member of the node r came in by.
func (d *Device) climbThrough(r *row) (top, in *row) {
	in = r
	if b := d.bondOf(r); b != nil {
		for _, s := range d.activeSlaves(b) {
			if s == r {
				in = b
			}
		}
		if in != b {
			return r, r
		}
	}
	if p := d.portOf(in); p != nil && !p.is("disabled") {
		if b := d.target(p, "bridge"); b != nil {
			return b, in
		}
	}
	return in, in
}

// bondOf returns the bond that has r as a slave, or nil.
func (d *Device) bondOf(r *row) *row {
	for _, b := range d.rowsOf("interface/bonding") {
		if slices.Contains(d.slaves(b), r) {
			return b
		}
	}
	return nil
}

// portOf returns the bridge port row of interface r, or nil.
func (d *Device) portOf(r *row) *row {
	id := idText(r.id)
	for _, p := range d.rowsOf("interface/bridge/port") {
		if p.get("interface") == id {
			return p
		}
	}
	return nil
}
