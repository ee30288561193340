package watch

import (
	"net"
	"net/netip"

	"jembatan/tunnel"
)

// maxReferences is how many reference targets a router pings: enough that not
// one of them decides whether it is blind.
const maxReferences = 3

// A reference is a target that has nothing to do with the servers.
type reference struct {
	name    string
	address netip.Addr
}

// references are the targets of a router, its own gateways first.
func references(t *tunnel.Topology, s *tunnel.Service, router string) []reference {
	var out []reference
	if r, ok := t.Router(router); ok {
		for _, u := range r.Uplinks {
			if u.Gateway.IsValid() {
				out = append(out, reference{"gateway:" + u.Name, u.Gateway})
			}
		}
	}
	for _, other := range s.Vantages {
		if a := outer(t, other); other != router && a.IsValid() {
			out = append(out, reference{RouterVantage(other), a})
		}
	}
	return out[:min(len(out), maxReferences)]
}

// outer is an address of a router that other routers reach: its first uplink's,
// else that of its API if it is an address. Not valid: none is known.
func outer(t *tunnel.Topology, router string) netip.Addr {
	r, ok := t.Router(router)
	if !ok {
		return netip.Addr{}
	}
	if len(r.Uplinks) > 0 {
		return r.Uplinks[0].Address
	}
	host, _, err := net.SplitHostPort(r.Address)
	if err != nil {
		return netip.Addr{}
	}
	a, _ := netip.ParseAddr(host) // A name is no address, and not valid.
	return a
}
