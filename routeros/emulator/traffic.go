package emulator

import "time"

// keepaliveBytes is a keepalive as an IP packet, and frameBytes with its
// Ethernet header: 28 and 42 (capture of 7.18.2).
const (
	keepaliveBytes = 28
	frameBytes     = 42
)

// traffic is what an interface has carried. Only keepalives travel here, and
// they are counted from time when somebody looks.
type traffic struct{ rxPackets, txPackets, size uint64 }

func (t traffic) named(name string) uint64 {
	switch name {
	case "rx-packet":
		return t.rxPackets
	case "tx-packet":
		return t.txPackets
	case "rx-byte":
		return t.rxPackets * t.size
	case "tx-byte":
		return t.txPackets * t.size
	}
	return 0
}

// traffic returns the counters of interface r since it exists: a tunnel's own
// keepalives, and for an ethernet those of the tunnels that leave through it.
func (d *Device) traffic(r *row) traffic {
	now := time.Now()
	switch r.menu.iface {
	case "eoip":
		t := traffic{size: keepaliveBytes}
		if e := d.tunnels[r.id]; e != nil {
			e.heard.fold(now)
			e.sent.fold(now)
			t.rxPackets, t.txPackets = e.heard.count, e.sent.count
		}
		return t
	case "ether":
		t := traffic{size: frameBytes}
		for _, e := range d.tunnels {
			if out := d.egress(e.row); out != nil && out.id == r.id {
				x := d.traffic(e.row)
				t.rxPackets += x.rxPackets
				t.txPackets += x.txPackets
			}
		}
		return t
	}
	return traffic{}
}

// rate returns the packets per second that interface r receives and sends.
func (d *Device) rate(r *row) (rx, tx float64) {
	switch r.menu.iface {
	case "eoip":
		if e := d.tunnels[r.id]; e != nil {
			return perSecond(e.heard.period), perSecond(e.sent.period)
		}
	case "ether":
		for _, e := range d.tunnels {
			if out := d.egress(e.row); out != nil && out.id == r.id {
				a, b := d.rate(e.row)
				rx, tx = rx+a, tx+b
			}
		}
	}
	return rx, tx
}

func perSecond(period time.Duration) float64 {
	if period <= 0 {
		return 0
	}
	return float64(time.Second) / float64(period)
}
