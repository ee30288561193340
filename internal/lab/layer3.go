//go:build linux

package lab

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink"
)

// addresses puts the addresses of the configuration on their links and takes
// others away. An address of a bridge port is its bridge's.
func (s *pass) addresses() {
	want := s.wantedAddresses()
	for _, kernel := range s.names {
		l := s.links[kernel]
		if l == nil {
			continue
		}
		have, err := s.r.space.nl.AddrList(l, netlink.FAMILY_V4)
		if err != nil {
			s.r.lack("addresses of "+kernel, err.Error())
			continue
		}
		for _, a := range have {
			if text := a.IPNet.String(); want[kernel][text] {
				delete(want[kernel], text)
			} else if err := s.r.space.nl.AddrDel(l, &a); err != nil {
				s.r.lack("address "+text, err.Error())
			}
		}
	}
	// Only now, when an address that moves is gone from its old link.
	for kernel, addresses := range want {
		for text := range addresses {
			a, err := netlink.ParseAddr(text)
			if err == nil {
				err = s.r.space.nl.AddrAdd(s.links[kernel], a)
			}
			if err != nil && !errors.Is(err, syscall.EEXIST) {
				s.r.lack("address "+text, err.Error())
			}
		}
	}
}

// wantedAddresses are the addresses of each link, by its kernel name.
func (s *pass) wantedAddresses() map[string]map[string]bool {
	want := map[string]map[string]bool{}
	for _, x := range s.c.menus["ip/address"] {
		iface := x["actual-interface"]
		if iface == "" {
			iface = x["interface"]
		}
		if !x.enabled() || s.link(iface) == nil {
			continue
		}
		kernel := s.names[iface]
		if want[kernel] == nil {
			want[kernel] = map[string]bool{}
		}
		want[kernel][x["address"]] = true
	}
	return want
}

// gatewayComment marks the addresses that the lab itself gives to bridges.
const gatewayComment = "lab: gateway of the hosts here"

// gateways gives the bridge of each segment its address as the owner of the site
// would after the first apply: the hosts behind it have it as their way out. It
// reports whether the configuration has changed.
func (s *pass) gateways() bool {
	changed := false
	for _, g := range s.r.plan.Gateways {
		has := false
		for _, x := range s.c.menus["ip/address"] {
			switch {
			case x["interface"] == g.Bridge:
				has = true
			case x["comment"] == gatewayComment && x["address"] == g.Address.String():
				_, _ = s.r.dev.Do("/ip/address/remove", "=.id="+x[".id"]) // Its bridge is gone.
			}
		}
		if s.names[g.Bridge] == "" || has {
			continue
		}
		_, err := s.r.dev.Do("/ip/address/add", "=address="+g.Address.String(), "=interface="+g.Bridge, "=comment="+gatewayComment)
		if err != nil {
			s.r.lack("address "+g.Address.String(), err.Error())
			continue
		}
		changed = true
	}
	return changed
}

// ours marks the routes that the lab has made (rtnetlink(7), rtm_protocol).
const ours = 77

// A routeKey tells routes apart.
type routeKey struct {
	dst, gw string
	link    int
	metric  int
	typ     int
}

// routes carries static routes out. One whose gateway is out of reach waits for
// the next change of a link.
func (s *pass) routes() {
	nl := s.r.space.nl
	want := map[routeKey]*netlink.Route{}
	for _, x := range s.c.menus["ip/route"] {
		if x.yes("dynamic") || !x.enabled() {
			continue
		}
		if rt, reason := s.route(x); reason != "" {
			s.r.lack("route "+x["dst-address"], reason)
		} else {
			want[keyOf(rt)] = rt
		}
		if c := x["check-gateway"]; c != "" && c != "none" {
			s.r.lack("route "+x["dst-address"]+" check-gateway", "the gateway is not checked")
		}
	}
	have, err := nl.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Protocol: ours}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		s.r.lack("routes", err.Error())
		return
	}
	for i := range have {
		k := keyOf(&have[i])
		if _, ok := want[k]; ok {
			delete(want, k)
		} else {
			_ = nl.RouteDel(&have[i]) // It may have gone with its link.
		}
	}
	for k, rt := range want {
		err := nl.RouteAdd(rt)
		if err != nil && !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.ENETDOWN) && !errors.Is(err, syscall.EEXIST) {
			s.r.lack("route "+k.dst, err.Error())
		}
	}
}

func keyOf(r *netlink.Route) routeKey {
	k := routeKey{link: r.LinkIndex, metric: r.Priority, typ: r.Type, dst: "0.0.0.0/0"}
	if r.Dst != nil {
		k.dst = r.Dst.String()
	}
	if r.Gw != nil {
		k.gw, k.link = r.Gw.String(), 0
	}
	return k
}

// route makes one route.
func (s *pass) route(x row) (*netlink.Route, string) {
	dst, err := netip.ParsePrefix(x["dst-address"])
	if err != nil {
		return nil, "dst-address " + x["dst-address"]
	}
	rt := &netlink.Route{
		Dst:      &net.IPNet{IP: dst.Addr().AsSlice(), Mask: net.CIDRMask(dst.Bits(), 32)},
		Protocol: ours, Priority: x.number("distance"), Type: syscall.RTN_UNICAST, Table: syscall.RT_TABLE_MAIN,
	}
	if t := x["routing-table"]; t != "" && t != "main" {
		return nil, "routing-table " + t + " is not carried out"
	}
	if _, ok := x["blackhole"]; ok || x["type"] == "blackhole" {
		rt.Type = syscall.RTN_BLACKHOLE
		return rt, ""
	}
	gateways := x.list("gateway")
	if len(gateways) != 1 {
		return nil, "only one gateway is carried out"
	}
	if a, err := netip.ParseAddr(gateways[0]); err == nil {
		rt.Gw = a.AsSlice()
		return rt, ""
	}
	l := s.link(gateways[0])
	if l == nil {
		return nil, "no interface " + gateways[0]
	}
	rt.LinkIndex = l.Attrs().Index
	rt.Scope = netlink.SCOPE_LINK
	return rt, ""
}
