package tunnel

import (
	"fmt"
	"slices"
	"strings"
)

// Expand makes the tunnels of every segment: in a hub tree one link from each
// member to its parent, in a mesh one between every two members. Links stand in
// the order of the file (members, within the segments).
//
// What a tunnel is called, its id and its MAC addresses depend on its segment
// and its two ends, not on its neighbours or its place in the file. A pinned id
// comes first, then what is known of the tunnel, then a hash that is moved on
// until it is free on both routers. So adding a site changes no id, no MAC and
// no address of a tunnel in known. Without known the same holds except where
// two hashes fall on one value: then the tunnel whose mark sorts first has it.
// The MTU is another matter: where it is planned, a site with a narrower
// underlay lowers it for its whole segment.
//
// The error is an *ExpandError with every problem found, and then there are no
// links. A topology from spec.Parse fails only when the id space of a router is
// used up or when known holds a pinned id for something that is not ours; with
// Adopt that is left to who compares with the routers.
func Expand(t *Topology, known Known) ([]Link, error) {
	x := expansion{topology: t, known: known, routers: t.routersByName()}
	for i := range t.Segments {
		x.segment(&t.Segments[i])
	}
	x.checkIPsec()
	x.checkGateways()
	if len(x.problems) == 0 {
		x.allot()
	}
	if len(x.problems) > 0 {
		return nil, &ExpandError{Problems: x.problems}
	}
	return x.links, nil
}

// An expansion is the state of one Expand.
type expansion struct {
	topology *Topology
	known    Known
	routers  map[string]*Router
	links    []Link
	problems []ExpandProblem
}

func (x *expansion) problem(segment, tunnel, format string, args ...any) {
	x.problems = append(x.problems, ExpandProblem{segment, tunnel, fmt.Sprintf(format, args...)})
}

// segment appends the links of s, without ids, MAC addresses and names.
func (x *expansion) segment(s *Segment) {
	first := len(x.links)
	for _, m := range s.Members {
		if x.routers[m.Router] == nil {
			x.problem(s.Name, "", "member %s is no router", m.Router)
			return
		}
	}
	pairs := pairsByRouters(s.Tunnels.Pairs)
	switch s.Shape {
	case Hub:
		x.problems = append(x.problems, treeProblems(s)...)
		for _, m := range s.Members {
			if parent := x.routers[m.Parent]; parent != nil {
				x.link(s, pairs, x.routers[m.Router], parent)
			}
		}
	case Mesh:
		if s.Tunnels.Redundancy == RSTP {
			x.problem(s.Name, "", "a mesh runs without spanning tree, so its redundancy cannot be rstp")
			return
		}
		for i, m := range s.Members {
			for _, n := range s.Members[i+1:] {
				x.link(s, pairs, x.routers[m.Router], x.routers[n.Router])
			}
		}
	case ShapeUnknown:
		x.problem(s.Name, "", "no shape")
	}
	x.checkLinks(s, x.links[first:])
	plan := PlanMTU(x.topology, s, x.links[first:])
	for i := range x.links[first:] {
		for j := range x.links[first+i].Tunnels {
			tun := &x.links[first+i].Tunnels[j]
			tun.MTU, tun.Budget = plan.MTU, plan.Budgets[tun.Name]
		}
	}
}

// link appends the link between a and b, or a problem.
func (x *expansion) link(s *Segment, pairs map[[2]string][]UplinkPair, a, b *Router) {
	if a.Name > b.Name {
		a, b = b, a
	}
	if len(a.Uplinks) == 0 || len(b.Uplinks) == 0 {
		x.problem(s.Name, "", "no tunnel between %s and %s: both need an uplink", a.Name, b.Name)
		return
	}
	chosen := choosePairs(pairs[[2]string{a.Name, b.Name}], a, b)
	most := 2
	if s.Tunnels.Redundancy != Bond && s.Tunnels.Redundancy != RSTP {
		most = 1
	}
	chosen = chosen[:min(len(chosen), most)]
	l := Link{Segment: s.Name, Routers: [2]string{a.Name, b.Name}, Redundancy: NoRedundancy}
	if len(chosen) == 2 {
		l.Redundancy = s.Tunnels.Redundancy
	}
	for _, p := range chosen {
		ua, oka := a.Uplink(p[0].Uplink)
		ub, okb := b.Uplink(p[1].Uplink)
		if !oka || !okb {
			x.problem(s.Name, "", "pair %s, %s names an uplink that does not exist", p[0], p[1])
			continue
		}
		l.Tunnels = append(l.Tunnels, Tunnel{
			Name:      p[0].String() + "-" + p[1].String(),
			Segment:   s.Name,
			Keepalive: s.Tunnels.Keepalive,
			IPsec:     s.Tunnels.IPsec,
			Ends: [2]End{
				{Router: a.Name, Uplink: ua.Name, Local: ua.Address, Remote: ub.Address, Gateway: ua.Gateway},
				{Router: b.Name, Uplink: ub.Name, Local: ub.Address, Remote: ua.Address, Gateway: ub.Gateway},
			},
		})
	}
	x.links = append(x.links, l)
}

// allot gives every tunnel its id, MAC addresses and interface names.
func (x *expansion) allot() {
	var all []*Tunnel
	for i := range x.links {
		for j := range x.links[i].Tunnels {
			all = append(all, &x.links[i].Tunnels[j])
		}
	}
	marks := make(map[*Tunnel]string, len(all))
	for _, tun := range all {
		marks[tun] = tun.Mark()
	}
	slices.SortFunc(all, func(a, b *Tunnel) int { return strings.Compare(marks[a], marks[b]) })
	x.allotIDs(all)
	x.allotMACs(all)
	x.allotNames()
}
