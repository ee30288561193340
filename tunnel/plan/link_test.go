package plan_test

import (
	"slices"
	"testing"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// leftovers is a plan for two routers of which one has tunnels of ours that the
// topology does not have.
func leftovers(t *testing.T, marks ...string) (*network, *tunnel.Topology) {
	t.Helper()
	top, problems := spec.Parse("site.yaml", []byte(`
version: 1
credentials: {user: jembatan, password: {env: P}, tls: off}
routers:
  dc-1: {address: 198.51.100.1, uplinks: {wan: {address: 198.51.100.1}}}
  sby-1: {address: 198.51.100.2, uplinks: {wan: {address: 198.51.100.2}}}
  jkt-1: {address: 198.51.100.3, uplinks: {wan: {address: 198.51.100.3}}}
  "1": {address: 198.51.100.4, uplinks: {wan: {address: 198.51.100.4}}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [dc-1]
    members: {dc-1: {}, sby-1: {}}
    tunnels: {mtu: auto, keepalive: "1s,3", redundancy: none}
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	n := newNetwork(top)
	for i, mark := range marks {
		n.routers["dc-1"].add(plan.MenuEoIP, map[string]string{
			"name": "old" + string(rune('0'+i)), "tunnel-id": string(rune('1' + i)), "comment": tunnel.Mark("servers", mark),
		})
	}
	return n, top
}

func unitNames(p *plan.Plan) []string {
	var out []string
	for _, u := range p.Units {
		if slices.ContainsFunc(u.Steps, func(s plan.Step) bool { return s.Op == plan.Remove }) {
			out = append(out, u.Name)
		}
	}
	return out
}

// TestRouterThatLeftTheFile has a tunnel to a router that no name of the topology
// fits: it is a unit of its own. Where its bond is there, that tells the router.
func TestRouterThatLeftTheFile(t *testing.T) {
	n, top := leftovers(t, "dc-1.wan-mdn-2.wan", "dc-1.lte-mdn-2.lte")
	want := []string{"servers/dc-1.lte-mdn-2.lte", "servers/dc-1.wan-mdn-2.wan"}
	if got := unitNames(diff(t, top, n, false)); !slices.Equal(got, want) {
		t.Errorf("units %q, want %q", got, want)
	}
	n.routers["dc-1"].add(plan.MenuBonding, map[string]string{
		"name": "old-bond", "slaves": "old0,old1", "comment": tunnel.Mark("servers", "dc-1-mdn-2"),
	})
	if got, want := unitNames(diff(t, top, n, false)), []string{"servers/dc-1-mdn-2"}; !slices.Equal(got, want) {
		t.Errorf("units %q, want %q", got, want)
	}
}

// TestFarEndMayBeUnread has a tunnel whose mark may mean two routers: it stays
// while one of them is unread.
func TestFarEndMayBeUnread(t *testing.T) {
	n, top := leftovers(t, "dc-1.wan-jkt-1.wan")
	n.routers["jkt-1"].observed.Unread = "dial tcp 198.51.100.3:8729: i/o timeout"
	p := diff(t, top, n, false)
	if got := unitNames(p); got != nil || !p.IsBlocked() {
		t.Errorf("one end of a tunnel goes: %q", got)
	}
	n.routers["jkt-1"].observed.Unread = ""
	if got := unitNames(diff(t, top, n, false)); len(got) != 1 {
		t.Errorf("units %q", got)
	}
}
