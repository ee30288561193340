package tunnel

import (
	"fmt"
	"net/netip"

	"pgregory.net/rapid"
)

// drawRouters makes routers with one to three uplinks whose names overlap.
func drawRouters(t *rapid.T, n int) []Router {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), n, n, rapid.ID[string]).Draw(t, "routers")
	out := make([]Router, n)
	for i, name := range names {
		out[i].Name = name
		for j, u := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 1, 3, rapid.ID[string]).Draw(t, name) {
			out[i].Uplinks = append(out[i].Uplinks, Uplink{
				Name: u, Address: netip.AddrFrom4([4]byte{10, byte(j), byte(i >> 8), byte(i)}),
				MTU: rapid.SampledFrom([]int{1420, 1480, 1500, 9000}).Draw(t, "mtu"),
			})
		}
	}
	return out
}

// drawSegment makes a segment of two or more of the routers.
func drawSegment(t *rapid.T, name string, routers []Router) Segment {
	s := Segment{Name: name, Bridge: "br-" + name}
	order := rapid.Permutation(routers).Draw(t, name+" members")
	order = order[:rapid.IntRange(2, len(order)).Draw(t, name+" size")]
	s.Shape = rapid.SampledFrom([]Shape{Hub, Mesh}).Draw(t, name+" shape")
	s.Tunnels.Redundancy = rapid.SampledFrom([]Redundancy{NoRedundancy, Bond, RSTP}).Draw(t, name+" redundancy")
	if s.Shape == Mesh && s.Tunnels.Redundancy == RSTP {
		s.Tunnels.Redundancy = Bond
	}
	for i, r := range order {
		m := Member{Router: r.Name}
		if s.Shape == Hub && i > 0 {
			m.Parent = order[rapid.IntRange(0, i-1).Draw(t, "parent")].Name
		}
		s.Members = append(s.Members, m)
	}
	if s.Shape == Hub {
		s.Hubs = []string{order[0].Name}
		rest := rapid.Permutation(s.Members).Draw(t, name+" order")
		s.Members = rest
	}
	return s
}

func drawTopology(t *rapid.T) *Topology {
	top := &Topology{Routers: drawRouters(t, rapid.IntRange(3, 8).Draw(t, "n"))}
	for i := range rapid.IntRange(1, 3).Draw(t, "segments") {
		top.Segments = append(top.Segments, drawSegment(t, fmt.Sprintf("s%d", i), top.Routers))
	}
	return top
}

// drawOthers makes ids, MAC addresses and names that are not ours. The ids
// leave few free, so that hashes must be moved on.
func drawOthers(t *rapid.T, top *Topology) Known {
	k := Known{
		IDs: map[string]map[uint16]string{}, MACs: map[string]map[string]string{},
		Names: map[string]map[string]string{}, Tunnels: map[string]KnownTunnel{},
	}
	dense := rapid.IntRange(0, 12*len(top.Routers)).Draw(t, "dense") // perhaps one of the routers
	for i, r := range top.Routers {
		k.IDs[r.Name], k.MACs[r.Name], k.Names[r.Name] = map[uint16]string{}, map[string]string{}, map[string]string{}
		step := rapid.SampledFrom([]int{65535, 1000, 100}).Draw(t, "taken "+r.Name)
		if i == dense {
			step = 1
		}
		free := rapid.IntRange(1, 65000).Draw(t, "free "+r.Name)
		for id := 1; id <= 65535; id += step {
			if id < free || id > free+500 {
				k.IDs[r.Name][uint16(id)] = ""
			}
		}
		if rapid.Bool().Draw(t, "name "+r.Name) {
			k.Names[r.Name]["eoip-s0-"+top.Routers[0].Name] = ""
		}
	}
	return k
}

// learn adds to k what links put on the routers.
func learn(k Known, links []Link) Known {
	for _, l := range links {
		for i := range l.Bonds {
			if l.Bonds[i] != "" {
				k.Names[l.Routers[i]][l.Bonds[i]] = l.Mark()
			}
		}
		for _, tun := range l.Tunnels {
			k.Tunnels[tun.Mark()] = KnownTunnel{tun.ID, [2]string{tun.Ends[0].MAC, tun.Ends[1].MAC}}
			for _, e := range tun.Ends {
				k.IDs[e.Router][tun.ID] = tun.Mark()
				k.MACs[e.Router][e.MAC] = tun.Mark()
				k.Names[e.Router][e.Interface] = tun.Mark()
			}
		}
	}
	return k
}

func tunnelsByMark(links []Link) map[string]Tunnel {
	out := make(map[string]Tunnel)
	for _, l := range links {
		for _, tun := range l.Tunnels {
			out[tun.Mark()] = tun
		}
	}
	return out
}
