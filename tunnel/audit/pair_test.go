package audit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPairing plays testdata/pairing: the routers of the other stories, changed,
// and which ends then belong together.
func TestPairing(t *testing.T) {
	datadriven.Walk(t, "testdata/pairing", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var b strings.Builder
			for _, x := range newNetwork(play(t, d).input).Tunnels {
				fmt.Fprintf(&b, "%s %s: %s\n", x.State, x.Subject(), x.Why.EN)
			}
			return b.String()
		})
	})
}

// made is a made-up network: routers with addresses of their own, and tunnels
// between pairs of them, each with an id of its own or, on other addresses, one
// that is used again.
func made(t *rapid.T) (routers []*Router, want []string) {
	n := rapid.IntRange(2, 7).Draw(t, "routers")
	for i := range n {
		r := &Router{
			Name: fmt.Sprintf("r%d", i), Identity: fmt.Sprintf("r%d", i), Version: "7.20.4", Scope: "/", Shown: true,
			Source: Source{Kind: Export, Where: fmt.Sprintf("r%d.rsc", i), Time: clock}, Menus: map[string][]Row{},
		}
		for u := range 2 {
			r.Menus[MenuAddress] = append(r.Menus[MenuAddress], Row{Line: u + 1, Fields: []Field{
				{Name: "address", Value: netip.AddrFrom4([4]byte{10, byte(u), byte(i), 1}).String() + "/24"}, {Name: "interface", Value: fmt.Sprintf("ether%d", u)},
			}})
		}
		routers = append(routers, r)
	}
	used := map[[2]int]bool{}
	for k := range rapid.IntRange(0, 12).Draw(t, "tunnels") {
		a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
		path := rapid.IntRange(0, 1).Draw(t, "path")
		if a > b {
			a, b = b, a
		}
		if a == b || used[[2]int{a*10 + b, path}] {
			continue
		}
		used[[2]int{a*10 + b, path}] = true
		id := rapid.IntRange(1, 4).Draw(t, "id")
		local := rapid.Bool().Draw(t, "local")
		for _, side := range [][2]int{{a, b}, {b, a}} {
			fields := []Field{
				{Name: "name", Value: fmt.Sprintf("t%d", k)},
				{Name: "tunnel-id", Value: fmt.Sprint(id)},
				{Name: "remote-address", Value: fmt.Sprintf("10.%d.%d.1", path, side[1])},
			}
			if local || path > 0 {
				fields = append(fields, Field{Name: "local-address", Value: fmt.Sprintf("10.%d.%d.1", path, side[0])})
			}
			routers[side[0]].Menus[MenuEoIP] = append(routers[side[0]].Menus[MenuEoIP], Row{Line: 10 + k, Fields: fields})
		}
		want = append(want, fmt.Sprintf("r%d/t%d - r%d/t%d", a, k, b, k))
	}
	slices.Sort(want)
	return routers, want
}

// TestEveryTunnelIsFound pairs made-up networks without a mistake in them.
func TestEveryTunnelIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		routers, want := made(t)
		var got []string
		for _, x := range newNetwork(Input{Routers: routers, Now: clock}).Tunnels {
			if x.State != Paired {
				t.Fatalf("%s is %s: %s", x.Subject(), x.State, x.Why.EN)
			}
			got = append(got, x.Subject())
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// TestOrderDoesNotMatter audits one network in several orders of its routers.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		routers, _ := made(t)
		first := encoded(t, routers)
		if d := cmp.Diff(first, encoded(t, rapid.Permutation(routers).Draw(t, "order"))); d != "" {
			t.Fatal(d)
		}
	})
}

func encoded(t *rapid.T, routers []*Router) string {
	r := Run(Input{Routers: slices.Clone(routers), Now: clock, Seal: NewSealer([]byte("k"))})
	out, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
