package status_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/status"
)

// twoSites is two routers joined by a bond of two tunnels.
func twoSites() *tunnel.Topology {
	router := func(name string, last byte) tunnel.Router {
		return tunnel.Router{Name: name, Address: name + ":8728", Uplinks: []tunnel.Uplink{
			{Name: "metro", Address: netip.AddrFrom4([4]byte{198, 51, 100, last}), MTU: 1500},
			{Name: "lte", Address: netip.AddrFrom4([4]byte{203, 0, 113, last}), MTU: 1500},
		}}
	}
	return &tunnel.Topology{
		Routers: []tunnel.Router{router("jkt", 1), router("sby", 2)},
		Segments: []tunnel.Segment{{
			Name: "lan", Bridge: "br-lan", Shape: tunnel.Hub, Hubs: []string{"jkt"},
			Members: []tunnel.Member{{Router: "jkt", Ports: []string{"ether2"}}, {Router: "sby", Parent: "jkt", Ports: []string{"ether2"}}},
			Tunnels: tunnel.TunnelSettings{MTU: 1500, Redundancy: tunnel.Bond},
		}},
	}
}

// well is both routers with everything as it should be.
func well(t *testing.T, top *tunnel.Topology) map[string]*plan.Observed {
	t.Helper()
	links, err := tunnel.Expand(top, tunnel.Known{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*plan.Observed{}
	for side, name := range []string{"jkt", "sby"} {
		o := &plan.Observed{Router: name, Version: "7.16.1 (stable)", Menus: map[string][]plan.Row{}}
		add := func(menu string, row plan.Row) { o.Menus[menu] = append(o.Menus[menu], row) }
		add(plan.MenuBridge, plan.Row{"name": "br-lan", "comment": "jembatan:lan/bridge", "running": "true", "actual-mtu": "1500"})
		add(plan.MenuBridgePort, plan.Row{"interface": "ether2", "bridge": "br-lan", "comment": "jembatan:lan/port.ether2", "inactive": "false"})
		port := func(iface string) {
			add(plan.MenuBridgePort, plan.Row{
				"interface": iface, "bridge": "br-lan", "comment": plan.PortMark("lan", iface), "inactive": "false",
			})
		}
		for i := range links[0].Tunnels {
			if links[0].Redundancy != tunnel.Bond {
				port(links[0].Tunnels[i].Ends[side].Interface)
			}
			tun := &links[0].Tunnels[i]
			add(plan.MenuEoIP, plan.Row{
				"name": tun.Ends[side].Interface, "comment": tun.Mark(), "tunnel-id": "1",
				"running": "true", "actual-mtu": "1500",
			})
			add(plan.MenuInterface, plan.Row{
				"name": tun.Ends[side].Interface, "rx-byte": "10", "tx-byte": "20",
				"last-link-up-time": "2026-11-22 08:00:00", "last-link-down-time": "2026-11-22 09:00:00",
			})
		}
		if links[0].Redundancy == tunnel.Bond {
			add(plan.MenuBonding, plan.Row{"name": links[0].Bonds[side], "comment": links[0].Mark(), "running": "true"})
			port(links[0].Bonds[side])
		}
		out[name] = o
	}
	return out
}

func TestHealth(t *testing.T) {
	type seen struct {
		Link, Why            string
		First, Second        string // tunnels
		FirstEnd             string // of the first tunnel, on jkt
		BridgeJkt, BridgeSby string
	}
	allUp := seen{"up", "", "up", "up", "up", "up", "up"}
	set := func(menu string, i int, name, value string) func(o map[string]*plan.Observed) {
		return func(o map[string]*plan.Observed) { o["jkt"].Menus[menu][i][name] = value }
	}
	for name, c := range map[string]struct {
		spoil func(map[string]*plan.Observed)
		want  func(*seen)
	}{
		"all well": {func(map[string]*plan.Observed) {}, func(*seen) {}},
		"one end hears nothing": {set(plan.MenuEoIP, 0, "running", "false"), func(s *seen) {
			s.Link, s.Why, s.First, s.FirstEnd = "degraded", "one of its tunnels is down", "down", "down"
		}},
		"one end disabled": {set(plan.MenuEoIP, 0, "disabled", "yes"), func(s *seen) {
			s.Link, s.Why, s.First, s.FirstEnd = "degraded", "one of its tunnels is down", "down", "down"
		}},
		"one end gone": {func(o map[string]*plan.Observed) { o["jkt"].Menus[plan.MenuEoIP] = o["jkt"].Menus[plan.MenuEoIP][1:] }, func(s *seen) {
			s.Link, s.Why, s.First, s.FirstEnd = "degraded", "one of its tunnels is missing", "missing", "missing"
		}},
		"the bond does not run": {set(plan.MenuBonding, 0, "running", "false"), func(s *seen) {
			s.Link, s.Why = "down", "bond-lan-sby on jkt: not running"
		}},
		"a port is inactive":     {set(plan.MenuBridgePort, 0, "inactive", "true"), func(s *seen) { s.BridgeJkt = "degraded" }},
		"the bridge is not ours": {set(plan.MenuBridge, 0, "comment", "mine"), func(s *seen) { s.BridgeJkt = "missing" }},
		"a router cannot be read": {func(o map[string]*plan.Observed) {
			o["jkt"] = &plan.Observed{Router: "jkt", Unread: "timeout"}
		}, func(s *seen) {
			*s = seen{"unknown", "bond-lan-sby on jkt: timeout", "unknown", "unknown", "unknown", "unknown", "up"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			top := twoSites()
			o := well(t, top)
			c.spoil(o)
			r, err := status.Of(top, []*plan.Observed{o["jkt"], o["sby"]})
			if err != nil {
				t.Fatal(err)
			}
			want := allUp
			c.want(&want)
			l := r.Links[0]
			got := seen{
				l.Health.String(), l.Why, l.Tunnels[0].Health.String(), l.Tunnels[1].Health.String(),
				l.Tunnels[0].Ends[0].Health.String(), r.Bridges[0].Health.String(), r.Bridges[1].Health.String(),
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if well := name == "all well"; r.AllWell() != well {
				t.Errorf("AllWell is %v", !well)
			}
		})
	}
}

// TestEndFacts checks what a report says of one end.
func TestEndFacts(t *testing.T) {
	top := twoSites()
	o := well(t, top)
	r, err := status.Of(top, []*plan.Observed{o["jkt"], o["sby"]})
	if err != nil {
		t.Fatal(err)
	}
	want := status.End{
		Router: "jkt", Interface: "eoip-lan-sby-metro", Health: status.Up, MTU: 1500,
		Changed: "2026-11-22 08:00:00", RxBytes: 10, TxBytes: 20,
	}
	if d := cmp.Diff(want, r.Links[0].Tunnels[0].Ends[0]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
