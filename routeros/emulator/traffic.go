package emulator

import "time"

// keepaliveBytes is a keepalive as an IP packet, and frameBytes with its
// Ethernet header: 28 and 42 (capture of 7.18.2).
const (
	keepaliveBytes = 28
	frameBytes     = 42
)

// named returns one counter as /interface calls it.
func (t Traffic) named(name string) uint64 {
	switch name {
	case "rx-packet":
		return t.RxPackets
	case "tx-packet":
		return t.TxPackets
	case "rx-byte":
		return t.RxBytes
	case "tx-byte":
		return t.TxBytes
	}
	return 0
}

// keepalives returns what an interface has carried in a world of its own, where
// only keepalives travel: a tunnel's, counted from time when somebody looks,
// and for an ethernet those of the tunnels that leave through it.
func (d *Device) keepalives(r *row) Traffic {
	now := time.Now()
	var t Traffic
	switch r.menu.iface {
	case "eoip":
		if e := d.tunnels[r.id]; e != nil {
			e.heard.fold(now)
			e.sent.fold(now)
			t.RxPackets, t.TxPackets = e.heard.count, e.sent.count
		}
		t.RxBytes, t.TxBytes = t.RxPackets*keepaliveBytes, t.TxPackets*keepaliveBytes
	case "ether":
		for _, e := range d.tunnels {
			if out := d.egress(e.row); out != nil && out.id == r.id {
				x := d.keepalives(e.row)
				t.RxPackets += x.RxPackets
				t.TxPackets += x.TxPackets
			}
		}
		t.RxBytes, t.TxBytes = t.RxPackets*frameBytes, t.TxPackets*frameBytes
	}
	return t
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
