package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Group is the VRRP instances of several routers that share an address or an
// id on one subnet.
type Group struct {
	Members []*Instance // at least one, sorted by router
}

// An Instance is one row of /interface/vrrp.
type Instance struct {
	Router *Router
	Row    *Row
	VIPs   []netip.Prefix // sorted
	subnet netip.Prefix   // of the parent interface; invalid when not known
	domain int            // of the parent when it is a bridge
}

// String returns "router/interface".
func (i *Instance) String() string { return i.Router.Name + "/" + i.Row.Get("name") }

// interval is the time between adverts.
func (i *Instance) interval() time.Duration {
	d, ok := duration(i.Row.Get("interval"))
	if !ok || d == 0 {
		return time.Second
	}
	return d
}

// Subject names the group by its members.
func (g *Group) Subject() string {
	names := make([]string, len(g.Members))
	for i, m := range g.Members {
		names[i] = m.String()
	}
	return strings.Join(names, " - ")
}

func (g *Group) routers() []string {
	names := make([]string, len(g.Members))
	for i, m := range g.Members {
		names[i] = m.Router.Name
	}
	return names
}

// masterDown is how long the backups wait before one takes over: three
// intervals and the skew of its priority (RFC 9568 section 6.1; in version 2
// the skew does not depend on the interval, RFC 3768 section 6.2).
func (g *Group) masterDown() time.Duration {
	var worst time.Duration
	master := slices.MaxFunc(g.Members, func(a, b *Instance) int { return cmp.Compare(a.Row.Int("priority"), b.Row.Int("priority")) })
	for _, m := range g.Members {
		if m == master && len(g.Members) > 1 {
			continue
		}
		skew := time.Duration(256-m.Row.Int("priority")) * m.interval() / 256
		if m.Row.Get("version") == "2" {
			skew = time.Duration(256-m.Row.Int("priority")) * time.Second / 256
		}
		worst = max(worst, 3*m.interval()+skew)
	}
	return worst
}

// vrrpGroups puts instances together.
func (n *Network) vrrpGroups() {
	var all []*Instance
	for _, r := range n.Routers {
		for _, row := range r.active(MenuVRRP) {
			all = append(all, n.instance(r, row))
		}
	}
	for _, i := range all {
		var home *Group
		for _, g := range n.Groups {
			if slices.ContainsFunc(g.Members, func(m *Instance) bool { return m.belongs(i) }) {
				home = g
				break
			}
		}
		if home == nil {
			home = &Group{}
			n.Groups = append(n.Groups, home)
		}
		home.Members = append(home.Members, i)
	}
}

func (n *Network) instance(r *Router, row *Row) *Instance {
	i := &Instance{Router: r, Row: row}
	name, parent := row.Get("name"), row.Get("interface")
	for _, a := range r.addrs {
		switch {
		case a.iface == name:
			i.VIPs = append(i.VIPs, a.prefix)
		case a.iface == parent && !i.subnet.IsValid():
			i.subnet = a.prefix.Masked()
		}
	}
	slices.SortFunc(i.VIPs, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	if b := r.bridge(parent); b != nil {
		i.domain = b.Domain
	}
	return i
}

// belongs reports whether two instances of different routers serve one group:
// they share an address, or the id on one subnet or one bridged network.
func (i *Instance) belongs(o *Instance) bool {
	if i.Router == o.Router {
		return false
	}
	for _, a := range i.VIPs {
		if slices.ContainsFunc(o.VIPs, func(b netip.Prefix) bool { return a.Addr() == b.Addr() }) {
			return true
		}
	}
	if i.Row.Get("vrid") != o.Row.Get("vrid") {
		return false
	}
	return i.subnet.IsValid() && i.subnet == o.subnet || i.domain != 0 && i.domain == o.domain
}
