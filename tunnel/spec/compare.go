package spec

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"jembatan/tunnel"
)

// compareSegments finds subnets that overlap, and bridges and ports that two
// segments claim on one router. It also bounds the number of links.
func (r *resolver) compareSegments() {
	r.overlaps()
	type on struct{ router, name string }
	bridges, ports := make(map[on]place), make(map[on]place)
	for i := range r.raw.segments.value {
		e := &r.raw.segments.value[i]
		bridge := e.value.bridge.or("br-" + e.name)
		at := e.value.bridge.place
		if at.line == 0 {
			at = e.at
		}
		for _, m := range e.value.members.value {
			name, at := bridge, at
			if own := m.value.bridge; own.set {
				name, at = own.value, own.place
			}
			if !unique(r, bridges, on{m.name, name}, at,
				fmt.Sprintf("another segment has the bridge %s on router %s", quote(name), m.name)) {
				break
			}
		}
		for _, m := range e.value.members.value {
			mine := make(map[string]bool)
			for _, p := range m.value.ports.value {
				if !p.set || mine[p.value] {
					continue
				}
				mine[p.value] = true
				unique(r, ports, on{m.name, p.value}, p.place,
					fmt.Sprintf("another segment has port %s of router %s", quote(p.value), m.name))
			}
		}
	}
	r.boundLinks()
}

// boundLinks finds the segment with which there are too many links.
func (r *resolver) boundLinks() {
	tunnels := 0 // at most two a link
	for i := range r.raw.segments.value {
		e := &r.raw.segments.value[i]
		n := len(e.value.members.value)
		if e.value.shape.value == tunnel.Mesh {
			tunnels += n * (n - 1)
		} else {
			tunnels += 2 * n
		}
		if tunnels > 2*MaxTunnels {
			r.problem(e.at, "more than %d links in this and the segments before it", MaxTunnels)
			return
		}
	}
}

// overlaps finds segments that share addresses.
func (r *resolver) overlaps() {
	var withSubnet []*entry[rawSegment]
	for i := range r.raw.segments.value {
		if e := &r.raw.segments.value[i]; e.value.subnet.set {
			withSubnet = append(withSubnet, e)
		}
	}
	slices.SortStableFunc(withSubnet, func(a, b *entry[rawSegment]) int {
		x, y := a.value.subnet.value, b.value.subnet.value
		return cmp.Or(x.Addr().Compare(y.Addr()), cmp.Compare(x.Bits(), y.Bits()))
	})
	var widest *entry[rawSegment] // of those before, the one that reaches furthest
	for _, e := range withSubnet {
		if widest == nil || !widest.value.subnet.value.Overlaps(e.value.subnet.value) {
			widest = e
			continue
		}
		later, earlier := e, widest
		if later.at.line < earlier.at.line {
			later, earlier = earlier, later
		}
		r.problem(later.value.subnet.place, "%v overlaps %v of segment %s (line %d)",
			later.value.subnet.value, earlier.value.subnet.value, earlier.name, earlier.value.subnet.line)
	}
}

// compareIDs finds tunnel ids that are used twice on a router.
func (r *resolver) compareIDs() {
	type on struct {
		router string
		id     int
	}
	ids := make(map[on]place)
	for i := range r.raw.segments.value {
		for _, raw := range r.raw.segments.value[i].value.tunnels.value.ids.value {
			id := raw.value.id
			if !id.set {
				continue
			}
			for _, end := range raw.value.between.value {
				if end.set && !unique(r, ids, on{end.value.Router, id.value}, id.place,
					fmt.Sprintf("tunnel id %d is used twice on router %s", id.value, end.value.Router)) {
					break
				}
			}
		}
	}
}

// compareServices finds services that clients could not tell apart.
func (r *resolver) compareServices() {
	type virtual struct {
		segment string
		vrid    int
	}
	vrids := make(map[virtual]place)
	addresses := make(map[netip.Addr]place)
	for i := range r.raw.services.value {
		s := &r.raw.services.value[i].value
		v := &s.sw.value.vrrp.value
		if v.vrid.set && s.segment.set {
			unique(r, vrids, virtual{s.segment.value, v.vrid.value}, v.vrid.place,
				fmt.Sprintf("another service has vrid %d in segment %s", v.vrid.value, s.segment.value))
		}
		if v.address.set {
			unique(r, addresses, v.address.value, v.address.place,
				fmt.Sprintf("another service has the virtual address %s", v.address.value))
		}
	}
	r.comparePublished()
}

// comparePublished finds public addresses and ports that lead to two services.
func (r *resolver) comparePublished() {
	type public struct {
		router  string
		address netip.Addr
	}
	type rule struct {
		service *rawService
		at      place
	}
	rules := make(map[public][]rule)
	var order []public
	for i := range r.raw.services.value {
		s := &r.raw.services.value[i].value
		for _, to := range s.sw.value.nat.value.to.value {
			key := public{to.name, to.value}
			if rules[key] == nil {
				order = append(order, key)
			}
			if to.set {
				rules[key] = append(rules[key], rule{s, to.place})
			}
		}
	}
	for _, key := range order {
		ports := make(map[int]place)
		for _, rule := range rules[key] {
			mine := make(map[int]bool)
			for _, p := range rule.service.ports.value {
				if p.set && !mine[p.value] && !unique(r, ports, p.value, rule.at,
					fmt.Sprintf("port %d of %s on router %s leads to two services", p.value, key.address, key.router)) {
					break
				}
				mine[p.value] = true
			}
		}
	}
}
