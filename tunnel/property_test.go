package tunnel

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestExpandProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		known := drawOthers(t, top)
		links, err := Expand(top, known)
		if err != nil {
			return // no id is free on both ends of some tunnel
		}
		checkShape(t, top, links)
		checkIdentity(t, known, links)

		again, err := Expand(top, learn(known, links))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(links, again, equal); diff != "" {
			t.Fatalf("a second run changes tunnels: %s", diff)
		}
	})
}

// checkShape holds that links join what the shapes say.
func checkShape(t *rapid.T, top *Topology, links []Link) {
	for _, s := range top.Segments {
		joined := make(map[string]string) // union of the members, by any member
		root := func(r string) string {
			for joined[r] != "" {
				r = joined[r]
			}
			return r
		}
		n := 0
		for _, l := range links {
			if l.Segment != s.Name {
				continue
			}
			n++
			a, b := root(l.Routers[0]), root(l.Routers[1])
			if s.Shape == Hub && a == b {
				t.Fatalf("%s: loop at %v", s.Name, l.Routers)
			}
			if a != b {
				joined[a] = b
			}
			if (len(l.Tunnels) == 2) != (l.Redundancy != NoRedundancy) || (l.Redundancy == Bond) != (l.Bonds[0] != "") {
				t.Fatalf("%v: %d tunnels, %v, bonds %q", l.Routers, len(l.Tunnels), l.Redundancy, l.Bonds)
			}
		}
		m := len(s.Members)
		if want := map[Shape]int{Hub: m - 1, Mesh: m * (m - 1) / 2}[s.Shape]; n != want {
			t.Fatalf("%s: %d links, want %d", s.Name, n, want)
		}
		for _, member := range s.Members {
			if root(member.Router) != root(s.Members[0].Router) {
				t.Fatalf("%s: %s is cut off", s.Name, member.Router)
			}
		}
	}
}

// checkIdentity holds that ids, MAC addresses and names are unique where they
// must be, stay clear of those of others, and that ends mirror each other.
func checkIdentity(t *rapid.T, known Known, links []Link) {
	type on struct{ router, what string }
	seen := make(map[on]bool)
	once := func(router, what string) {
		if seen[on{router, what}] {
			t.Fatalf("%s twice on %s", what, router)
		}
		seen[on{router, what}] = true
	}
	for _, l := range links {
		for i, bond := range l.Bonds {
			if bond != "" {
				once(l.Routers[i], bond)
			}
		}
		for _, tun := range l.Tunnels {
			once(tun.Segment, tun.Name)
			if tun.ID == 0 || tun.MTU <= 0 {
				t.Fatalf("%s: id %d, MTU %d", tun.Name, tun.ID, tun.MTU)
			}
			if tun.Ends[0].Local != tun.Ends[1].Remote || tun.Ends[0].Remote != tun.Ends[1].Local {
				t.Fatalf("%s: ends do not mirror each other: %v", tun.Name, tun.Ends)
			}
			for i, e := range tun.Ends {
				if e.Router != l.Routers[i] {
					t.Fatalf("%s: end %d is on %s", tun.Name, i, e.Router)
				}
				once(e.Router, fmt.Sprint("id ", tun.ID))
				once(e.Router, e.Interface)
				once("everywhere", e.MAC)
				if owner, used := known.IDs[e.Router][tun.ID]; used {
					t.Fatalf("%s: id %d is taken on %s by %q", tun.Name, tun.ID, e.Router, owner)
				}
				if owner, used := known.Names[e.Router][e.Interface]; used && owner == "" {
					t.Fatalf("%s: name %s is taken on %s", tun.Name, e.Interface, e.Router)
				}
			}
		}
	}
}

// TestAddingASiteChangesNothing adds a router at any place of the file and to
// any segment, and holds that no tunnel changes that was there before.
func TestAddingASiteChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		known := drawOthers(t, top)
		links, err := Expand(top, known)
		if err != nil {
			return
		}
		known = learn(known, links)
		name := rapid.SampledFrom([]string{"A", "ab-new", "zz"}).Draw(t, "site")
		known.Names[name] = map[string]string{}
		site := Router{Name: name, Uplinks: []Uplink{{Name: "y", Address: netip.MustParseAddr("10.9.9.9"), MTU: 9000}}}
		top.Routers = slices.Insert(top.Routers, rapid.IntRange(0, len(top.Routers)).Draw(t, "place"), site)
		for i := range top.Segments {
			s := &top.Segments[i]
			m := Member{Router: name}
			if s.Shape == Hub {
				m.Parent = rapid.SampledFrom(s.Members).Draw(t, "parent").Router
			}
			s.Members = slices.Insert(slices.Clone(s.Members), rapid.IntRange(0, len(s.Members)).Draw(t, "place"), m)
		}
		after, err := Expand(top, known)
		if err != nil {
			return // no id is free for the new tunnels
		}
		before, now := tunnelsByMark(links), tunnelsByMark(after)
		for _, mark := range slices.Sorted(maps.Keys(before)) {
			was, is := before[mark], now[mark]
			was.MTU = is.MTU // with "auto" a narrower underlay lowers it for all
			if diff := cmp.Diff(was, is, equal); diff != "" {
				t.Fatalf("%s changes: %s", mark, diff)
			}
		}
	})
}

// TestExpandDoesNotDependOnOrder holds that without any knowledge a shuffled
// file makes the same tunnels.
func TestExpandDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		links, err := Expand(top, Known{})
		if err != nil {
			t.Fatal(err)
		}
		top.Routers = rapid.Permutation(top.Routers).Draw(t, "routers again")
		top.Segments = rapid.Permutation(top.Segments).Draw(t, "segments again")
		for i := range top.Segments {
			top.Segments[i].Members = rapid.Permutation(top.Segments[i].Members).Draw(t, "members again")
		}
		again, err := Expand(top, Known{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tunnelsByMark(links), tunnelsByMark(again), equal); diff != "" {
			t.Fatal(diff)
		}
	})
}
