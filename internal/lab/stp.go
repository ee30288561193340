//go:build linux

package lab

import (
	"cmp"
	"net/netip"

	"jembatan/internal/packet/wire"
)

// A bridgePort is a tunnel or a bond in a bridge that runs spanning tree.
type bridgePort struct {
	router, bridge string
	priority       int // of the bridge
	mac            string
	cost, port     int // of the port: path cost, and priority with number
	tunnels        []*wire.Tunnel
	local          []wire.Config
}

// tree gathers the ports of the graph anew.
func (s *pass) tree() {
	var graph []bridgePort
	for _, b := range s.c.menus["interface/bridge"] {
		if b["protocol-mode"] == "none" || !b.enabled() {
			continue
		}
		for i, p := range s.c.menus["interface/bridge/port"] {
			if p["bridge"] != b["name"] || !p.enabled() {
				continue
			}
			if g := s.treePort(b, p, i); len(g.tunnels) > 0 {
				graph = append(graph, g)
			}
		}
	}
	addrs := map[netip.Addr]bool{}
	for _, x := range s.c.menus["ip/address"] {
		if p, err := netip.ParsePrefix(x["address"]); err == nil && x.enabled() {
			addrs[p.Addr()] = true
		}
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.graph, s.r.addrs = graph, addrs
}

// treePort is the i-th port p of bridge b with the tunnels behind it.
func (s *pass) treePort(b, p row, i int) bridgePort {
	g := bridgePort{
		router: s.r.name(), bridge: b["name"], priority: b.number("priority"), mac: b["mac-address"],
		cost: max(1, p.number("actual-path-cost")), port: p.number("priority")<<12 | i,
	}
	for _, t := range s.r.tunnels {
		if t.tunnel != nil && (t.name == p["interface"] || t.bond != nil && t.bond.name == p["interface"]) {
			g.tunnels = append(g.tunnels, t.tunnel)
			g.local = append(g.local, t.config)
		}
	}
	return g
}

// A bridgeID orders bridges as IEEE 802.1D does: priority, then MAC address.
type bridgeID struct {
	priority int
	mac      string
	router   string
	name     string
}

func (a bridgeID) compare(b bridgeID) int {
	return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.mac, b.mac), cmp.Compare(a.router, b.router), cmp.Compare(a.name, b.name))
}

func (p *bridgePort) id() bridgeID { return bridgeID{p.priority, p.mac, p.router, p.bridge} }

// An edge joins two ports, by their index.
type edge struct{ a, b int }

// roles returns which ports discard: RSTP's outcome (IEEE 802.1D-2004, 17.6),
// computed at once from the whole picture. Alternate is set for ports that are
// neither root nor designated port of their link.
func roles(ports []bridgePort, edges []edge) (alternate []bool) {
	type label struct {
		root bridgeID
		cost int
		from bridgeID
		port int
	}
	less := func(a, b label) bool {
		return cmp.Or(a.root.compare(b.root), cmp.Compare(a.cost, b.cost), a.from.compare(b.from), cmp.Compare(a.port, b.port)) < 0
	}
	best, rootPort := map[bridgeID]label{}, map[bridgeID]int{}
	for i := range ports {
		id := ports[i].id()
		best[id], rootPort[id] = label{root: id, from: id}, -1
	}
	for changed, n := true, 0; changed && n <= len(ports)+1; n++ {
		changed = false
		for _, e := range edges {
			for _, d := range [2]edge{{e.a, e.b}, {e.b, e.a}} {
				from, to := &ports[d.a], &ports[d.b]
				l := best[from.id()]
				offer := label{l.root, l.cost + to.cost, from.id(), from.port}
				if old := best[to.id()]; less(offer, old) {
					best[to.id()], rootPort[to.id()] = offer, d.b
					changed = true
				}
			}
		}
	}
	alternate = make([]bool, len(ports))
	for _, e := range edges {
		a, b := &ports[e.a], &ports[e.b]
		la, lb := best[a.id()], best[b.id()]
		la.from, la.port, lb.from, lb.port = a.id(), a.port, b.id(), b.port
		loser := e.b
		if less(lb, la) {
			loser = e.a
		}
		if rootPort[ports[loser].id()] != loser {
			alternate[loser] = true
		}
	}
	return alternate
}

// block computes the spanning tree of the whole lab and blocks what it blocks.
func (w *world) block() {
	var ports []bridgePort
	owner := map[netip.Addr]string{}
	for _, r := range w.routers {
		r.mu.Lock()
		ports = append(ports, r.graph...)
		for a := range r.addrs {
			owner[a] = r.name()
		}
		r.mu.Unlock()
	}
	var edges []edge
	for i := range ports {
		for j := i + 1; j < len(ports); j++ {
			if joined(&ports[i], &ports[j], owner) {
				edges = append(edges, edge{i, j})
			}
		}
	}
	for i, alternate := range roles(ports, edges) {
		for _, t := range ports[i].tunnels {
			t.Block(alternate)
		}
	}
}

// joined reports whether two ports are the ends of a link that works.
func joined(a, b *bridgePort, owner map[netip.Addr]string) bool {
	for i, x := range a.local {
		for j, y := range b.local {
			if x.ID == y.ID && owner[x.Remote] == b.router && owner[y.Remote] == a.router &&
				a.tunnels[i].Running() && b.tunnels[j].Running() {
				return true
			}
		}
	}
	return false
}
