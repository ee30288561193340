//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// controllerName is the host that manages the routers from inside the lab.
const controllerName = "controller"

// addController adds the host that manages the routers: one cable in the segment
// at that router, one to the internet with an address of its own.
func (b *blueprint) addController(t *tunnel.Topology, router string) error {
	if b.router(router) == nil {
		return fmt.Errorf("controller: the topology has no router %q", router)
	}
	s, port := homeOf(t, router)
	if s == nil {
		return fmt.Errorf("controller: %s has no port in any segment", router)
	}
	if b.host(controllerName) {
		return fmt.Errorf("controller: the topology has a %q of its own", controllerName)
	}
	public, gateway := clientNet(0)
	b.Hosts = append(b.Hosts, hostPlan{
		Name: controllerName, Kind: manager, Router: router, Port: port, Segment: s.Name,
		Address: netip.PrefixFrom(b.taken.highest(s.Subnet), s.Subnet.Bits()), Public: public, Gateway: gateway,
	})
	return nil
}

// homeOf returns the segment in which a controller at that router sits, and the
// port: one with a service, if there is one.
func homeOf(t *tunnel.Topology, router string) (*tunnel.Segment, string) {
	var first *tunnel.Segment
	var port string
	for i := range t.Segments {
		s := &t.Segments[i]
		m, ok := s.Member(router)
		if !ok || len(m.Ports) == 0 {
			continue
		}
		if slices.ContainsFunc(t.Services, func(svc tunnel.Service) bool { return svc.Segment == s.Name }) {
			return s, m.Ports[0]
		}
		if first == nil {
			first, port = s, m.Ports[0]
		}
	}
	return first, port
}

// inside returns where each router's API answers inside the lab: at the address
// that the topology names, if that is one of an uplink, else at the first uplink.
func inside(t *tunnel.Topology, fingerprint string) map[string]spec.Endpoint {
	out := map[string]spec.Endpoint{}
	for _, r := range t.Routers {
		at := insideAddress(r)
		if at.IsValid() {
			out[r.Name] = spec.Endpoint{Address: at.String(), Fingerprint: "sha256:" + fingerprint}
		}
	}
	return out
}

// Ports of RouterOS's api and api-ssl services (MikroTik manual, "API").
const (
	apiPort    = 8728
	apiSSLPort = 8729
)

// insideAddress is where one router's API answers inside the lab.
func insideAddress(r tunnel.Router) netip.AddrPort {
	port := uint16(apiSSLPort)
	if r.Credentials.TLS.Off {
		port = apiPort
	}
	named, err := netip.ParseAddr(r.Address)
	if ap, e := netip.ParseAddrPort(r.Address); e == nil {
		named, port, err = ap.Addr(), ap.Port(), nil
	}
	for _, u := range r.Uplinks {
		if err == nil && u.Address == named {
			return netip.AddrPortFrom(named, port)
		}
	}
	for _, u := range r.Uplinks {
		if u.Address.Is4() {
			if port != apiPort {
				port = apiSSLPort
			}
			return netip.AddrPortFrom(u.Address, port)
		}
	}
	return netip.AddrPort{}
}

// apiPorts are the ports on which a router's API is served inside: the usual ones
// and the one that the topology names.
func apiPorts(r tunnel.Router) []string {
	ports := []string{strconv.Itoa(apiPort), strconv.Itoa(apiSSLPort)}
	if at := insideAddress(r); at.IsValid() && at.Port() != apiPort && at.Port() != apiSSLPort {
		ports = append(ports, strconv.Itoa(int(at.Port())))
	}
	return ports
}
