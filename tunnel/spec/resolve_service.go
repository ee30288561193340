package spec

import (
	"fmt"
	"net/netip"

	"jembatan/tunnel"
)

func (r *resolver) service(e *entry[rawService]) tunnel.Service {
	raw := &e.value
	out := tunnel.Service{Name: e.name, Segment: raw.segment.or("")}
	seg := r.segments[raw.segment.or("")]
	if raw.segment.set && seg == nil && (r.raw.segments.set || r.raw.segments.line == 0) && !r.full() {
		r.problem(raw.segment.place, "no segment %s%s", quote(raw.segment.value),
			didYouMean(raw.segment.value, names(r.raw.segments.value)))
	}
	out.Servers = r.servers(raw, seg)
	ports := make(map[int]place)
	for _, p := range raw.ports.value {
		if p.set && unique(r, ports, p.value, p.place, fmt.Sprintf("port %d is given twice", p.value)) {
			out.Ports = append(out.Ports, uint16(p.value))
		}
	}
	for i := range raw.probes.value {
		p := &raw.probes.value[i]
		out.Probes = append(out.Probes, r.probe(p))
		if p.value.typ.value == tunnel.ProbeMySQL && raw.replication.line == 0 {
			r.problem(p.place, `a mysql probe logs in as the user of "replication", which is missing`)
		}
	}
	if raw.replication.set {
		out.Replication = r.replication(&raw.replication.value)
	}
	if nat := raw.sw.value.nat; nat.set {
		out.Switch.NAT = r.nat(&nat.value)
		if len(raw.ports.value) == 0 && raw.ports.set == (raw.ports.line > 0) {
			r.problem(nat.place, `a nat switch needs the service's "ports"`)
		}
	}
	if vrrp := raw.sw.value.vrrp; vrrp.set {
		out.Switch.VRRP = r.vrrp(raw, &vrrp.value, seg)
	}
	out.Vantages = r.vantages(raw)
	out.Policy = r.policy(raw, &out)
	return out
}

func (r *resolver) servers(raw *rawService, seg *entry[rawSegment]) []tunnel.Server {
	var out []tunnel.Server
	byName, byAddress := make(map[string]place), make(map[netip.Addr]place)
	for _, g := range raw.servers.value {
		s := g.value
		if s.name.set {
			unique(r, byName, s.name.value, s.name.place, fmt.Sprintf("another server is called %s", s.name.value))
		}
		if s.address.set {
			unique(r, byAddress, s.address.value, s.address.place, fmt.Sprintf("another server has the address %s", s.address.value))
			r.inside(seg, s.address)
		}
		if s.router.set && r.knownRouter(s.router.place, s.router.value) && seg != nil {
			r.knownMember(seg, s.router.place, s.router.value)
		}
		out = append(out, tunnel.Server{Name: s.name.value, Address: s.address.value, Router: s.router.value})
	}
	return out
}

// inside complains about an address that no host of the segment can have.
func (r *resolver) inside(seg *entry[rawSegment], a given[netip.Addr]) {
	if seg == nil || !seg.value.subnet.set {
		return
	}
	subnet := seg.value.subnet.value
	switch {
	case !subnet.Contains(a.value):
		r.problem(a.place, "%s is outside %s of segment %s", a.value, subnet, seg.name)
	case a.value == subnet.Addr():
		r.problem(a.place, "%s is the address of the subnet itself", a.value)
	case !subnet.Contains(a.value.Next()):
		r.problem(a.place, "%s is the broadcast address of %s", a.value, subnet)
	}
}

func (r *resolver) probe(g *given[rawProbe]) tunnel.Probe {
	raw := &g.value
	out := tunnel.Probe{Type: raw.typ.value, Port: uint16(raw.port.value), Path: raw.path.value, Expect: raw.expect.value}
	web := false
	var usual uint16
	switch raw.typ.value {
	case tunnel.ProbeICMP:
		if raw.port.line > 0 {
			r.problem(raw.port.place, "icmp has no port")
		}
	case tunnel.ProbeTCP:
		if raw.port.line == 0 {
			r.problem(g.place, "a tcp probe needs a port")
		}
	case tunnel.ProbeHTTP:
		web, usual = true, 80
	case tunnel.ProbeHTTPS:
		web, usual = true, 443
	case tunnel.ProbeMySQL:
		usual = 3306
	case tunnel.ProbeUnknown:
		return out
	}
	if out.Port == 0 {
		out.Port = usual
	}
	if web && !raw.path.set {
		out.Path = "/"
	}
	if !web && raw.path.line > 0 {
		r.problem(raw.path.place, "a path is for http and https")
	}
	if !web && raw.expect.line > 0 {
		r.problem(raw.expect.place, "a status is for http and https")
	}
	return out
}
