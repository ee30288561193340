package status

import (
	"fmt"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// carried lowers the health of a link that runs and does not carry the segment:
// keepalives go on while a tunnel, or the bond over it, is in no bridge. A link
// of which another tunnel runs and is in the bridge on both routers is degraded.
func (v *view) carried(l *tunnel.Link, out *Link) {
	if out.Kind == "bond" {
		for side, router := range l.Routers {
			row, _, _ := v.find(router, plan.MenuBonding, l.Mark())
			if why := v.outside(l.Segment, router, l.Bonds[side], row["name"]); why != "" {
				out.lower(Down, why)
			}
		}
		return
	}
	reason, health := "", Down
	for i := range l.Tunnels {
		why := ""
		for side, end := range l.Tunnels[i].Ends {
			if w := v.outside(l.Segment, end.Router, end.Interface, out.Tunnels[i].Ends[side].Interface); w != "" {
				why = w
			}
		}
		runs := out.Tunnels[i].Health == Up
		switch {
		case why == "" && runs:
			health = Degraded
		case why != "" && (runs || reason == ""):
			reason = why // That of a tunnel that runs says more.
		}
	}
	if reason != "" {
		out.lower(health, reason)
	}
}

// lower makes the health of a link worse, never better.
func (l *Link) lower(h Health, why string) {
	if h > l.Health {
		l.Health, l.Why = h, why
	}
}

// outside says why frames of the segment's bridge on a router do not reach an
// interface: planned is its name in the topology, actual the one that it has.
// Empty means that they do, or that the router could not be read.
func (v *view) outside(segment, router, planned, actual string) string {
	port, health, why := v.find(router, plan.MenuBridgePort, plan.PortMark(segment, planned))
	bridge, _, _ := v.find(router, plan.MenuBridge, tunnel.Mark(segment, "bridge"))
	says := func(format string, args ...any) string {
		return fmt.Sprintf("%s on %s: ", planned, router) + fmt.Sprintf(format, args...)
	}
	switch {
	case health == Unknown:
		return ""
	case health == Missing:
		return says("no bridge port of ours for it")
	case health != Up:
		return says("its bridge port is %s", why)
	case actual != "" && port["interface"] != actual:
		return says("its bridge port is for %s", port["interface"])
	case bridge != nil && port["bridge"] != bridge["name"]:
		return says("in the bridge %s, not %s", port["bridge"], bridge["name"])
	case isTrue(port["inactive"]):
		return says("its bridge port is inactive")
	}
	return ""
}
