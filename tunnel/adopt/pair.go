package adopt

import (
	"net/netip"
	"slices"
	"strings"
)

// A rank says how well two ends fit; higher is better.
type rank uint8

const (
	rankNone    rank = iota
	rankInside       // the same id, and addresses of one subnet inside
	rankHalf         // the same id, and one end's address is the other router's
	rankRouters      // the same id, and each sends to an address of the other router
	rankExact        // the same id, and each sends to where the other sends from
)

// how says by what two ends were paired, or "" when that leaves no doubt.
func (k rank) how() string {
	switch k {
	case rankInside:
		return "by id and the subnet inside: their outer addresses are those of no router that was read"
	case rankHalf:
		return "by id and one address: the other end is behind a NAT, or its address is not known"
	case rankNone, rankRouters, rankExact:
	}
	return ""
}

// rank says how well two ends fit.
func (n *network) rank(e, f *end) rank {
	if e.id != f.id || e.router == f.router {
		return rankNone
	}
	there, back := e.points(f), f.points(e)
	switch {
	case there && back && e.local == f.remote && f.local == e.remote:
		return rankExact
	case there && back:
		return rankRouters
	case there && !n.isKnown(f.remote), back && !n.isKnown(e.remote):
		return rankHalf
	case n.isKnown(e.remote) || n.isKnown(f.remote):
		return rankNone
	case sameSubnet(e, f):
		return rankInside
	}
	return rankNone
}

// isKnown reports whether an address belongs to a router that was read.
func (n *network) isKnown(a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	return slices.ContainsFunc(n.routers, func(r *router) bool { return r.own[a] }) ||
		slices.ContainsFunc(n.ends, func(e *end) bool { return e.local == a })
}

// pair finds the other end of every end, best fits first: two are a pair when
// each is the only one that fits the other so well. Where several do, nobody
// guesses.
func (n *network) pair() {
	unclear := map[*end]bool{}
	for k := rankExact; k > rankNone; k-- {
		fits := map[*end][]*end{}
		for _, e := range n.ends {
			if e.peer == nil && !unclear[e] {
				fits[e] = n.fitting(e, k, unclear)
			}
		}
		for _, e := range n.ends {
			all := fits[e]
			switch {
			case len(all) == 0 || e.peer != nil:
			case len(all) == 1 && len(fits[all[0]]) == 1:
				e.peer, all[0].peer = all[0], e
				e.how, e.peer.how = k.how(), k.how()
			case len(all) > 1:
				unclear[e] = true
				n.leave(e, "several ends fit equally well: %s", list(all))
			default:
				unclear[e] = true
				n.leave(e, "it fits %s, as others do equally well: %s", all[0], list(fits[all[0]]))
			}
		}
	}
	for _, e := range n.ends {
		if e.peer == nil && !unclear[e] {
			n.leave(e, "%s", n.single(e))
		}
	}
}

// fitting returns the free ends that fit e at rank k.
func (n *network) fitting(e *end, k rank, unclear map[*end]bool) []*end {
	var out []*end
	for _, f := range n.ends {
		if f.peer == nil && !unclear[f] && n.rank(e, f) == k {
			out = append(out, f)
		}
	}
	return out
}

func list(ends []*end) string {
	names := make([]string, len(ends))
	for i, e := range ends {
		names[i] = e.String()
	}
	return strings.Join(names, ", ")
}

// single says why an end has no other.
func (n *network) single(e *end) string {
	remote := e.row["remote-address"]
	if !e.remote.IsValid() {
		return "it goes to " + remote + ", and no end with its id goes back"
	}
	for _, f := range n.ends {
		if f.router != e.router && f.peer == nil && f.id != e.id && e.points(f) && f.points(e) {
			return "the tunnel back, " + f.String() + ", has the id " + f.row["tunnel-id"] + ", not " + e.row["tunnel-id"]
		}
	}
	for _, r := range n.routers {
		switch {
		case !r.own[e.remote]:
		case r == e.router:
			return remote + " is an address of the router itself"
		default:
			return r.name + " has the address " + remote + ", but no tunnel with id " + e.row["tunnel-id"] + " that fits"
		}
	}
	for _, f := range n.ends {
		if f.id == e.id && f.peer == nil && f.router != e.router && !n.isKnown(f.remote) {
			return remote + " belongs to no router that was read; " + f.String() + " has the same id, but nothing else says that it is the other end"
		}
	}
	return remote + " belongs to no router that was read"
}
