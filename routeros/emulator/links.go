package emulator

import (
	"net/netip"
	"slices"
	"time"
)

// links is what a world knows about who reaches whom. Guarded by World.mu.
type links struct {
	owners   map[netip.Addr][]*Device    // Who has an underlay address that is up.
	byRemote map[netip.Addr][]*tunnelEnd // Tunnel ends by their remote-address.
	byKey    map[tunnelKey][]*tunnelEnd  // And with the tunnel-id.
	cuts     map[path]bool
	lans     map[string][]port // Shared LANs by name.
	lanOf    map[port]string
	vrrps    []*vrrpNode
}

// A path is one direction between two underlay addresses.
type path struct{ from, to netip.Addr }

// A tunnelKey is what a tunnel's packets are addressed to.
type tunnelKey struct {
	remote netip.Addr
	id     string
}

// A port is an ethernet of a device.
type port struct {
	d  *Device
	id uint32
}

func newLinks() links {
	return links{
		owners:   map[netip.Addr][]*Device{},
		byRemote: map[netip.Addr][]*tunnelEnd{},
		byKey:    map[tunnelKey][]*tunnelEnd{},
		cuts:     map[path]bool{},
		lans:     map[string][]port{},
		lanOf:    map[port]string{},
	}
}

// state is what a world keeps of one device beside its configuration.
// Guarded by World.mu.
type state struct {
	addrs   []netip.Addr // Underlay addresses that are up.
	tunnels map[uint32]*tunnelEnd
	active  map[uint32]uint32 // The slave that a bond uses.
	vrrp    map[uint32]*vrrpNode
	watch   map[uint32]*watcher
}

// evaluate works out what follows from a change of d: its addresses, its
// tunnels and those that end at it, its bonds.
func (w *World) evaluate(d *Device) {
	now := time.Now()
	old := d.addrs
	d.addrs = d.underlay()
	w.index(d, old)
	changed := d.syncTunnels(now)
	if slices.Equal(old, d.addrs) {
		w.rewire(now, changed)
	} else {
		ends := d.ends()
		for _, a := range slices.Concat(old, d.addrs) {
			ends = append(ends, w.byRemote[a]...)
		}
		w.rewire(now, ends)
	}
	d.chooseSlaves()
	if !w.speaks() {
		d.syncVRRP()
	}
	d.syncWatch(now)
	d.syncScheduler()
	d.syncManaged()
}

// rewire lets tunnel ends find out anew what they hear. An end may come twice.
func (w *World) rewire(now time.Time, ends []*tunnelEnd) {
	for _, e := range ends {
		e.listen(now)
	}
	for _, e := range ends {
		e.judge(now)
	}
}

// index brings the owners of d's addresses up to date.
func (w *World) index(d *Device, old []netip.Addr) {
	if slices.Equal(old, d.addrs) {
		return
	}
	for _, a := range old {
		w.owners[a] = slices.DeleteFunc(w.owners[a], func(x *Device) bool { return x == d })
		if len(w.owners[a]) == 0 {
			delete(w.owners, a)
		}
	}
	for _, a := range d.addrs {
		w.owners[a] = append(w.owners[a], d)
	}
}

// underlay returns the addresses that other devices can reach: those that are
// enabled on a running ethernet.
func (d *Device) underlay() []netip.Addr {
	if !d.on {
		return nil
	}
	var out []netip.Addr
	for _, r := range d.rowsOf("ip/address") {
		if r.is("disabled") {
			continue
		}
		i := d.target(r, "interface")
		if i == nil || i.menu.iface != "ether" || !d.running(i) {
			continue
		}
		if p, err := netip.ParsePrefix(r.get("address")); err == nil {
			out = append(out, p.Addr())
		}
	}
	return out
}

// reaches reports whether packets from one underlay address arrive at another.
func (w *World) reaches(from, to netip.Addr) bool { return !w.cuts[path{from, to}] }

// running reports whether interface r is up, as its "running" property says.
func (d *Device) running(r *row) bool {
	if !d.on || r.is("disabled") {
		return false
	}
	switch r.menu.iface {
	case "ether":
		return d.linked(r)
	case "eoip":
		return d.heardFrom(r)
	case "bond":
		return d.bondRunning(r)
	case "vrrp":
		return d.vrrpState(r) == vrrpMaster
	}
	// A bridge runs whenever it is enabled, ports or not: that is what makes
	// it a loopback.
	return true
}

// bondRunning reports whether enough slaves of a bond are up.
func (d *Device) bondRunning(r *row) bool {
	n := len(d.upSlaves(r))
	least, _ := parseUint(r.get("min-links"))
	return n > 0 && n >= int(least)
}

// upSlaves returns the slaves of a bond that are up.
func (d *Device) upSlaves(r *row) []*row {
	var up []*row
	for _, s := range d.slaves(r) {
		if s.menu.iface != "bond" && d.running(s) {
			up = append(up, s)
		}
	}
	return up
}

// chooseSlaves lets every active-backup bond choose the slave that it uses:
// the primary if it is up, else the one in use if it is up, else the first.
func (d *Device) chooseSlaves() {
	for _, r := range d.rowsOf("interface/bonding") {
		up := d.upSlaves(r)
		if len(up) == 0 {
			delete(d.active, r.id)
			continue
		}
		choice := up[0]
		for _, s := range up {
			if s.id == d.active[r.id] {
				choice = s
			}
		}
		if p := d.target(r, "primary"); p != nil && slices.Contains(up, p) {
			choice = p
		}
		if d.active == nil {
			d.active = map[uint32]uint32{}
		}
		d.active[r.id] = choice.id
	}
}

// activeSlaves returns the slaves that a bond sends and receives through.
func (d *Device) activeSlaves(r *row) []*row {
	up := d.upSlaves(r)
	if r.get("mode") != "active-backup" {
		return up
	}
	for _, s := range up {
		if s.id == d.active[r.id] {
			return []*row{s}
		}
	}
	return nil
}
