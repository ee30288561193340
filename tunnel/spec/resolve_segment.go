package spec

import (
	"fmt"
	"strings"

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
		Adopt:   raw.adopt.value,
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
	out := tunnel.Member{Router: m.name, Bridge: m.value.bridge.or("")}
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
