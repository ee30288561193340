package plan

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// What a service's switch has on a router. Some of it is given when it is made
// and belongs to the failover from then on: where clients are led (to-addresses),
// who is kept out (disabled of a block rule) and which router is preferred
// (priority, preemption-mode and disabled of VRRP). Those are never drift.

// serviceUnitName names the unit of a service's switch on one router.
func serviceUnitName(service, router string) string { return service + "/switch." + router }

// serviceUnits returns a unit for each router of each service's switch, and for
// each other that watches its servers.
func serviceUnits(t *tunnel.Topology, seen map[string]*Observed) []unitSpec {
	var units []unitSpec
	for i := range t.Services {
		svc := &t.Services[i]
		routers := svc.Switch.Routers()
		for place, router := range routers {
			u := serviceUnit(t, svc, router, place)
			u.objects = append(u.objects, watchObjects(svc, router, seen[router])...)
			units = append(units, u)
		}
		for _, router := range svc.Watchers() {
			if rows := watchObjects(svc, router, seen[router]); len(rows) > 0 && !slices.Contains(routers, router) {
				u := watchUnit(t, svc, router)
				u.objects = rows
				units = append(units, u)
			}
		}
	}
	return units
}

// serviceUnit is a service's switch on one router: rules that lead its clients
// to the first server and, for VRRP, the virtual address that they use.
func serviceUnit(t *tunnel.Topology, svc *tunnel.Service, router string, place int) unitSpec {
	u := unitSpec{
		name: serviceUnitName(svc.Name, router), title: "service " + svc.Name + " on " + router, routers: []string{router},
	}
	seg, bridge := segmentOn(t, svc.Segment, router)
	if bridge != "" {
		u.after = []string{memberName(seg.Name, router)}
	}
	if svc.Switch.VRRP != nil && bridge != "" {
		u.objects = append(u.objects, vrrpObjects(svc, router, bridge, place)...)
	}
	for _, server := range svc.Servers {
		u.objects = append(u.objects, blockObject(svc, router, server))
	}
	if bridge != "" {
		u.objects = append(u.objects, sourceObjects(svc, router, bridge)...)
		u.objects = append(u.objects, hairpinObject(svc, router, bridge, seg.Subnet))
	}
	u.objects = append(u.objects, targetObject(svc, router))
	return u
}

// segmentOn returns a segment and the name of its bridge on router, which is
// empty when the router is no member.
func segmentOn(t *tunnel.Topology, name, router string) (seg *tunnel.Segment, bridge string) {
	for i := range t.Segments {
		seg := &t.Segments[i]
		if seg.Name != name {
			continue
		}
		if _, member := seg.Member(router); member {
			return seg, seg.BridgeOn(router)
		}
		return seg, ""
	}
	return nil, ""
}

// portList writes ports as rules take them, "80,3306".
func portList(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(int(p))
	}
	return strings.Join(words, ",")
}

// targetObject is the rule that leads clients to the active server: the first
// one until the failover says otherwise.
func targetObject(svc *tunnel.Service, router string) object {
	return object{
		router: router, menu: MenuNAT, mark: tunnel.TargetMark(svc.Name), first: true,
		props: map[string]string{
			"chain": "dstnat", "action": "dst-nat", "protocol": "tcp",
			"dst-address": svc.Switch.Public(router).String(), "dst-port": portList(svc.Ports),
			"to-addresses": svc.Servers[0].Address.String(), "disabled": "no",
		},
		initial: []string{"to-addresses"},
	}
}

// hairpinObject hides clients of the servers' own subnet behind the router, or
// the server would answer them directly and they would drop what they never
// asked for. Only what a router has turned round is sent from the subnet to the
// subnet through it.
func hairpinObject(svc *tunnel.Service, router, bridge string, subnet netip.Prefix) object {
	return object{
		router: router, menu: MenuNAT, mark: tunnel.HairpinMark(svc.Name), first: true,
		props: map[string]string{
			"chain": "srcnat", "action": "masquerade", "protocol": "tcp",
			"src-address": subnet.Masked().String(), "dst-address": subnet.Masked().String(), "dst-port": portList(svc.Ports),
			"out-interface": bridge, "disabled": "no",
		},
	}
}

// sourceObjects hide clients behind the router from the servers at other sites.
// Their default gateways are other routers, which know nothing of the connection:
// an answer that left by one of them would come from the server's own address, and
// the client would refuse it. A NAT rule cannot ask whether a connection was led
// here by dst-nat (MikroTik manual, "NAT"), so what is routed to these ports from
// elsewhere is hidden too.
func sourceObjects(svc *tunnel.Service, router, bridge string) []object {
	if svc.Switch.NAT == nil || svc.Switch.NAT.Source != tunnel.SourceRouter {
		return nil
	}
	var out []object
	for _, server := range svc.Servers {
		if server.Router == router {
			continue
		}
		out = append(out, object{
			router: router, menu: MenuNAT, mark: tunnel.SourceMark(svc.Name, server.Name), first: true,
			props: map[string]string{
				"chain": "srcnat", "action": "masquerade", "protocol": "tcp",
				"dst-address": server.Address.String(), "dst-port": portList(svc.Ports),
				"out-interface": bridge, "disabled": "no",
			},
		})
	}
	return out
}

// blockObject keeps clients of the service from one of its servers while it is
// enabled. It stands above all that accepts, and it catches only connections
// that came by the service's address: replication, probes and the controller's
// own sessions with the database pass.
func blockObject(svc *tunnel.Service, router string, server tunnel.Server) object {
	return object{
		router: router, menu: MenuFilter, mark: tunnel.BlockMark(svc.Name, server.Name), first: true,
		props: map[string]string{
			"chain": "forward", "action": "reject", "reject-with": "tcp-reset", "protocol": "tcp",
			"dst-address": server.Address.String(), "dst-port": portList(svc.Ports),
			"connection-nat-state": "dstnat", "disabled": "yes",
		},
		initial: []string{"disabled"},
	}
}

// vrrpObjects are a service's VRRP interface and the address on it. Preemption
// is off: a router that comes back waits until it is chosen.
func vrrpObjects(svc *tunnel.Service, router, bridge string, place int) []object {
	name := tunnel.VRRPName(svc.Name)
	return []object{
		{
			router: router, menu: MenuVRRP, mark: tunnel.VRRPMark(svc.Name),
			props: map[string]string{
				"name": name, "interface": bridge, "vrid": strconv.Itoa(svc.Switch.VRRP.VRID), "version": "3",
				"interval": svc.Switch.VRRP.Interval.String(), "priority": strconv.Itoa(tunnel.VRRPPriority(place)),
				"preemption-mode": "no", "disabled": "no",
			},
			initial: []string{"priority", "preemption-mode", "disabled"},
		},
		{
			router: router, menu: MenuAddress, mark: tunnel.VRRPAddressMark(svc.Name),
			props: map[string]string{
				"address": svc.Switch.VRRP.Address.String() + "/32", "interface": name, "disabled": "no",
			},
		},
	}
}

// isOrdered reports whether a menu's rows are rules of which the first that
// matches wins.
func isOrdered(path string) bool { return path == MenuNAT || path == MenuFilter }

// firstForeign returns the id of the first rule that is not ours; ours go
// before it. Empty when there is none.
func (d *differ) firstForeign(router, path string) string {
	o := d.seen[router]
	if o == nil || !isOrdered(path) {
		return ""
	}
	i := slices.IndexFunc(o.Menus[path], func(r Row) bool {
		_, _, ours := r.Mark()
		return !ours && !r.is("dynamic")
	})
	if i < 0 {
		return ""
	}
	return o.Menus[path][i].ID()
}

// placeBefore is the argument of add that says where in an ordered menu
// (MikroTik manual, "Console"). It is no property: nothing reads it back.
const placeBefore = "place-before"
