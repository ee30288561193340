package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/tunnel"
)

func (r *resolver) segment(e *entry[rawSegment]) tunnel.Segment {
	raw := &e.value
	s := tunnel.Segment{
		Name:    e.name,
		Subnet:  raw.subnet.value,
		Bridge:  raw.bridge.or("br-" + e.name),
		Shape:   raw.shape.value,
		Tunnels: r.tunnels(e),
	}
	for i := range raw.members.value {
		s.Members = append(s.Members, r.member(e, &raw.members.value[i]))
	}
	r.hubs(e, &s)
	if raw.shape.value == tunnel.Mesh && len(s.Members) > MaxPorts {
		r.problem(e.at, "a mesh of %d routers; a bridge has at most %d ports", len(s.Members), MaxPorts)
	}
	return s
}

func (r *resolver) member(e *entry[rawSegment], m *entry[rawMember]) tunnel.Member {
	out := tunnel.Member{Router: m.name}
	ports := make(map[string]place)
	for _, p := range m.value.ports.value {
		if p.set && unique(r, ports, p.value, p.place, fmt.Sprintf("port %s is given twice", quote(p.value))) {
			out.Ports = append(out.Ports, p.value)
		}
	}
	if !r.knownRouter(m.at, m.name) {
		return out
	}
	router := &r.routers[m.name].value
	if len(e.value.members.value) > 1 && router.noUplinks() && r.routers[m.name].set {
		r.problem(m.at, "router %s has no uplink for tunnels", m.name)
	}
	for _, u := range router.uplinks.value {
		if u.value.address.set && e.value.subnet.set && e.value.subnet.value.Contains(u.value.address.value) {
			r.problem(m.at, "the uplink %s.%s (%s) lies inside the segment's subnet, so tunnels would run through themselves",
				m.name, u.name, u.value.address.value)
		}
	}
	return out
}

// noUplinks reports whether the file gives the router no uplink. One whose
// uplinks could not be read has some.
func (r *rawRouter) noUplinks() bool {
	return len(r.uplinks.value) == 0 && (r.uplinks.set || r.uplinks.line == 0)
}

// hubs fills in the hubs and the parents of members.
func (r *resolver) hubs(e *entry[rawSegment], s *tunnel.Segment) {
	raw := &e.value
	if raw.shape.value != tunnel.Hub {
		if raw.shape.value == tunnel.Mesh && raw.hubs.line > 0 {
			r.problem(raw.hubs.place, "a mesh has no hubs")
		}
		for _, m := range raw.members.value {
			if raw.shape.value == tunnel.Mesh && m.value.hub.line > 0 {
				r.problem(m.value.hub.place, "a mesh has no hubs")
			}
		}
		return
	}
	if raw.hubs.line == 0 {
		r.problem(e.value.shape.place, `shape hub needs "hubs", the root first`)
		return
	}
	seen := make(map[string]place)
	for _, h := range raw.hubs.value {
		if h.set && r.knownMember(e, h.place, h.value) &&
			unique(r, seen, h.value, h.place, fmt.Sprintf("hub %s is given twice", h.value)) {
			s.Hubs = append(s.Hubs, h.value)
		}
	}
	if len(s.Hubs) == 0 || !raw.hubs.set {
		return
	}
	r.parents(e, s)
}

// parents hangs every member below its hub and looks for loops.
func (r *resolver) parents(e *entry[rawSegment], s *tunnel.Segment) {
	root := s.Hubs[0]
	for i, m := range e.value.members.value {
		hub := m.value.hub
		switch {
		case !hub.set && m.name != root:
			s.Members[i].Parent = root
		case !hub.set:
		case m.name == root:
			r.problem(hub.place, "%s is the root of the tree and hangs below no other", root)
		case r.knownMember(e, hub.place, hub.value):
			s.Members[i].Parent = hub.value
		}
	}
	for _, loop := range s.Loops() {
		at := r.members[e][loop[0]].value.hub.place
		if len(loop) == 1 {
			r.problem(at, "%s hangs below itself", loop[0])
		} else {
			if len(loop) > 10 {
				loop = append(loop[:10:10], "…")
			}
			r.problem(at, "loop in the tree of hubs: %s → %s", strings.Join(loop, " → "), loop[0])
		}
	}
}

// knownMember reports whether name is a member of the segment, and complains
// when it is not.
func (r *resolver) knownMember(e *entry[rawSegment], at place, name string) bool {
	members := e.value.members
	if r.members[e][name] != nil {
		return true
	}
	if members.set && !r.full() {
		r.problem(at, "%s is no member of segment %s%s", quote(name), e.name, didYouMean(name, names(members.value)))
	}
	return false
}

func (r *resolver) tunnels(e *entry[rawSegment]) tunnel.TunnelSettings {
	raw := &e.value.tunnels.value
	out := tunnel.TunnelSettings{
		MTU:        raw.mtu.or(defaultTunnelMTU),
		Keepalive:  raw.keepalive.or(tunnel.Keepalive{Interval: time.Second, Retries: 3}),
		IPsec:      r.secret(raw.ipsec.value.secret),
		Redundancy: raw.redundancy.or(tunnel.Bond),
	}
	if raw.redundancy.value == tunnel.RSTP && e.value.shape.value == tunnel.Mesh {
		r.problem(raw.redundancy.place, "a mesh runs without spanning tree; give bond or none")
	}
	seen := make(map[tunnel.UplinkPair]place)
	count := make(map[[2]string]int)
	for _, p := range raw.pairs.value {
		pair, ok := r.pair(e, p)
		if !ok || !unique(r, seen, sortedPair(pair), p.place, "this pair is given twice") {
			continue
		}
		key := sortedPair(pair)
		routers := [2]string{key[0].Router, key[1].Router}
		if count[routers]++; count[routers] == 3 {
			r.problem(p.place, "a third pair between %s and %s; at most two are used", routers[0], routers[1])
		}
		out.Pairs = append(out.Pairs, pair)
	}
	seen = make(map[tunnel.UplinkPair]place)
	for _, i := range raw.ids.value {
		pair, ok := r.pair(e, i.value.between)
		if !ok || !unique(r, seen, sortedPair(pair), i.value.between.place, "the id of this tunnel is given twice") {
			continue
		}
		out.IDs = append(out.IDs, tunnel.PinnedID{Pair: pair, ID: uint16(i.value.id.value)})
	}
	return out
}

// pair looks up the two uplinks of a tunnel.
func (r *resolver) pair(e *entry[rawSegment], raw given[[]given[tunnel.UplinkRef]]) (pair tunnel.UplinkPair, ok bool) {
	if !raw.set {
		return pair, false
	}
	ok = true
	for i, end := range raw.value {
		pair[i] = end.value
		ok = end.set && r.knownUplink(e, end) && ok
	}
	if ok && pair[0].Router == pair[1].Router {
		r.problem(raw.place, "both uplinks are on %s", pair[0].Router)
		return pair, false
	}
	return pair, ok
}

func (r *resolver) knownUplink(e *entry[rawSegment], ref given[tunnel.UplinkRef]) bool {
	if !r.knownRouter(ref.place, ref.value.Router) || !r.knownMember(e, ref.place, ref.value.Router) {
		return false
	}
	uplinks := r.routers[ref.value.Router].value.uplinks.value
	if slices.ContainsFunc(uplinks, func(u entry[rawUplink]) bool { return u.name == ref.value.Uplink }) {
		return true
	}
	r.problem(ref.place, "router %s has no uplink %s%s", ref.value.Router, quote(ref.value.Uplink),
		didYouMean(ref.value.Uplink, names(uplinks)))
	return false
}

func sortedPair(p tunnel.UplinkPair) tunnel.UplinkPair {
	if p[0].Router > p[1].Router {
		p[0], p[1] = p[1], p[0]
	}
	return p
}
