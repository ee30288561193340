package apply

import (
	"context"
	"errors"
	"fmt"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// A referrer is a menu whose rows name interfaces.
type referrer struct {
	menu  string
	title string   // of a row, for people
	name  string   // the property that tells rows apart
	by    []string // the properties that name an interface
}

// referrers are the menus in which people mostly name a bridge or a tunnel.
func referrers() []referrer {
	interfaces := []string{"interface"}
	rule := []string{"in-interface", "out-interface"}
	return []referrer{
		{plan.MenuAddress, "IP address", "address", interfaces},
		{plan.MenuBridgePort, "bridge port", "interface", []string{"bridge", "interface"}},
		{"/interface/bridge/vlan", "bridge VLAN", "vlan-ids", []string{"bridge"}},
		{"/interface/vlan", "VLAN interface", "name", interfaces},
		{plan.MenuVRRP, "VRRP interface", "name", interfaces},
		{"/interface/list/member", "member of interface list", "list", interfaces},
		{"/ip/dhcp-server", "DHCP server", "name", interfaces},
		{"/ip/dhcp-client", "DHCP client", ".id", interfaces},
		{plan.MenuFilter, "firewall filter rule", "comment", rule},
		{plan.MenuNAT, "NAT rule", "comment", rule},
		{"/ip/firewall/mangle", "mangle rule", "comment", rule},
	}
}

// danglers names the rows that still point at an interface that was removed:
// the router keeps its id in them and prints that in place of a name
// ("bridge=*1C"). One of the same name that is added later has another id. A
// menu that the router does not have, or does not show, is passed over; objects
// that are no interfaces have no danglers.
func danglers(ctx context.Context, c routeros.Caller, menu, id string) ([]string, error) {
	switch menu {
	case plan.MenuBridge, plan.MenuEoIP, plan.MenuBonding, plan.MenuVRRP:
	default:
		return nil, nil
	}
	var names []string
	for _, r := range referrers() {
		rows, err := routeros.Print(ctx, c, r.menu, append([]string{".id", r.name}, r.by...))
		if _, refused := errors.AsType[*routeros.TrapError](err); refused {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", r.menu, err)
		}
		for _, row := range rows {
			if refers(row, r.by, id) {
				names = append(names, r.title+" "+nameOf(row, r.name))
			}
		}
	}
	return names, nil
}

// refers reports whether one of the properties of a row is that id.
func refers(row routeros.Row, by []string, id string) bool {
	for _, name := range by {
		if v, _ := row.Get(name); v == id {
			return true
		}
	}
	return false
}

// nameOf tells a row from others of its menu, by its id if it has no name.
func nameOf(row routeros.Row, name string) string {
	if v, _ := row.Get(name); v != "" {
		return v
	}
	return row.ID()
}
