package emulator

import "net/netip"

// A Plane answers what only a network can tell: whether a port has a link,
// whether a tunnel hears its other end, whether a ping comes back, what an
// interface has carried. A World has one of its own, which works all this out
// from the configurations of its devices; another, for one, could carry them
// out as namespaces and real packets. What follows inside a device (bridge
// ports, bonds, routes) is never asked for.
//
// It is called with the world's lock held: it must answer at once, from what
// it knows, and must not call the world. When an answer changes, it says so by
// World.Changed from another goroutine.
type Plane interface {
	// Configured tells that the configuration or the power of a device changed.
	Configured(device string)
	// Link reports whether an enabled ethernet has a link.
	Link(device, ethernet string) bool
	// Tunnel reports whether an enabled EoIP interface runs.
	Tunnel(device, name string) bool
	// Ping reports whether dst answers; src is not valid if none was asked for.
	Ping(device string, dst, src netip.Addr) bool
	// Traffic returns the packets and bytes that an interface has carried.
	Traffic(device, name string) Traffic
}

// Traffic is what an interface has carried.
type Traffic struct{ RxPackets, TxPackets, RxBytes, TxBytes uint64 }

// NewWorldOn returns an empty world whose network is p. CutPath, SetLink and
// JoinLAN mean nothing to it; VRRP is still elected here, over the tunnels that
// p says run.
func NewWorldOn(p Plane) *World {
	w := NewWorld()
	w.plane = p
	return w
}

// Changed tells the world that the Plane would answer otherwise now for a
// device.
func (w *World) Changed(device string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.devices[device]; d != nil {
		w.dirty[d] = true
		w.settle()
	}
}

// linked reports whether an enabled ethernet has a link.
func (d *Device) linked(r *row) bool {
	if p := d.w.plane; p != nil {
		return p.Link(d.name, r.name())
	}
	return !d.unplugged[r.id]
}

// heardFrom reports whether an enabled tunnel runs.
func (d *Device) heardFrom(r *row) bool {
	if p := d.w.plane; p != nil {
		return p.Tunnel(d.name, r.name())
	}
	e := d.tunnels[r.id]
	return e != nil && e.up
}

// answers reports whether a ping of dst from d comes back.
func (w *World) answers(d *Device, dst, src netip.Addr) bool {
	switch {
	case !d.on:
		return false
	case d.owns(dst):
		return true
	case w.plane != nil:
		return w.plane.Ping(d.name, dst, src)
	}
	return w.answersUnderlay(d, dst, src) || w.answersOverlay(d, dst, src)
}

// traffic returns what interface r has carried.
func (d *Device) traffic(r *row) Traffic {
	if p := d.w.plane; p != nil {
		return p.Traffic(d.name, r.name())
	}
	return d.keepalives(r)
}
