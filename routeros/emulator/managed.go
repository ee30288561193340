package emulator

import (
	"net/netip"
	"time"
)

// peerTimeout is how long a router goes on believing in a peer that has vanished
// without a word: its TCP time-out (MikroTik manual, safe mode).
const peerTimeout = 9 * time.Minute

// ManagedAt makes the API of the device answer at one of its addresses only:
// when the configuration takes the address away, connections break and none can
// be made. The device itself notices that after the time notice, nine minutes
// if that is zero, as its peers have vanished without a word. An address that is
// not valid ends it.
func (d *Device) ManagedAt(a netip.Addr, notice time.Duration) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if notice <= 0 {
		notice = peerTimeout
	}
	d.managed, d.notice = a, notice
	d.w.dirty[d] = true
	d.w.settle()
}

// manageable reports whether a connection can reach the API.
func (d *Device) manageable() bool {
	if !d.managed.IsValid() {
		return true
	}
	for _, r := range d.rowsOf("ip/address") {
		p, err := netip.ParsePrefix(r.get("address"))
		if err != nil || r.is("disabled") || p.Addr() != d.managed {
			continue
		}
		i := d.target(r, "interface")
		if i != nil && d.running(i) && !d.isPort(i) {
			return true
		}
	}
	return false
}

// isPort reports whether an interface is a port of a bridge, where an address of
// its own stops answering.
func (d *Device) isPort(i *row) bool {
	for _, r := range d.rowsOf("interface/bridge/port") {
		if t := d.target(r, "interface"); t != nil && t.id == i.id && !r.is("disabled") {
			return true
		}
	}
	return false
}

// syncManaged breaks every connection when the device can no longer be reached.
func (d *Device) syncManaged() {
	if d.manageable() {
		return
	}
	for _, s := range d.sessions {
		s.vanished = true
		s.kill()
	}
}
