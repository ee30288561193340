package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"jembatan/tunnel"
)

// A Network is everything that was read, put together.
type Network struct {
	Routers  []*Router // sorted by name
	Tunnels  []*Tunnel // sorted by subject
	Bridges  []*Bridge
	Groups   []*Group // of VRRP
	Topology *tunnel.Topology
	Now      time.Time
	Policy   Policy

	desired  []tunnel.Link // of the topology
	byDomain map[int][]*Bridge
	ends     []*End
	owners   map[netip.Addr][]*Router
	unreadAt map[netip.Addr]string
	unread   []Unread
	doubts   []Doubt
	seal     Sealer
}

// A Policy holds what an audit measures against. The zero value takes the
// defaults.
type Policy struct {
	// Promise is the longest outage that was promised. Zero means 30 s.
	Promise time.Duration
	// MaxAge is how old an export may be. Zero means 90 days.
	MaxAge time.Duration
	// MaxUpgrade is how long a router may go without an upgrade. Zero means a
	// year.
	MaxUpgrade time.Duration
	// MaxDowns is how often a link may have gone down. Zero means 10.
	MaxDowns int
	// Users are logins that somebody knows of.
	Users []string
}

func (p Policy) withDefaults() Policy {
	const day = 24 * time.Hour
	p.Promise = cmp.Or(p.Promise, 30*time.Second)
	p.MaxAge = cmp.Or(p.MaxAge, 90*day)
	p.MaxUpgrade = cmp.Or(p.MaxUpgrade, 365*day)
	p.MaxDowns = cmp.Or(p.MaxDowns, 10)
	return p
}

// newNetwork puts the parts together.
func newNetwork(in Input) *Network {
	n := &Network{
		Routers: in.Routers, Topology: in.Topology, Now: in.Now, Policy: in.Policy.withDefaults(),
		owners: map[netip.Addr][]*Router{}, unreadAt: map[netip.Addr]string{}, unread: in.Unread, doubts: in.Doubts, seal: in.Seal,
	}
	slices.SortFunc(n.Routers, func(a, b *Router) int { return cmp.Compare(a.Name, b.Name) })
	reads := map[string]Read{}
	for _, read := range Reads() {
		reads[read.Menu] = read
	}
	for _, r := range n.Routers {
		r.prepare(reads)
		n.uplinks(r)
	}
	for _, r := range n.Routers {
		n.readEnds(r)
	}
	n.own()
	n.readBridges()
	n.expand()
	n.pair()
	n.underlays()
	n.domains()
	n.vrrpGroups()
	return n
}

// uplinks gives a router of the topology its outer addresses.
func (n *Network) uplinks(r *Router) {
	if n.Topology == nil {
		return
	}
	if t, ok := n.Topology.Router(r.Name); ok {
		r.Site = cmp.Or(r.Site, t.Site)
		for _, u := range t.Uplinks {
			if r.owns(u.Address) == nil {
				r.addrs = append(r.addrs, ownAddress{prefix: netip.PrefixFrom(u.Address, u.Address.BitLen())})
			}
		}
	}
}

func (n *Network) readEnds(r *Router) {
	for i := range r.Menus[MenuEoIP] {
		r.ends = append(r.ends, newEnd(r, &r.Menus[MenuEoIP][i]))
	}
	n.ends = append(n.ends, r.ends...)
}

// own notes which address is whose: a router's own, and those that its tunnels
// send from. Addresses that cannot tell routers apart are nobody's.
func (n *Network) own() {
	put := func(a netip.Addr, r *Router) {
		if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || slices.Contains(n.owners[a], r) {
			return
		}
		n.owners[a] = append(n.owners[a], r)
	}
	for _, r := range n.Routers {
		for _, a := range r.addrs {
			if row := r.find(MenuVRRP, "name", a.iface); row == nil {
				put(a.prefix.Addr(), r)
			}
		}
	}
	for _, e := range n.ends {
		put(e.Local, e.Router)
	}
	for _, u := range n.unread {
		if a, err := netip.ParseAddr(hostOf(u.Where)); err == nil {
			n.unreadAt[a] = u.Name
		}
		if n.Topology == nil {
			continue
		}
		if t, ok := n.Topology.Router(u.Name); ok {
			for _, up := range t.Uplinks {
				n.unreadAt[up.Address] = u.Name
			}
		}
	}
}

// hostOf cuts the port off "host:port".
func hostOf(s string) string {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().String()
	}
	return s
}

// expand makes the tunnels that the topology asks for. A topology that cannot
// be expanded asks for none; jembatan validate says why.
func (n *Network) expand() {
	if n.Topology == nil {
		return
	}
	known := tunnel.Known{Tunnels: map[string]tunnel.KnownTunnel{}}
	for _, e := range n.ends {
		if e.Mark != "" && e.ID > 0 && e.ID <= 0xFFFF {
			known.Tunnels[e.Mark] = tunnel.KnownTunnel{ID: uint16(e.ID)}
		}
	}
	links, err := tunnel.Expand(n.Topology, known)
	if err == nil {
		n.desired = links
	}
}

// router returns the router of that name.
func (n *Network) router(name string) *Router {
	i, ok := slices.BinarySearchFunc(n.Routers, name, func(r *Router, name string) int { return strings.Compare(r.Name, name) })
	if !ok {
		return nil
	}
	return n.Routers[i]
}
