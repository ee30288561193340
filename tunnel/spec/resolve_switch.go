package spec

import (
	"fmt"
	"net/netip"

	"jembatan/tunnel"
)

func (r *resolver) nat(raw *rawNAT) *tunnel.NATSwitch {
	out := &tunnel.NATSwitch{
		To: make(map[string]netip.Addr, len(raw.to.value)), Source: raw.source.or(tunnel.SourceRouter),
	}
	to := byName(raw.to.value)
	on := make(map[string]place)
	for _, g := range raw.on.value {
		if !g.set || !unique(r, on, g.value, g.place, fmt.Sprintf("router %s is given twice", g.value)) {
			continue
		}
		out.On = append(out.On, g.value)
		if r.knownRouter(g.place, g.value) && to[g.value] == nil && raw.to.set {
			r.problem(g.place, `no address for %s in "to"`, g.value)
		}
	}
	for _, e := range raw.to.value {
		if _, ok := on[e.name]; !ok && raw.on.set {
			r.problem(e.at, `%s is not in "on"%s`, quote(e.name), didYouMean(e.name, out.On))
		}
		out.To[e.name] = e.value
	}
	return out
}

func (r *resolver) vrrp(s *rawService, raw *rawVRRP, seg *entry[rawSegment]) *tunnel.VRRPSwitch {
	out := &tunnel.VRRPSwitch{
		Address: raw.address.value, VRID: raw.vrid.value, Interval: raw.interval.or(defaultVRRPInterval),
	}
	if raw.address.set {
		r.inside(seg, raw.address)
		for _, server := range s.servers.value {
			if server.value.address.set && server.value.address.value == raw.address.value {
				r.problem(raw.address.place, "%s is the address of server %s", raw.address.value, server.value.name.value)
			}
		}
	}
	on := make(map[string]place)
	for _, g := range raw.on.value {
		if !g.set || !unique(r, on, g.value, g.place, fmt.Sprintf("router %s is given twice", g.value)) {
			continue
		}
		out.On = append(out.On, g.value)
		if r.knownRouter(g.place, g.value) && seg != nil {
			r.knownMember(seg, g.place, g.value)
		}
	}
	return out
}
