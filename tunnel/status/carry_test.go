package status_test

import (
	"testing"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/status"
)

// TestOutsideTheBridge takes tunnels and bonds out of their bridge while they
// run: the link does not carry the segment, and status says so.
func TestOutsideTheBridge(t *testing.T) {
	set := func(router string, i int, name, value string) func(map[string]*plan.Observed) {
		return func(o map[string]*plan.Observed) { o[router].Menus[plan.MenuBridgePort][i][name] = value }
	}
	remove := func(o map[string]*plan.Observed) {
		o["jkt"].Menus[plan.MenuBridgePort] = o["jkt"].Menus[plan.MenuBridgePort][:1]
	}
	both := func(fs ...func(map[string]*plan.Observed)) func(map[string]*plan.Observed) {
		return func(o map[string]*plan.Observed) {
			for _, f := range fs {
				f(o)
			}
		}
	}
	second := func(o map[string]*plan.Observed) { o["jkt"].Menus[plan.MenuEoIP][1]["running"] = "false" }
	for name, c := range map[string]struct {
		redundancy  tunnel.Redundancy
		spoil       func(map[string]*plan.Observed)
		health, why string
	}{
		"bond: no port":            {tunnel.Bond, remove, "down", "bond-lan-sby on jkt: no bridge port of ours for it"},
		"bond: port disabled":      {tunnel.Bond, set("sby", 1, "disabled", "true"), "down", "bond-lan-jkt on sby: its bridge port is disabled"},
		"bond: port inactive":      {tunnel.Bond, set("jkt", 1, "inactive", "true"), "down", "bond-lan-sby on jkt: its bridge port is inactive"},
		"bond: elsewhere":          {tunnel.Bond, set("jkt", 1, "bridge", "br-x"), "down", "bond-lan-sby on jkt: in the bridge br-x, not br-lan"},
		"bond: port for another":   {tunnel.Bond, set("jkt", 1, "interface", "ether9"), "down", "bond-lan-sby on jkt: its bridge port is for ether9"},
		"rstp: one port disabled":  {tunnel.RSTP, set("jkt", 1, "disabled", "true"), "degraded", "eoip-lan-sby-metro on jkt: its bridge port is disabled"},
		"rstp: both elsewhere":     {tunnel.RSTP, both(set("jkt", 1, "bridge", "br-x"), set("sby", 2, "bridge", "br-x")), "down", "eoip-lan-jkt-lte on sby: in the bridge br-x, not br-lan"},
		"rstp: one out, one down":  {tunnel.RSTP, both(set("jkt", 1, "bridge", "br-x"), second, set("jkt", 2, "inactive", "true")), "down", "eoip-lan-sby-metro on jkt: in the bridge br-x, not br-lan"},
		"rstp: one down, as usual": {tunnel.RSTP, both(second, set("jkt", 2, "inactive", "true")), "degraded", "one of its tunnels is down"},
		"rstp: all well":           {tunnel.RSTP, both(), "up", ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := twoSites()
			top.Segments[0].Tunnels.Redundancy = c.redundancy
			o := well(t, top)
			c.spoil(o)
			r, err := status.Of(top, []*plan.Observed{o["jkt"], o["sby"]})
			if err != nil {
				t.Fatal(err)
			}
			if l := r.Links[0]; l.Health.String() != c.health || l.Why != c.why {
				t.Errorf("%s %q, want %s %q", l.Health, l.Why, c.health, c.why)
			}
			if r.AllWell() != (c.health == "up") {
				t.Error("AllWell says otherwise")
			}
		})
	}
}

// TestSingleTunnelOutsideTheBridge does the same to a link of one tunnel.
func TestSingleTunnelOutsideTheBridge(t *testing.T) {
	top := twoSites()
	for i := range top.Routers {
		top.Routers[i].Uplinks = top.Routers[i].Uplinks[:1]
	}
	top.Segments[0].Tunnels.Redundancy = tunnel.RSTP
	o := well(t, top)
	o["sby"].Menus[plan.MenuBridgePort][1]["bridge"] = "br-x"
	r, err := status.Of(top, []*plan.Observed{o["jkt"], o["sby"]})
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Links[0]; l.Kind != "tunnel" || l.Health != status.Down || l.Why == "" {
		t.Errorf("%+v", l)
	}
}
