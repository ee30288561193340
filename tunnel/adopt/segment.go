package adopt

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"jembatan/tunnel"
)

// segments turns the bridges that links join into segments, in the order of the
// routers.
func (n *network) segments() []tunnel.Segment {
	n.findLinks()
	names, used := n.scopes(), &subnets{}
	for _, r := range n.routers {
		for _, u := range r.uplinks {
			used.uplinks = append(used.uplinks, u.Address)
		}
	}
	var out []tunnel.Segment
	for _, g := range n.groups() {
		s := &segment{group: g, network: n}
		s.shape()
		out = append(out, s.topology(names, used))
	}
	return out
}

// scopes are the segments of marks that are on the routers: another segment of
// such a name would take their objects for its own.
func (n *network) scopes() map[string]bool {
	names := map[string]bool{}
	for _, r := range n.routers {
		for _, rows := range r.Observed.Menus {
			for _, row := range rows {
				if scope, _, ok := row.Mark(); ok {
					names[scope] = true
				}
			}
		}
	}
	return names
}

// A group is bridges that hang together, at most one on a router.
type group struct {
	sites []site
	links []*link
}

// groups collects the bridges that links join. Where two bridges of one router
// would be in one group, the links of that with fewer are left out.
func (n *network) groups() []group {
	for {
		groups := n.joined()
		again := false
		for _, g := range groups {
			if extra, found := g.doubled(); found {
				n.drop(extra)
				again = true
			}
		}
		if !again {
			return groups
		}
	}
}

// joined are the groups of bridges as the links are now.
func (n *network) joined() []group {
	parent := map[site]site{}
	var find func(s site) site
	find = func(s site) site {
		if p, ok := parent[s]; ok && p != s {
			return find(p)
		}
		return s
	}
	for _, l := range n.links {
		if a, b := find(l.sites[0]), find(l.sites[1]); a != b {
			parent[b] = a
		}
	}
	index := map[site]int{}
	var out []group
	for _, l := range n.links {
		root := find(l.sites[0])
		i, known := index[root]
		if !known {
			i = len(out)
			index[root], out = i, append(out, group{})
		}
		out[i].links = append(out[i].links, l)
		for _, s := range l.sites {
			if !slices.Contains(out[i].sites, s) {
				out[i].sites = append(out[i].sites, s)
			}
		}
	}
	return out
}

// doubled returns the lesser of two bridges that a group has on one router.
func (g *group) doubled() (site, bool) {
	degree := g.degrees()
	for i, a := range g.sites {
		for _, b := range g.sites[i+1:] {
			switch {
			case a.router != b.router:
			case degree[a] < degree[b] || degree[a] == degree[b] && a.bridge > b.bridge:
				return a, true
			default:
				return b, true
			}
		}
	}
	return site{}, false
}

func (g *group) degrees() map[site]int {
	degree := map[site]int{}
	for _, l := range g.links {
		degree[l.sites[0]]++
		degree[l.sites[1]]++
	}
	return degree
}

// drop takes a bridge's links out.
func (n *network) drop(s site) {
	n.links = slices.DeleteFunc(n.links, func(l *link) bool {
		if l.sites[0] != s && l.sites[1] != s {
			return false
		}
		n.leaveAll(l.tunnels, "two bridges of "+s.router.name+" would be in one segment, which a topology cannot say")
		return true
	})
}

// A segment is a group that takes its form.
type segment struct {
	group

	network *network
	form    tunnel.Shape
	root    site
	parents map[site]site
}

// shape finds out whether the group is a mesh or a tree. Of what is neither,
// the links that are not needed to reach every bridge are left out.
func (s *segment) shape() {
	degree := s.degrees()
	slices.SortFunc(s.sites, func(a, b site) int {
		return cmp.Or(cmp.Compare(a.priority(), b.priority()), cmp.Compare(degree[b], degree[a]), cmp.Compare(a.router.name, b.router.name))
	})
	s.root = s.sites[0]
	if count := len(s.sites); count > 2 && len(s.links) == count*(count-1)/2 {
		s.form = tunnel.Mesh
		s.oneTunnel("a mesh runs without spanning tree")
		return
	}
	s.form = tunnel.Hub
	s.parents = map[site]site{}
	reached, needed := []site{s.root}, map[*link]bool{}
	for i := 0; i < len(reached); i++ {
		for _, l := range s.links {
			for side, at := range l.sites {
				if next := l.sites[1-side]; at == reached[i] && !slices.Contains(reached, next) {
					reached, needed[l], s.parents[next] = append(reached, next), true, at
				}
			}
		}
	}
	s.links = slices.DeleteFunc(s.links, func(l *link) bool {
		if needed[l] {
			return false
		}
		s.network.leaveAll(l.tunnels, "it closes a ring, and a segment is a tree or a full mesh")
		return true
	})
	if s.has(tunnel.Bond) {
		s.oneTunnel("the segment has bonds, and one redundancy for all")
	}
}

// priority is the spanning tree priority of a bridge.
func (s site) priority() int64 {
	const usual = 0x8000
	p, err := strconv.ParseInt(s.router.bridge(s.bridge)["priority"], 0, 32)
	if err != nil {
		return usual
	}
	return p
}

func (s *segment) has(kind tunnel.Redundancy) bool {
	return slices.ContainsFunc(s.links, func(l *link) bool { return l.kind == kind })
}

// oneTunnel leaves out the second tunnel of links that have two under spanning
// tree.
func (s *segment) oneTunnel(why string) {
	for _, l := range s.links {
		if l.kind == tunnel.RSTP {
			s.network.leaveAll(l.tunnels[1:], why)
			l.tunnels, l.kind = l.tunnels[:1], tunnel.NoRedundancy
		}
	}
}

// common returns the value that most have, the smallest of several.
func common[T cmp.Ordered](values []T) (T, bool) {
	count := map[T]int{}
	for _, v := range values {
		count[v]++
	}
	keys := slices.Sorted(maps.Keys(count))
	var best T
	for _, k := range keys {
		if count[k] > count[best] || count[best] == 0 {
			best = k
		}
	}
	return best, len(keys) > 0
}
