//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"slices"

	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// A blueprint is what a topology becomes: boxes, addresses and cables, before
// anything is made.
type blueprint struct {
	Routers []routerPlan
	Hosts   []hostPlan
	Notes   []string // what of the topology has no place in a lab
	taken   *taken
}

// A routerPlan is one router as its owner set it up before the first apply.
type routerPlan struct {
	Device  emulator.Config
	Uplinks []uplinkPlan
	Ports   []string // LAN ports with a cable
	API     []string // TCP ports of the API inside the lab
	// Gateways are the addresses that the owner gives to bridges once they are there.
	Gateways []gatewayPlan
}

// A gatewayPlan is a router's own address in a segment.
type gatewayPlan struct {
	Bridge  string
	Address netip.Prefix
}

// An uplinkPlan is one WAN cable.
type uplinkPlan struct {
	Name    string
	Ether   string
	Address netip.Addr
	Prefix  netip.Prefix
	MTU     int
	Gateway netip.Addr // the provider's end
}

// A kind is what a host is there for.
type kind string

const (
	server  kind = "server"     // runs a service of the topology
	pc      kind = "pc"         // sits on a segment and answers pings
	client  kind = "client"     // somewhere on the internet
	manager kind = "controller" // sits on a segment and on the internet
)

// A hostPlan is one host.
type hostPlan struct {
	Name    string
	Kind    kind
	Router  string // whose port it is plugged into; empty for clients
	Port    string
	Segment string
	Address netip.Prefix // of eth0
	Public  netip.Prefix // of eth1, for a controller: its way out
	Gateway netip.Addr
	Service string
	HTTP    []uint16            // ports of the built-in web server
	TCP     []uint16            // ports of the built-in echo
	DB      *tunnel.Replication // of the service's database, if databases are asked for
}

// clientNet numbers clients: 100.64.N.2 behind 100.64.N.1 (RFC 6598 space).
func clientNet(n int) (host netip.Prefix, gateway netip.Addr) {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, byte(n), 2}), 24), netip.AddrFrom4([4]byte{100, 64, byte(n), 1})
}

// draw makes the blueprint of a topology with a number of clients.
func draw(t *tunnel.Topology, versions []string, clients int, password func(tunnel.SecretRef) (routeros.Secret, error)) *blueprint {
	taken := newTaken(t)
	b := &blueprint{taken: taken}
	for i, c := range emulate.Devices(t, versions, password) {
		r := &t.Routers[i]
		p := routerPlan{Device: c, API: apiPorts(*r)}
		for j, u := range r.Uplinks {
			prefix := netip.MustParsePrefix(c.Addresses[j].Address)
			p.Uplinks = append(p.Uplinks, uplinkPlan{
				Name: u.Name, Ether: c.Addresses[j].Interface, Address: u.Address, Prefix: prefix, MTU: u.MTU,
				Gateway: taken.gateway(u, prefix),
			})
		}
		b.Routers = append(b.Routers, p)
	}
	for i := range t.Segments {
		b.segment(t, &t.Segments[i], taken)
	}
	for n := range clients {
		addr, gw := clientNet(n + 1)
		b.Hosts = append(b.Hosts, hostPlan{Name: fmt.Sprintf("client%d", n+1), Kind: client, Address: addr, Gateway: gw})
	}
	return b
}

// router returns the plan of a router.
func (b *blueprint) router(name string) *routerPlan {
	for i := range b.Routers {
		if b.Routers[i].Device.Name == name {
			return &b.Routers[i]
		}
	}
	return nil
}

// segment gives each member an address for its bridge, and plugs the servers of
// services into its first port, or a pc where there is none.
func (b *blueprint) segment(t *tunnel.Topology, s *tunnel.Segment, taken *taken) {
	for _, m := range s.Members {
		if len(m.Ports) == 0 {
			continue
		}
		r := b.router(m.Router)
		port := m.Ports[0]
		gateway := taken.lowest(s.Subnet)
		r.Gateways = append(r.Gateways, gatewayPlan{s.Bridge, netip.PrefixFrom(gateway, s.Subnet.Bits())})
		hosts := servers(t, s, m.Router)
		if len(hosts) == 0 {
			name := "pc-" + m.Router
			if b.host(name) {
				name += "-" + s.Name
			}
			hosts = []hostPlan{{Name: name, Kind: pc, Address: netip.PrefixFrom(taken.highest(s.Subnet), s.Subnet.Bits())}}
		}
		for _, h := range hosts {
			h.Router, h.Port, h.Segment, h.Gateway = m.Router, port, s.Name, gateway
			if b.host(h.Name) {
				h.Name += "-" + s.Name
			}
			b.Hosts = append(b.Hosts, h)
		}
		r.Ports = append(r.Ports, port)
	}
	for _, svc := range t.Services {
		for _, srv := range svc.Servers {
			if svc.Segment == s.Name && !b.host(srv.Name) && !b.host(srv.Name+"-"+s.Name) {
				b.Notes = append(b.Notes, fmt.Sprintf("server %s has no place: %s has no port in segment %s", srv.Name, srv.Router, s.Name))
			}
		}
	}
}

func (b *blueprint) host(name string) bool {
	return slices.ContainsFunc(b.Hosts, func(h hostPlan) bool { return h.Name == name }) || b.router(name) != nil
}

// servers returns the hosts of services behind one router.
func servers(t *tunnel.Topology, s *tunnel.Segment, router string) []hostPlan {
	var out []hostPlan
	for i := range t.Services {
		svc := &t.Services[i]
		for _, srv := range svc.Servers {
			if svc.Segment != s.Name || srv.Router != router {
				continue
			}
			h := hostPlan{Name: srv.Name, Kind: server, Service: svc.Name, Address: netip.PrefixFrom(srv.Address, s.Subnet.Bits())}
			h.ports(svc)
			out = append(out, h)
		}
	}
	return out
}

// ports says what a server of svc listens on.
func (h *hostPlan) ports(svc *tunnel.Service) {
	web, db := map[uint16]bool{80: true, 8080: true}, map[uint16]bool{}
	for _, p := range svc.Probes {
		switch p.Type {
		case tunnel.ProbeHTTP, tunnel.ProbeHTTPS:
			web[p.Port] = true
		case tunnel.ProbeMySQL:
			db[p.Port] = true
		case tunnel.ProbeICMP, tunnel.ProbeTCP, tunnel.ProbeUnknown:
		}
	}
	if svc.Replication.Engine != tunnel.EngineUnknown {
		h.DB = &svc.Replication
		db[portOf(h.DB)] = true
	}
	for _, p := range svc.Ports {
		switch {
		case web[p]:
			h.HTTP = append(h.HTTP, p)
		case !db[p]:
			h.TCP = append(h.TCP, p)
		}
	}
}

// databasePort is where a database listens, unless the topology says otherwise.
const databasePort = 3306

func portOf(r *tunnel.Replication) uint16 {
	if r.Port != 0 {
		return r.Port
	}
	return databasePort
}

// taken knows the addresses of a topology, to find free ones.
type taken struct{ addrs map[netip.Addr]bool }

func newTaken(t *tunnel.Topology) *taken {
	k := &taken{addrs: map[netip.Addr]bool{}}
	for _, r := range t.Routers {
		for _, u := range r.Uplinks {
			k.addrs[u.Address] = true
		}
	}
	for _, s := range t.Services {
		for _, srv := range s.Servers {
			k.addrs[srv.Address] = true
		}
		if s.Switch.VRRP != nil {
			k.addrs[s.Switch.VRRP.Address] = true
		}
	}
	return k
}

// gateway returns the provider's address on an uplink: what the file says, or
// the last free one of the subnet. Uplinks of one subnet share it.
func (k *taken) gateway(u tunnel.Uplink, p netip.Prefix) netip.Addr {
	if u.Gateway.IsValid() {
		return u.Gateway
	}
	a := last(p)
	for k.addrs[a] {
		a = a.Prev()
	}
	return a
}

// lowest and highest take the first and the last free address of a subnet.
func (k *taken) lowest(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().Next()
	for k.addrs[a] {
		a = a.Next()
	}
	k.addrs[a] = true
	return a
}

func (k *taken) highest(p netip.Prefix) netip.Addr {
	a := last(p)
	for k.addrs[a] {
		a = a.Prev()
	}
	k.addrs[a] = true
	return a
}

// last returns the last host address of a subnet.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	host := uint32(1)<<(32-p.Bits()) - 1
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]) | host
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).Prev()
}
