package emulator

import (
	"errors"
	"net/netip"
	"strconv"
	"time"
)

// roundTrip is how long a ping takes in this world, everywhere.
const roundTrip = 453 * time.Microsecond

// ping is /ping and /tool/ping.
func ping(c *call) error {
	if err := c.need(mayTest); err != nil {
		return err
	}
	v, ok := c.req.take("address")
	if !ok {
		return missingValues([]string{"address"})
	}
	dst, err := netip.ParseAddr(v)
	if err != nil {
		if _, err := host().parse(arg{name: "address"}, v); err != nil {
			return err
		}
		return failure("resolve failed")
	}
	src := netip.Addr{}
	if v, ok := c.req.take("src-address"); ok {
		if src, err = netip.ParseAddr(v); err != nil {
			return invalidValue("src-address")
		}
	}
	count, err := c.number("count", 0, 1, 4294967295)
	if err != nil {
		return err
	}
	size, err := c.number("size", 56, 28, 65535)
	if err != nil {
		return err
	}
	step, given := c.duration("interval", time.Second)
	if given && step > 5*time.Second {
		return outOfRange("interval", "10ms", "5s")
	}
	limit, limited := c.duration("duration", 0)
	c.req.take(".proplist", "proplist", "ttl", "dscp", "do-not-fragment", "interface", "arp-ping", "vrf", "routing-table", "once")
	if err := c.req.none(); err != nil {
		return err
	}
	if count == 0 && !limited && c.isDo {
		return missingValues([]string{"count"})
	}
	p := &pinger{d: c.d, dst: dst, src: src, size: size, count: count}
	c.job = func(stop <-chan struct{}, emit func([]pair)) error {
		if c.d.prober() != nil {
			return p.overPlane(step, limit, limited, stop, emit)
		}
		return c.d.every(step, limit, limited, stop, func() error { return p.probe(emit) })
	}
	return nil
}

// number takes a whole number argument.
func (c *call) number(name string, fallback, low, high uint64) (uint64, error) {
	v, ok := c.req.take(name)
	if !ok {
		return fallback, nil
	}
	s, err := num(low, high).parse(arg{d: c.d, name: name}, v)
	if err != nil {
		return 0, err
	}
	n, _ := parseUint(s)
	return n, nil
}

// A pinger is one ping command.
type pinger struct {
	d              *Device
	dst, src       netip.Addr
	size, count    uint64
	sent, received uint64

	least, most, sum time.Duration // With a Prober.
}

// errStop ends every without an error.
var errStop = errors.New("enough")

// probe sends one echo request and tells what came of it.
func (p *pinger) probe(emit func([]pair)) error {
	if p.count != 0 && p.sent >= p.count {
		return errStop
	}
	seq := p.sent
	p.sent++
	row := []pair{{"seq", strconv.FormatUint(seq, 10)}, {"host", p.dst.String()}}
	ok := p.d.w.answers(p.d, p.dst, p.src)
	if ok {
		p.received++
		row = append(row, pair{"size", strconv.FormatUint(p.size, 10)}, pair{"ttl", "64"}, pair{"time", p.d.rtt()})
	} else {
		row = append(row, pair{"status", "timeout"})
	}
	row = append(row, pair{"sent", strconv.FormatUint(p.sent, 10)}, pair{"received", strconv.FormatUint(p.received, 10)},
		pair{"packet-loss", strconv.FormatUint((p.sent-p.received)*100/p.sent, 10)})
	if ok {
		row = append(row, pair{"min-rtt", p.d.rtt()}, pair{"avg-rtt", p.d.rtt()}, pair{"max-rtt", p.d.rtt()})
	}
	emit(row)
	if p.count != 0 && p.sent >= p.count {
		return errStop
	}
	return nil
}

// rtt returns a round trip as the release prints it: whole milliseconds in
// version 6.
func (d *Device) rtt() string { return d.formatRTT(roundTrip) }

func (d *Device) formatRTT(rtt time.Duration) string {
	if !d.version.AtLeast(7, 0) {
		return strconv.FormatInt(rtt.Milliseconds(), 10) + "ms"
	}
	return formatDuration(rtt.Round(time.Microsecond))
}

// answersUnderlay reports whether dst is an underlay address that hears one of
// ours and is heard.
func (w *World) answersUnderlay(d *Device, dst, src netip.Addr) bool {
	for _, s := range d.addrs {
		if src.IsValid() && src != s {
			continue
		}
		if len(w.owners[dst]) > 0 && w.reaches(s, dst) && w.reaches(dst, s) {
			return true
		}
	}
	return false
}

// owns reports whether a is an enabled address of d.
func (d *Device) owns(a netip.Addr) bool {
	for _, r := range d.rowsOf("ip/address") {
		if p, err := netip.ParsePrefix(r.get("address")); err == nil && p.Addr() == a && !r.is("disabled") {
			i := d.target(r, "interface")
			return i != nil && d.running(i)
		}
	}
	return false
}

// answersOverlay looks for dst on the layer-2 networks of d's own addresses.
func (w *World) answersOverlay(d *Device, dst, src netip.Addr) bool {
	for _, r := range d.rowsOf("ip/address") {
		p, err := netip.ParsePrefix(r.get("address"))
		i := d.target(r, "interface")
		if err != nil || i == nil || r.is("disabled") || !p.Contains(dst) || src.IsValid() && src != p.Addr() {
			continue
		}
		home := d.climb(i)
		for n := range w.flood(d, i, nil) {
			if n.d == d {
				continue
			}
			if far := n.d.byID(interfaces, n.id); far != nil && n.d.answersOn(far, dst) &&
				w.flood(n.d, far, nil)[node{d, home.id}] {
				return true
			}
		}
	}
	return false
}

// answersOn reports whether d has address a on node r or on a VRRP interface
// that is master on it.
func (d *Device) answersOn(r *row, a netip.Addr) bool {
	for _, x := range d.rowsOf("ip/address") {
		p, err := netip.ParsePrefix(x.get("address"))
		i := d.target(x, "interface")
		if err != nil || i == nil || x.is("disabled") || p.Addr() != a || !d.running(i) {
			continue
		}
		if i.menu.iface == "vrrp" {
			i = d.target(i, "interface")
		}
		if i != nil && d.climb(i) == r {
			return true
		}
	}
	return false
}
