package emulator

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// What follows is asked of a Plane only if it has the methods: what real
// networking knows and no configuration tells.

// A Prober answers pings and probes with real packets. It is called without the
// world's lock and may take its time.
type Prober interface {
	// Probe sends one echo request of size bytes, the IP header included, and
	// waits for the answer. The zero src leaves the source open.
	Probe(device string, dst, src netip.Addr, size int, timeout time.Duration) (rtt time.Duration, ok bool)
	// Watch probes once for a row of /tool/netwatch, given as printed.
	Watch(device string, row map[string]string) bool
}

// A Tracker knows the connections. It is called with the world's lock held and
// must not call the world.
type Tracker interface {
	// Connections lists what a device tracks; ids stay with their connection.
	Connections(device string) []Connection
	// Drop forgets one of those listed last; false if it is not there any more.
	Drop(device string, id uint32) bool
}

// A Carrier needs a moment until what is configured is in force.
type Carrier interface {
	// Carry returns when the firewall of a device is in force as it is configured
	// now, or soon after that cannot be had. It is called without the world's lock.
	Carry(device string)
}

// A Connection is one row of /ip/firewall/connection: property, value, property,
// value…, named and split as release 7.20 prints them.
type Connection struct {
	ID    uint32
	Words []string
}

// A Speaker speaks VRRP by itself, so that the world elects nobody. It is called
// with the world's lock held.
type Speaker interface {
	// VRRP returns "master", "backup" or "init".
	VRRP(device, name string) string
}

func (d *Device) prober() Prober {
	p, _ := d.w.plane.(Prober)
	return p
}

// carry waits for the plane, before something is read that was written before.
func (d *Device) carry() {
	if c, ok := d.w.plane.(Carrier); ok {
		c.Carry(d.name)
	}
}

// speaks reports whether the plane speaks VRRP.
func (w *World) speaks() bool {
	_, ok := w.plane.(Speaker)
	return ok
}

// vrrpState returns what a VRRP interface is.
func (d *Device) vrrpState(r *row) vrrpState {
	if s, ok := d.w.plane.(Speaker); ok {
		switch s.VRRP(d.name, r.name()) {
		case "master":
			return vrrpMaster
		case "backup":
			return vrrpBackup
		}
		return vrrpInit
	}
	if n := d.vrrp[r.id]; n != nil {
		return n.is
	}
	return vrrpInit
}

// overPlane is probe again and again, with real packets. The interval is also how
// long an answer is waited for (MikroTik manual, "Ping").
func (p *pinger) overPlane(step, limit time.Duration, limited bool, stop <-chan struct{}, emit func([]pair)) error {
	begun := time.Now()
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-t.C:
		}
		next := time.Now().Add(step)
		rtt, ok := p.d.prober().Probe(p.d.name, p.dst, p.src, int(p.size), step)
		if p.tell(rtt, ok, emit); p.count != 0 && p.sent >= p.count {
			return nil
		}
		if limited && time.Since(begun)+step > limit {
			return nil
		}
		t.Reset(max(0, time.Until(next)))
	}
}

// tell emits the row of one answer.
func (p *pinger) tell(rtt time.Duration, ok bool, emit func([]pair)) {
	row := []pair{{"seq", strconv.FormatUint(p.sent, 10)}, {"host", p.dst.String()}}
	p.sent++
	if ok {
		p.received++
		p.sum += rtt
		if p.received == 1 || rtt < p.least {
			p.least = rtt
		}
		p.most = max(p.most, rtt)
		row = append(row, pair{"size", strconv.FormatUint(p.size, 10)}, pair{"ttl", "64"}, pair{"time", p.d.formatRTT(rtt)})
	} else {
		row = append(row, pair{"status", "timeout"})
	}
	row = append(row, pair{"sent", strconv.FormatUint(p.sent, 10)}, pair{"received", strconv.FormatUint(p.received, 10)},
		pair{"packet-loss", strconv.FormatUint((p.sent-p.received)*100/p.sent, 10)})
	if ok {
		row = append(row, pair{"min-rtt", p.d.formatRTT(p.least)},
			pair{"avg-rtt", p.d.formatRTT(p.sum / time.Duration(p.received))}, pair{"max-rtt", p.d.formatRTT(p.most)})
	}
	emit(row)
}

// watchPlane lets the plane probe for a netwatch row, outside the lock.
func (d *Device) watchPlane(w *watcher) {
	if d.closed {
		return
	}
	view := rowView{d: d, menu: w.row.menu, r: w.row, who: console()}
	row := map[string]string{}
	for _, p := range view.print(nil) {
		row[p.name] = p.value
	}
	d.wait.Go(func() {
		up := d.prober().Watch(d.name, row)
		d.w.mu.Lock()
		defer d.w.mu.Unlock()
		if d.watch[w.row.id] == w && d.on {
			d.probed(w, up)
			d.w.settle()
		}
	})
}

// connections are the rows that the plane tracks or, without one, those that
// tests have put there.
func connections(d *Device) []*row {
	m := d.schema.menus["ip/firewall/connection"]
	t, ok := d.w.plane.(Tracker)
	if !ok {
		return d.table(m).rows
	}
	var out []*row
	for _, c := range t.Connections(d.name) {
		out = append(out, newRow(m, c.ID, d.joinPorts(c.Words)...))
	}
	slices.SortFunc(out, func(a, b *row) int { return int(a.id) - int(b.id) })
	return out
}

// dropConnection lets the plane forget a connection; without one the row goes.
// It does not list them: a router removes one by its id at once.
func dropConnection(d *Device, id uint32) bool {
	if t, ok := d.w.plane.(Tracker); ok {
		return t.Drop(d.name, id)
	}
	for _, r := range connections(d) {
		if r.id == id {
			d.remove(r)
			return true
		}
	}
	return false
}

// joinPorts joins ports to their addresses for releases before 7.20.
func (d *Device) joinPorts(words []string) []string {
	if d.version.AtLeast(7, 20) {
		return words
	}
	ports := map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		ports[words[i]] = words[i+1]
	}
	var out []string
	for i := 0; i+1 < len(words); i += 2 {
		name, v := words[i], words[i+1]
		if n := len(name) - len("-port"); n > 0 && name[n:] == "-port" {
			continue
		}
		if n := len(name) - len("address"); n > 0 && name[n:] == "address" && ports[name[:n]+"port"] != "" {
			v += ":" + ports[name[:n]+"port"]
		}
		out = append(out, name, v)
	}
	return out
}
