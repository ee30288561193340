package adopt

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// A site is a bridge on a router.
type site struct {
	router *router
	bridge string
}

// A link is all tunnels between two bridges: one, or two.
type link struct {
	sites   [2]site
	tunnels [][2]*end // ends in the order of sites, the preferred tunnel first
	kind    tunnel.Redundancy
}

// findLinks joins the bridges that paired tunnels lead to.
func (n *network) findLinks() {
	between := map[[2]site][][2]*end{}
	var order [][2]site
	for _, e := range n.ends {
		f := e.peer
		if f == nil || e.router.name > f.router.name {
			continue // The other end speaks for both.
		}
		key := [2]site{{e.router, e.bridge}, {f.router, f.bridge}}
		if why := cmp.Or(e.notBridged(), f.notBridged()); why != "" {
			n.leave(e, "its pair is %s, but %s", f, why)
			continue
		}
		if e.how != "" {
			n.note("", "paired %s with %s %s", e, f, e.how)
		}
		if between[key] == nil {
			order = append(order, key)
		}
		between[key] = append(between[key], [2]*end{e, f})
	}
	for _, key := range order {
		n.link(key, between[key])
	}
}

// notBridged says why an end cannot be part of a segment, or "".
func (e *end) notBridged() string {
	bridge := e.router.bridge(e.bridge)
	switch {
	case e.bridge == "":
		return e.iface() + " is in no bridge of " + e.router.name
	case !isWritable(e.bridge) || bridge == nil:
		return "its bridge on " + e.router.name + " has a name that a topology cannot hold"
	case isMarked(bridge) || isMarked(e.port) || e.bond != nil && isMarked(e.bond):
		return "its bridge, bond or port on " + e.router.name + " carries the mark of a topology"
	case e.bond != nil && !isWritable(e.iface()):
		return "its bond on " + e.router.name + " has a name that a topology cannot hold"
	}
	return ""
}

// bridge returns the row of a bridge, nil when there is none.
func (r *router) bridge(name string) plan.Row {
	for _, row := range r.rows(plan.MenuBridge) {
		if row["name"] == name {
			return row
		}
	}
	return nil
}

// link makes one link of the tunnels between two bridges: a bond before single
// tunnels, and of those at most two.
func (n *network) link(key [2]site, tunnels [][2]*end) {
	var single, bonded [][2]*end
	for _, t := range tunnels {
		switch {
		case t[0].bond == nil && t[1].bond == nil:
			single = append(single, t)
		case n.isBonded(t, tunnels):
			bonded = append(bonded, t)
		default:
			n.leave(t[0], "its pair is %s, but they are not in two bonds of the same two tunnels over two pairs of uplinks", t[1])
		}
	}
	l := &link{sites: key, kind: tunnel.NoRedundancy}
	switch {
	case len(bonded) >= 2:
		first := slices.IndexFunc(bonded, func(t [2]*end) bool { return t[0].bond["primary"] == t[0].name })
		first = max(first, 0)
		l.tunnels, l.kind = append(l.tunnels, bonded[first]), tunnel.Bond
		for _, t := range bonded {
			if t != bonded[first] && t[0].bond["name"] == bonded[first][0].bond["name"] {
				l.tunnels = append(l.tunnels, t)
			} else if t != bonded[first] {
				single = append(single, t)
			}
		}
		n.leaveAll(single, "there is a bond between the two bridges as well")
	case len(single) > 0:
		slices.SortStableFunc(single, func(a, b [2]*end) int { return cmp.Compare(a[0].cost(), b[0].cost()) })
		l.tunnels = single[:1]
		for i, t := range single[1:] {
			if len(l.tunnels) == 2 || samePath(t, l.tunnels[0]) {
				n.leaveAll(single[i+1:i+2], "a topology has at most two tunnels between two routers, over two pairs of uplinks")
				continue
			}
			l.tunnels, l.kind = [][2]*end{l.tunnels[0], t}, tunnel.RSTP
		}
	default:
		return
	}
	n.links = append(n.links, l)
}

func (n *network) leaveAll(tunnels [][2]*end, why string) {
	for _, t := range tunnels {
		n.leave(t[0], "its pair is %s, but %s", t[1], why)
	}
}

// isBonded reports whether a tunnel and exactly one other make up the bonds at
// both its ends.
func (n *network) isBonded(t [2]*end, all [][2]*end) bool {
	if t[0].bond == nil || t[1].bond == nil {
		return false
	}
	var mates [][2]*end
	for _, u := range all {
		if u[0].bond != nil && u[1].bond != nil && u[0].bond["name"] == t[0].bond["name"] && u[1].bond["name"] == t[1].bond["name"] {
			mates = append(mates, u)
		}
	}
	if len(mates) != 2 || samePath(mates[0], mates[1]) {
		return false
	}
	for side := range t {
		if len(strings.Split(t[side].bond["slaves"], ",")) != 2 {
			return false
		}
	}
	return true
}

// samePath reports whether two tunnels join the same two uplinks.
func samePath(a, b [2]*end) bool { return a[0].uplink == b[0].uplink && a[1].uplink == b[1].uplink }

// cost is the spanning tree cost of an end's port; what is not given costs less
// than what is.
func (e *end) cost() int {
	n, err := strconv.Atoi(e.port["path-cost"])
	if err != nil {
		return 0
	}
	return n
}
