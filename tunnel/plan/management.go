package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// managementPath says why a step may cut the path by which we reach its router,
// or "". It knows the interface that has the address we dialed, what that
// interface is made of, and the routes back to where we dialed from; what other
// routers on the way do it cannot know. Steps touch no address but a service's
// virtual one, and no rule but those of services.
func (d *differ) managementPath(s *Step) string {
	o := d.seen[s.Router]
	if s.Menu == MenuRoute {
		return o.routeBack(s)
	}
	if isOrdered(s.Menu) {
		return "" // Only what goes to a service's ports; see apiConflict.
	}
	carrier := o.carrier()
	if carrier == "" || s.Op == Add && s.Menu != MenuBridgePort {
		return ""
	}
	touched := s.Want["interface"]
	if s.Op != Add {
		touched = d.rowName(s)
	}
	if touched == carrier {
		return fmt.Sprintf("%s carries %s, by which this router is managed", carrier, o.Reached)
	}
	if s.Op != Add && o.madeOf(carrier, touched) {
		return fmt.Sprintf("%s may carry our own path to this router (%s is on %s)", s.Name, o.Reached, carrier)
	}
	return ""
}

// routeBack says whether a route that changes is one to where we come from.
func (o *Observed) routeBack(s *Step) string {
	from, err := netip.ParseAddr(o.From)
	if err != nil {
		return ""
	}
	dst := s.Want["dst-address"]
	if dst == "" {
		dst = s.Was["dst-address"]
	}
	if p, err := netip.ParsePrefix(dst); err == nil && p.Bits() > 0 && p.Contains(from) {
		return fmt.Sprintf("%s is a route from this router to %s, from where it is managed", dst, o.From)
	}
	return ""
}

// madeOf reports whether an interface stands on another: a bridge on its ports,
// a bond on its slaves. Of what else stands on others (a VLAN, VRRP) it is not
// known on which, and so every change of an existing object counts.
func (o *Observed) madeOf(carrier, part string) bool {
	kind := ""
	for _, row := range o.Menus[MenuInterface] {
		if row["name"] == carrier {
			kind = row["type"]
		}
	}
	switch kind {
	case "", "ether", "wlan", "wifi", "lte", "loopback":
		return false
	case "bond":
		for _, row := range o.Menus[MenuBonding] {
			if row["name"] == carrier && slices.Contains(strings.Split(row["slaves"], ","), part) {
				return true
			}
		}
		return false
	}
	return true
}

// rowName is the interface that an existing object is, or is about.
func (d *differ) rowName(s *Step) string {
	row := d.ours[s.Router][s.Menu][s.Mark]
	if s.Menu == MenuBridgePort || s.Menu == MenuAddress {
		return row["interface"]
	}
	return row["name"]
}

// carrier is the interface that has the address by which we reach the router.
func (o *Observed) carrier() string {
	for _, row := range o.Menus[MenuAddress] {
		prefix, err := netip.ParsePrefix(row["address"])
		if err == nil && prefix.Addr().String() == o.Reached {
			return row["interface"]
		}
	}
	return ""
}

// CutsOurPath lists, each once, why steps of the plan may cut the path to their
// routers, by router.
func (p *Plan) CutsOurPath() map[string][]string {
	out := map[string][]string{}
	for i := range p.Units {
		for _, s := range p.Units[i].Steps {
			if s.Management && !slices.Contains(out[s.Router], s.Disruptive) {
				out[s.Router] = append(out[s.Router], s.Disruptive)
			}
		}
	}
	return out
}
