package tunnel

import (
	"net/netip"
)

// checkLinks reports tunnels of a segment that cannot be told apart.
func (x *expansion) checkLinks(s *Segment, links []Link) {
	seen := make(map[string]bool)
	for i := range links {
		for _, tun := range links[i].Tunnels {
			if seen[tun.Name] {
				x.problem(s.Name, tun.Name, "two tunnels have this name; rename a router or an uplink")
			}
			seen[tun.Name] = true
		}
	}
	for _, p := range s.Tunnels.IDs {
		if !seen[p.Pair.tunnelName()] {
			x.problem(s.Name, p.Pair.tunnelName(), "id %d is given to a tunnel that does not exist", p.ID)
		}
	}
}

// checkIPsec reports encrypted tunnels that RouterOS cannot keep apart: each has
// a dynamic IPsec peer that is known by its remote address alone.
func (x *expansion) checkIPsec() {
	type peer struct {
		router string
		remote netip.Addr
	}
	first := make(map[peer]*Tunnel)
	for i := range x.links {
		for j := range x.links[i].Tunnels {
			tun := &x.links[i].Tunnels[j]
			if tun.IPsec.IsZero() {
				continue
			}
			for k, e := range tun.Ends {
				key := peer{e.Router, e.Remote}
				other := first[key]
				if other == nil {
					first[key] = tun
					continue
				}
				end, _ := other.End(e.Router)
				if other.IPsec != tun.IPsec || end.Local != e.Local {
					x.problem(tun.Segment, tun.Name, "%s has one IPsec peer for %s, and tunnel %s of segment %s uses it "+
						"with another secret or uplink; give every encrypted tunnel its own pair of uplinks", e.Router, tun.Ends[1-k].Local, other.Name, other.Segment)
					break
				}
			}
		}
	}
}

// checkGateways reports tunnels that want two routes to one address: packets to
// the far uplink go one way, whichever tunnel they are of.
func (x *expansion) checkGateways() {
	type route struct {
		router string
		remote netip.Addr
	}
	first := make(map[route]*Tunnel)
	for i := range x.links {
		for j := range x.links[i].Tunnels {
			tun := &x.links[i].Tunnels[j]
			for k := range tun.Ends {
				e := &tun.Ends[k]
				if !e.Gateway.IsValid() {
					continue
				}
				key := route{e.Router, e.Remote}
				other := first[key]
				if other == nil {
					first[key] = tun
					continue
				}
				if end, _ := other.End(e.Router); end.Gateway != e.Gateway {
					x.problem(tun.Segment, tun.Name, "%s would reach %s by gateway %s (uplink %s), and tunnel %s of segment %s reaches it by %s (uplink %s); "+
						"give one of the two another uplink at %s", e.Router, e.Remote, e.Gateway, e.Uplink,
						other.Name, other.Segment, end.Gateway, end.Uplink, tun.Ends[1-k].Router)
				}
			}
		}
	}
}
