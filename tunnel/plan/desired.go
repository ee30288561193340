package plan

import (
	"net/netip"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// An object is one row that the topology wants on one router. The property
// "comment" holds its mark.
type object struct {
	router  string
	menu    string
	mark    string
	props   map[string]string
	unset   []string // properties that must be absent
	secrets map[string]tunnel.SecretRef
	// replace names the properties that a router cannot change in place; a
	// difference there removes the object and adds it anew.
	replace []string
	// adopt says that the object's segment takes over what exists.
	adopt bool
	// initial names the properties that are given when the object is added and
	// are not ours to compare afterwards.
	initial []string
	// first says that the object goes before all that is not ours in its menu.
	first bool
}

// name is what people call the object.
func (o *object) name() string { return displayName(o.menu, o.props) }

// displayName names a row by the property that identifies it to people.
func displayName(path string, props map[string]string) string {
	switch path {
	case MenuBridgePort:
		return props["interface"] + " in " + props["bridge"]
	case MenuRoute:
		return props["dst-address"] + " via " + props["gateway"]
	case MenuAddress:
		return props["address"] + " on " + props["interface"]
	case MenuNAT, MenuFilter:
		return props["action"] + " " + props["dst-address"] + ":" + props["dst-port"]
	case MenuNetwatch:
		return props["type"] + " " + props["host"] + ":" + props["port"]
	}
	return props["name"]
}

// A unitSpec is a unit before it is known what changes.
type unitSpec struct {
	name, title string
	segment     string // of a member's bridge or a link; empty for a service
	routers     []string
	after       []string
	objects     []object
}

// desired returns the units that the topology wants: of each segment the members
// first, then the services.
func desired(t *tunnel.Topology, links []tunnel.Link, seen map[string]*Observed) []unitSpec {
	var units []unitSpec
	known := routerNames(t)
	for i := range t.Segments {
		seg := &t.Segments[i]
		bridges := map[string]tunnel.Bridge{}
		for _, m := range seg.Members {
			bridges[m.Router] = tunnel.BridgeSettings(seg, m.Router)
			units = append(units, memberUnit(seg, m, bridges[m.Router]))
		}
		first := len(units) - len(seg.Members)
		for i := range links {
			if links[i].Segment == seg.Name {
				u := linkUnit(t, seg, &links[i], bridges, seen)
				u.name = linkName(known, seg.Name, links[i].Routers[0], links[i].Routers[1])
				units = append(units, u)
			}
		}
		for _, u := range units[first:] {
			for j := range u.objects {
				u.objects[j].adopt = seg.Adopt
			}
		}
	}
	return append(units, serviceUnits(t, seen)...)
}

// memberName names the unit of a member's bridge and local ports.
func memberName(segment, router string) string { return segment + "/" + router }

// memberUnit is the bridge of one member with its local ports.
func memberUnit(seg *tunnel.Segment, m tunnel.Member, bridge tunnel.Bridge) unitSpec {
	u := unitSpec{
		name:    memberName(seg.Name, m.Router),
		title:   "bridge of " + m.Router,
		segment: seg.Name,
		routers: []string{m.Router},
	}
	u.objects = append(u.objects, object{
		router: m.Router, menu: MenuBridge, mark: tunnel.Mark(seg.Name, "bridge"),
		props: map[string]string{
			"name":          bridge.Name,
			"protocol-mode": bridge.ProtocolMode,
			"priority":      "0x" + strconv.FormatInt(int64(bridge.Priority), 16),
			"auto-mac":      "no",
			"admin-mac":     bridge.AdminMAC,
			"disabled":      "no",
		},
	})
	for _, port := range m.Ports {
		u.objects = append(u.objects, object{
			router: m.Router, menu: MenuBridgePort, mark: PortMark(seg.Name, port),
			props: map[string]string{
				"bridge": bridge.Name, "interface": port,
				"edge": "yes", "bpdu-guard": "yes", "disabled": "no",
			},
			replace: []string{"interface"},
		})
	}
	return u
}

// linkUnit is everything of one link on both its routers, without its name.
func linkUnit(
	t *tunnel.Topology, seg *tunnel.Segment, l *tunnel.Link, bridges map[string]tunnel.Bridge, seen map[string]*Observed,
) unitSpec {
	u := unitSpec{
		title:   linkTitle(l),
		segment: seg.Name,
		routers: l.Routers[:],
		after:   []string{memberName(seg.Name, l.Routers[0]), memberName(seg.Name, l.Routers[1])},
	}
	for side, router := range l.Routers {
		var uplinks []string
		routed := map[netip.Addr]bool{}
		for i := range l.Tunnels {
			tun := &l.Tunnels[i]
			end, ok := tun.End(router)
			if !ok {
				continue // Expand gives both ends of a link to its routers.
			}
			uplinks = append(uplinks, end.Interface)
			u.objects = append(u.objects, eoipObject(t, tun, end))
			// Two tunnels to one address share its route; Expand has seen to it
			// that they also share the gateway.
			if end.Gateway.IsValid() && !routed[end.Remote] {
				routed[end.Remote] = true
				u.objects = append(u.objects, routeObject(seg.Name, end))
			}
		}
		ports := uplinks
		if l.Redundancy == tunnel.Bond {
			u.objects = append(u.objects, bondObject(l, side, uplinks))
			ports = []string{l.Bonds[side]}
		}
		for i, port := range ports {
			u.objects = append(u.objects, tunnelPort(l, bridges[router], port, pathCost(l, i, seen[router]), router))
		}
	}
	return u
}

// linkTitle describes a link for people.
func linkTitle(l *tunnel.Link) string {
	title := l.Routers[0] + " – " + l.Routers[1]
	switch {
	case len(l.Tunnels) < 2:
		return title
	case l.Redundancy == tunnel.Bond:
		return title + ", bond of " + strconv.Itoa(len(l.Tunnels)) + " tunnels"
	default:
		return title + ", " + strconv.Itoa(len(l.Tunnels)) + " tunnels under spanning tree"
	}
}

// eoipObject is one end of a tunnel.
func eoipObject(t *tunnel.Topology, tun *tunnel.Tunnel, end *tunnel.End) object {
	o := object{
		router: end.Router, menu: MenuEoIP, mark: tun.Mark(),
		props: map[string]string{
			"name":            end.Interface,
			"tunnel-id":       strconv.Itoa(int(tun.ID)),
			"remote-address":  end.Remote.String(),
			"local-address":   localAddress(t, end).String(),
			"mac-address":     end.MAC,
			"mtu":             strconv.Itoa(tun.MTU),
			"clamp-tcp-mss":   "yes",
			"dont-fragment":   "no",
			"allow-fast-path": "yes",
			"disabled":        "no",
		},
	}
	if tun.Keepalive.Interval > 0 {
		o.props["keepalive"] = formatKeepalive(tun.Keepalive.Interval, tun.Keepalive.Retries)
	} else {
		o.unset = append(o.unset, "keepalive")
	}
	if tun.IPsec.IsZero() {
		o.unset = append(o.unset, "ipsec-secret")
	} else {
		o.props["allow-fast-path"] = "no" // RouterOS refuses both together.
		o.secrets = map[string]tunnel.SecretRef{"ipsec-secret": tun.IPsec}
	}
	return o
}

// localAddress is the source that a tunnel end is pinned to: the uplink's
// address, except behind NAT, where the router does not own it.
func localAddress(t *tunnel.Topology, end *tunnel.End) netip.Addr {
	if r, ok := t.Router(end.Router); ok {
		if u, ok := r.Uplink(end.Uplink); ok && u.NAT {
			return netip.IPv4Unspecified()
		}
	}
	return end.Local
}

// bondObject is the bond of a link on one of its routers. Its first slave is
// the primary.
func bondObject(l *tunnel.Link, side int, slaves []string) object {
	return object{
		router: l.Routers[side], menu: MenuBonding,
		mark: l.Mark(),
		props: map[string]string{
			"name": l.Bonds[side], "slaves": strings.Join(slaves, ","), "mode": "active-backup", "primary": slaves[0],
			"link-monitoring": "mii", "mii-interval": "100ms",
			"mtu": strconv.Itoa(l.Tunnels[0].MTU), "disabled": "no",
		},
	}
}

// Path costs of the first and the second tunnel between two routers, and what
// releases before 7.13 call the same (MikroTik manual, bridge port path-cost).
const (
	costFirst     = 20000
	costSecond    = 40000
	costFirstOld  = 10
	costSecondOld = 20
)

// pathCost returns the spanning tree cost of a link's tunnel as its router
// counts it; empty where spanning tree has nothing to choose.
func pathCost(l *tunnel.Link, index int, seen *Observed) string {
	if l.Redundancy != tunnel.RSTP || len(l.Tunnels) < 2 {
		return ""
	}
	costs := [2]int{costFirst, costSecond}
	if seen != nil && !seen.atLeast(7, 13) {
		costs = [2]int{costFirstOld, costSecondOld}
	}
	return strconv.Itoa(costs[min(index, 1)])
}

// tunnelPort is the bridge port of a tunnel or a bond.
func tunnelPort(l *tunnel.Link, bridge tunnel.Bridge, iface, cost, router string) object {
	o := object{
		router: router, menu: MenuBridgePort,
		mark: PortMark(l.Segment, iface),
		props: map[string]string{
			"bridge": bridge.Name, "interface": iface, "point-to-point": "yes", "horizon": "none", "disabled": "no",
		},
		replace: []string{"interface"},
	}
	if bridge.Horizon > 0 {
		o.props["horizon"] = strconv.Itoa(int(bridge.Horizon))
	}
	if cost != "" {
		o.props["path-cost"] = cost
	}
	return o
}

// PortMark is the mark of the bridge port of an interface. A mark is one word,
// so white space in the interface's name is written as in a URL.
func PortMark(segment, iface string) string {
	escape := strings.NewReplacer("%", "%25", " ", "%20", "\t", "%09", "\n", "%0A", "\r", "%0D")
	return tunnel.Mark(segment, "port."+escape.Replace(iface))
}

// routeObject keeps a tunnel's outer packets on their uplink.
func routeObject(segment string, end *tunnel.End) object {
	return object{
		router: end.Router, menu: MenuRoute,
		mark: tunnel.Mark(segment, "route."+end.Remote.String()),
		props: map[string]string{
			"dst-address": end.Remote.String() + "/32", "gateway": end.Gateway.String(), "disabled": "no",
		},
	}
}
