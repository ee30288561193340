package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// drawDashed makes a tree over routers of those names, every dash of which could
// be the one between two others. Uplinks have names anew each time, and links
// run over any of them.
func drawDashed(t *rapid.T, names []string) *tunnel.Topology {
	top := &tunnel.Topology{}
	seg := tunnel.Segment{Name: "lan", Subnet: netip.MustParsePrefix("192.168.1.0/24"), Bridge: "br-lan", Shape: tunnel.Hub}
	seg.Tunnels.MTU = 1500
	seg.Tunnels.Redundancy = rapid.SampledFrom([]tunnel.Redundancy{tunnel.NoRedundancy, tunnel.Bond, tunnel.RSTP}).Draw(t, "redundancy")
	uplink := rapid.SampledFrom([]string{"x", "y", "x-a", "x-1"})
	for i, name := range names {
		r := tunnel.Router{Name: name, Address: fmt.Sprintf("10.0.0.%d:8728", i+1)}
		for j, u := range rapid.SliceOfNDistinct(uplink, 2, 2, rapid.ID[string]).Draw(t, name) {
			r.Uplinks = append(r.Uplinks, tunnel.Uplink{Name: u, Address: netip.AddrFrom4([4]byte{198, 51, byte(100 + j), byte(i + 1)}), MTU: 1500})
		}
		top.Routers = append(top.Routers, r)
	}
	order := rapid.Permutation(names).Draw(t, "members")
	order = order[:rapid.IntRange(2, len(order)).Draw(t, "size")]
	seg.Hubs = order[:1]
	seg.Members = []tunnel.Member{{Router: order[0], Ports: []string{"ether2"}}}
	for i, name := range order[1:] {
		parent := order[rapid.IntRange(0, i).Draw(t, "parent")]
		seg.Members = append(seg.Members, tunnel.Member{Router: name, Parent: parent})
		if rapid.Bool().Draw(t, "paired") {
			a, b := top.Routers[slices.Index(names, name)], top.Routers[slices.Index(names, parent)]
			seg.Tunnels.Pairs = append(seg.Tunnels.Pairs, tunnel.UplinkPair{
				{Router: name, Uplink: a.Uplinks[rapid.IntRange(0, 1).Draw(t, "here")].Name},
				{Router: parent, Uplink: b.Uplinks[rapid.IntRange(0, 1).Draw(t, "there")].Name},
			})
		}
	}
	top.Segments = []tunnel.Segment{seg}
	return top
}

// TestReshapeWithDashes goes from one tree over the same routers to another, with
// other parents, pairs and names of uplinks, and then removes it: every plan is
// carried out as it stands, nothing remains to be done, and in the end nothing is
// left.
func TestReshapeWithDashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := []string{"1", "1-1", "a", "a-1", "a-b", "b", "b-a", "dc-1"}
		names := rapid.Permutation(pool).Draw(t, "routers")[:rapid.IntRange(3, len(pool)).Draw(t, "n")]
		var n *network
		before := ""
		var top *tunnel.Topology
		for range rapid.IntRange(2, 4).Draw(t, "shapes") {
			next := drawDashed(t, names)
			if _, err := tunnel.Expand(next, tunnel.Known{}); err != nil {
				continue // Two tunnels with one name are refused.
			}
			top = next
			if n == nil {
				n = newNetwork(top)
				before = n.state()
			}
			checkUnits(t, diff(t, top, n, false))
			converge(t, top, n)
		}
		if n == nil {
			return
		}
		p := diff(t, top, n, true)
		checkUnits(t, p)
		if err := n.carry(p); err != nil {
			t.Fatal(err)
		}
		if got := n.state(); got != before {
			t.Fatalf("not what it was before (-want +got):\n%s", cmp.Diff(before, got))
		}
	})
}

// checkUnits holds that units have names of their own, stand behind those that
// they wait for, and take both ends of a tunnel or none.
func checkUnits(t *rapid.T, p *plan.Plan) {
	seen := map[string]bool{}
	removed := map[string]string{}
	for _, u := range p.Units {
		if seen[u.Name] {
			t.Fatalf("two units are called %s", u.Name)
		}
		for _, name := range u.After {
			if !seen[name] {
				t.Fatalf("%s waits for %s, which is not before it", u.Name, name)
			}
		}
		seen[u.Name] = true
		if len(u.Routers) > 2 {
			t.Fatalf("%s is on %v", u.Name, u.Routers)
		}
		for _, s := range u.Steps {
			if !slices.Contains(u.Routers, s.Router) {
				t.Fatalf("%s on %v has a step on %s", u.Name, u.Routers, s.Router)
			}
			if s.Menu != plan.MenuEoIP || s.Op != plan.Remove {
				continue
			}
			if other := removed[s.Mark]; other != "" && other != u.Name {
				t.Fatalf("%s goes in %s and in %s", s.Mark, other, u.Name)
			}
			removed[s.Mark] = u.Name
		}
	}
}
