package audit

import (
	"slices"
	"strings"
)

// A Bridge is one bridge of a router.
type Bridge struct {
	Router *Router
	Row    *Row // nil when only its ports are known
	Name   string
	Ports  []*Port
	// Domain numbers the layer-2 networks that tunnels make of bridges.
	Domain int
	// Loop says that more than one path leads through the bridge's tunnels.
	Loop bool

	links []*l2link
}

// A Port is one port of a bridge.
type Port struct {
	Row   *Row
	Iface string
	Ends  []*End // the tunnel behind it, or the tunnels of its bond
}

// A l2link joins two bridges by a tunnel or a bond of tunnels.
type l2link struct {
	a, b    *Bridge
	tunnels []*Tunnel
	cut     bool // not part of any loop
}

// String returns "router/bridge".
func (b *Bridge) String() string { return b.Router.Name + "/" + b.Name }

// mode is the bridge's protocol-mode.
func (b *Bridge) mode() string {
	if b.Row == nil {
		return absences(MenuBridge)["protocol-mode"]
	}
	return b.Row.Get("protocol-mode")
}

// tunnelPorts are the ports with tunnels behind them that are enabled.
func (b *Bridge) tunnelPorts() []*Port {
	var out []*Port
	for _, p := range b.Ports {
		if len(p.Ends) > 0 && !p.Row.Off() && slices.ContainsFunc(p.Ends, func(e *End) bool { return !e.off() }) {
			out = append(out, p)
		}
	}
	return out
}

// split reports whether all tunnel ports share one horizon.
func (b *Bridge) split() bool {
	horizon := ""
	for _, p := range b.tunnelPorts() {
		h := p.Row.Get("horizon")
		if h == "" || h == "none" || horizon != "" && h != horizon {
			return false
		}
		horizon = h
	}
	return horizon != ""
}

// readBridges finds bridges, their ports, and the tunnels in them.
func (n *Network) readBridges() {
	for _, r := range n.Routers {
		ends := map[string]*End{}
		for _, e := range r.ends {
			ends[e.Name] = e
		}
		byName := map[string]*Bridge{}
		bridge := func(name string, row *Row) *Bridge {
			if byName[name] == nil {
				byName[name] = &Bridge{Router: r, Name: name, Row: row}
				r.bridges = append(r.bridges, byName[name])
			}
			return byName[name]
		}
		for i := range r.Menus[MenuBridge] {
			row := &r.Menus[MenuBridge][i]
			bridge(row.Get("name"), row)
		}
		bonds := map[string]*Row{}
		for _, row := range r.active(MenuBonding) {
			bonds[row.Get("name")] = row
			for _, slave := range row.List("slaves") {
				if e := ends[slave]; e != nil {
					e.Bond = row
				}
			}
		}
		for i := range r.Menus[MenuPort] {
			row := &r.Menus[MenuPort][i]
			b := bridge(row.Get("bridge"), nil)
			p := &Port{Row: row, Iface: row.Get("interface")}
			b.Ports = append(b.Ports, p)
			p.join(b, ends, bonds)
		}
		n.Bridges = append(n.Bridges, r.bridges...)
	}
}

// join enters the tunnels behind the port.
func (p *Port) join(b *Bridge, ends map[string]*End, bonds map[string]*Row) {
	names := []string{p.Iface}
	if bond := bonds[p.Iface]; bond != nil {
		names = bond.List("slaves")
	}
	for _, name := range names {
		if e := ends[name]; e != nil && !p.Row.Off() {
			e.Bridge, e.Port = b, p.Row
			p.Ends = append(p.Ends, e)
		}
	}
}

// domains joins bridges over their tunnels and finds loops.
func (n *Network) domains() {
	for i, b := range n.Bridges {
		b.Domain = i + 1
	}
	beyond := map[string]*Bridge{} // unknown bridges at the far end, by address
	seen := map[string]*l2link{}
	for _, t := range n.Tunnels {
		a := t.Ends[0]
		if a.Bridge == nil || t.off() || a.off() {
			continue
		}
		far, key := t.far(beyond)
		if far == nil {
			continue
		}
		if !t.bonded() || seen[key] == nil {
			link := &l2link{a: a.Bridge, b: far}
			seen[key] = link
			a.Bridge.links, far.links = append(a.Bridge.links, link), append(far.links, link)
		}
		seen[key].tunnels = append(seen[key].tunnels, t)
		if t.both() {
			n.merge(a.Bridge, far)
		}
	}
	n.byDomain = map[int][]*Bridge{}
	for _, b := range n.Bridges {
		n.byDomain[b.Domain] = append(n.byDomain[b.Domain], b)
	}
	n.findLoops(beyond)
}

// bonded reports whether the tunnel is a slave of a bond at some end.
func (t *Tunnel) bonded() bool {
	return t.Ends[0].Bond != nil || t.both() && t.Ends[1].Bond != nil
}

// far returns the bridge at the other end of the tunnel's first one, nil when
// there is none, and a key that is equal for tunnels of one bond. An end that
// nobody knows has a bridge of its own, by address.
func (t *Tunnel) far(beyond map[string]*Bridge) (far *Bridge, key string) {
	a := t.Ends[0]
	key = a.Router.Name + "|" + a.Port.Get("interface") + "|"
	switch {
	case t.both() && !t.Ends[1].off():
		if far = t.Ends[1].Bridge; far != nil {
			key += t.Ends[1].Router.Name + "|" + t.Ends[1].Port.Get("interface")
		}
	case !t.both() && a.Remote.IsValid():
		key += a.Remote.String()
		if far = beyond[a.Remote.String()]; far == nil {
			far = &Bridge{Name: a.Remote.String(), Router: &Router{Name: "?"}}
			beyond[a.Remote.String()] = far
		}
	}
	return far, key
}

// merge gives two bridges one domain.
func (n *Network) merge(a, b *Bridge) {
	from, to := max(a.Domain, b.Domain), min(a.Domain, b.Domain)
	if from == to {
		return
	}
	for _, x := range n.Bridges {
		if x.Domain == from {
			x.Domain = to
		}
	}
}

// findLoops marks the bridges through which more than one path leads: what is
// left after bridges with one link have been taken away again and again.
func (n *Network) findLoops(beyond map[string]*Bridge) {
	all := slices.Clone(n.Bridges)
	for _, b := range beyond {
		all = append(all, b)
	}
	open := func(b *Bridge) (out []*l2link) {
		for _, l := range b.links {
			if !l.cut {
				out = append(out, l)
			}
		}
		return out
	}
	for again := true; again; {
		again = false
		for _, b := range all {
			if links := open(b); len(links) == 1 {
				links[0].cut, again = true, true
			}
		}
	}
	for _, b := range all {
		b.Loop = len(open(b)) > 1
	}
}

// domain returns the bridges of one layer-2 network.
func (n *Network) domain(number int) []*Bridge { return n.byDomain[number] }

// bridge returns the router's bridge of that name.
func (r *Router) bridge(name string) *Bridge {
	for _, b := range r.bridges {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// drops reports whether the router's bridge filter drops a kind of frames on a
// tunnel port: "dhcp" or "vrrp".
func (r *Router) drops(iface, what string) bool {
	for _, row := range r.active(MenuBridgeFilter) {
		if row.Get("action") != "drop" {
			continue
		}
		in, out := row.Get("in-interface"), row.Get("out-interface")
		if in != iface && out != iface && (in+out != "" || row.Get("in-interface-list")+row.Get("out-interface-list") == "") {
			continue
		}
		proto, port := row.Get("ip-protocol"), row.Get("dst-port")+row.Get("src-port")
		if what == "dhcp" && (proto == "udp" || proto == "17") && (strings.Contains(port, "67") || strings.Contains(port, "68")) ||
			what == "vrrp" && (proto == "vrrp" || proto == "112") {
			return true
		}
	}
	return false
}
