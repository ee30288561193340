package emulator

import (
	"slices"
	"strconv"
	"time"
)

// bridgeMenus are /interface/bridge with its ports and hosts.
func bridgeMenus() []*menu {
	return []*menu{bridgeMenu(), bridgePortMenu(), bridgeHostMenu()}
}

// maxQuery is the longest time of the IGMP timers: 71w2h27m52s950ms.
const maxQuery = 71*week + 2*time.Hour + 27*time.Minute + 52*time.Second + 950*time.Millisecond

func bridgeMenu() *menu {
	return &menu{
		path: "interface/bridge", iface: "bridge", key: "name", autoName: "bridge", clash: interfaceClash,
		verbs: map[string]verb{"monitor": monitorBridge},
		props: join([]prop{
			p("name", text()), p("mtu", word(num(68, 65535), "auto")).def("auto"), mtuNow(), fixed("l2mtu", "65535"),
		}, arpProps(), []prop{
			ro("mac-address", bridgeMAC),
			p("protocol-mode", enum("none", "stp", "rstp", "mstp")).def("rstp"),
			p("fast-forward", boolean()).def("true"),
			p("igmp-snooping", boolean()).def("false"),
			p("auto-mac", boolean()).def("true"), p("admin-mac", mac()),
			p("ageing-time", dur(10*second, 11*day+13*time.Hour+46*time.Minute+40*second)).def("5m"),
			p("priority", hexNum(0, 65535)).def("0x8000"),
			p("max-message-age", dur(6*second, 40*second)).def("20s"),
			p("forward-delay", dur(4*second, 30*second)).def("15s"),
			p("transmit-hold-count", num(1, 10)).def("6"),
			p("vlan-filtering", boolean()).def("false"),
			p("ether-type", enum("0x8100", "0x88a8", "0x9100")).def("0x8100"),
			p("pvid", num(1, 4094)).def("1"),
			p("frame-types", frameTypes()).def("admit-all"),
			p("ingress-filtering", boolean()).def("false").defFrom(700, "true"),
			p("dhcp-snooping", boolean()).def("false"),
			p("add-dhcp-option82", boolean()).until(723),
			p("port-cost-mode", enum("short", "long")).def("long").since(713),
			p("mvrp", boolean()).def("false").since(715),
			p("forward-reserved-addresses", boolean()).def("false").since(716),
			p("max-learned-entries", word(num(0, 1<<32-1), "auto", "unlimited")).def("auto").since(716),
		}, bridgeRareProps(), []prop{
			never("dynamic"), runs(), disabled(), comment(),
		}),
	}
}

// bridgeRareProps print when given or when the feature that they belong to is
// on: IGMP snooping, MSTP.
func bridgeRareProps() []prop {
	timer := dur(second, maxQuery)
	snoop := func(x prop, v string) prop { return x.when("igmp-snooping", "true", v) }
	mstp := func(x prop, v string) prop { return x.when("protocol-mode", "mstp", v) }
	return []prop{
		mstp(p("region-name", text()), ""), mstp(p("region-revision", num(0, 65535)), "0"), mstp(p("max-hops", num(6, 40)), "20"),
		snoop(p("igmp-version", enum("2", "3")), "2"), snoop(p("mld-version", enum("1", "2")), "1"),
		snoop(p("multicast-querier", boolean()), "false"), snoop(p("multicast-router", multicastRouter()), "temporary-query"),
		snoop(p("last-member-interval", timer), "1s"), snoop(p("last-member-query-count", num(0, 4294967295)), "2"),
		snoop(p("membership-interval", timer), "4m20s"), snoop(p("querier-interval", timer), "4m15s"),
		snoop(p("query-interval", timer), "2m5s"), snoop(p("query-response-interval", timer), "10s"),
		snoop(p("startup-query-count", num(0, 4294967295)), "2"), snoop(p("startup-query-interval", timer), "31s250ms"),
		p("mlag-heartbeat", word(dur(second, 10*second), "none")).since(722),
		p("mlag-peer-port", word(iface(), "none")).since(722), p("mlag-priority", num(0, 255)).since(722),
		p("ra-guard", boolean()).since(722),
		p("dhcp-agent-circuit-id", text()).since(723), p("dhcp-agent-remote-id", text()).since(723),
		p("dhcpv6-agent-circuit-id", text()).since(723), p("dhcpv6-agent-remote-id", text()).since(723),
		p("dhcpv6-snooping", boolean()).since(723), p("querier-uses-bridge-address", boolean()).since(724),
	}
}

func frameTypes() kind {
	return enum("admit-all", "admit-only-untagged-and-priority-tagged", "admit-only-vlan-tagged")
}

func multicastRouter() kind { return enum("disabled", "permanent", "temporary-query") }

func bridgePortMenu() *menu {
	return &menu{
		path: "interface/bridge/port", ordered: true, check: checkPort, view: bridgePorts,
		verbs: map[string]verb{"monitor": monitorPort},
		props: []prop{
			p("interface", ref(interfaces, "interface/list")).must(),
			p("bridge", ref("interface/bridge")).must(),
			p("priority", hexNum(0, 240)).def("0x80"),
			p("path-cost", num(1, 200000000)).def("10").absentFrom(713),
			p("internal-path-cost", num(1, 200000000)).def("10").absentFrom(713),
			p("edge", yesNo("auto", "no-discover", "yes-discover")).def("auto"),
			p("point-to-point", yesNo("auto")).def("auto"),
			p("learn", yesNo("auto")).def("auto"),
			p("horizon", word(num(0, 4294967295), "none")).def("none"),
			p("hw", boolean()).def("true"), never("hw-offload"),
			p("auto-isolate", boolean()).def("false"),
			p("restricted-role", boolean()).def("false"), p("restricted-tcn", boolean()).def("false"),
			p("pvid", num(1, 4094)).def("1"), p("frame-types", frameTypes()).def("admit-all"),
			p("ingress-filtering", boolean()).def("false").defFrom(700, "true"),
			p("unknown-unicast-flood", boolean()).def("true"), p("unknown-multicast-flood", boolean()).def("true"),
			p("broadcast-flood", boolean()).def("true"), p("tag-stacking", boolean()).def("false"),
			p("bpdu-guard", boolean()).def("false"), p("trusted", boolean()).def("false"),
			p("trusted-ra", boolean()).since(722), p("trusted-dhcpv6", boolean()).since(723),
			p("multicast-router", multicastRouter()).def("temporary-query"), p("fast-leave", boolean()).def("false"),
			p("mvrp-registrar-state", enum("fixed", "normal")).def("normal").since(715),
			p("mvrp-applicant-state", enum("non-participant", "normal-participant")).def("normal-participant").since(715),
			ro("actual-path-cost", func(_ *Device, r *row) (string, bool) {
				if v := r.get("path-cost"); v != "" {
					return v, true
				}
				return "20000", true
			}).since(700),
			ro("status", portStatus).since(700),
			ro("inactive", func(d *Device, r *row) (string, bool) { return boolText(!d.portActive(r)), true }),
			dynamic(), disabled(), comment(),
		},
	}
}

// bridgePorts are the stored ports and, where an interface list is a port, a
// dynamic row for each of its members that is no port by itself.
func bridgePorts(d *Device) []*row {
	m := d.schema.menus["interface/bridge/port"]
	rows := d.table(m).rows
	out := rows
	for _, r := range rows {
		l := d.target(r, "interface")
		if l == nil || l.menu.path != "interface/list" || r.is("disabled") {
			continue
		}
		for _, member := range d.rowsOf("interface/list/member") {
			v := member.get("interface")
			if member.get("list") != r.get("interface") || member.is("disabled") ||
				slices.ContainsFunc(out, func(x *row) bool { return x.get("interface") == v }) {
				continue
			}
			n := r.withValue("interface", v)
			n.id, n.dynamic = dynamicIDs|member.id, true
			out = append(slices.Clip(out), n)
		}
	}
	return out
}

// portActive reports whether the interface of a bridge port is up.
func (d *Device) portActive(r *row) bool {
	i := d.target(r, "interface")
	return i != nil && i.menu.iface != "" && d.running(i) && d.target(r, "bridge") != nil
}

func portStatus(d *Device, r *row) (string, bool) {
	switch {
	case r.is("disabled"):
		return "disabled", true
	case d.portActive(r):
		return "in-bridge", true
	}
	return "inactive", true
}

// checkPort refuses an interface that is a port already, and a bridge as a
// port of itself.
func checkPort(d *Device, before, after *row) error {
	if before != nil && before.get("interface") == after.get("interface") {
		return nil
	}
	for _, r := range d.table(after.menu).rows {
		if r.id != after.id && r.get("interface") == after.get("interface") {
			return failure("device already added as bridge port")
		}
	}
	if i := d.target(after, "interface"); i != nil && i.menu.iface == "bridge" {
		return failure("cannot add bridge as bridge port")
	}
	return nil
}

// bridgeMAC is the bridge's address: the administrator's, else the first
// ethernet port's, else the first port's, else its own.
func bridgeMAC(d *Device, r *row) (string, bool) {
	if r.has("admin-mac") && !r.is("auto-mac") {
		return r.get("admin-mac"), true
	}
	ports := d.allPorts(r)
	if i := slices.IndexFunc(ports, func(x *row) bool { return x.menu.iface == "ether" }); i > 0 {
		ports = ports[i:]
	}
	if len(ports) > 0 && ports[0].menu.iface != "bridge" {
		if x := ports[0].menu.byName["mac-address"]; x != nil {
			v := rowView{d: d, menu: ports[0].menu, r: ports[0], who: console()}
			return v.value(x)
		}
	}
	return macOf(0x3A, d.name, r.id), true
}

func bridgeHostMenu() *menu {
	return &menu{
		path: "interface/bridge/host", view: bridgeHosts,
		props: []prop{
			p("mac-address", mac()).must(), p("vid", num(1, 4094)),
			kept("on-interface"), p("interface", iface()).must(), p("bridge", ref("interface/bridge")).must(),
			ro("dynamic", func(*Device, *row) (string, bool) { return "true", true }),
			ro("local", func(*Device, *row) (string, bool) { return "true", true }),
			never("external"), never("invalid"), disabled(), comment(),
		},
		noAdd: true, noSet: true, noRemove: true,
	}
}

// bridgeHosts are the bridges' own ports: no frames flow here, so nothing else
// is learned.
func bridgeHosts(d *Device) []*row {
	m := d.schema.menus["interface/bridge/host"]
	var out []*row
	for i, p := range d.rowsOf("interface/bridge/port") {
		t := d.target(p, "interface")
		if t == nil || t.menu.byName["mac-address"] == nil {
			continue
		}
		v := rowView{d: d, menu: t.menu, r: t, who: console()}
		addr, _ := v.lookup("mac-address")
		r := newRow(m, uint32(i+1), "mac-address", addr, "on-interface", t.name(), "interface", p.get("interface"), "bridge", p.get("bridge"))
		out = append(out, r)
	}
	return out
}

// bridgeID is a bridge's identifier in spanning tree.
func bridgeID(d *Device, r *row) string {
	addr, _ := bridgeMAC(d, r)
	return r.get("priority") + "." + addr
}

func monitorBridge(c *call) error {
	return c.monitor(func(r *row) []pair {
		addr, _ := bridgeMAC(c.d, r)
		state := "enabled"
		if r.is("disabled") {
			state = "disabled"
		}
		n := strconv.Itoa(len(c.d.allPorts(r)))
		return []pair{
			{"state", state},
			{"current-mac-address", addr},
			{"root-bridge", "true"},
			{"root-bridge-id", bridgeID(c.d, r)},
			{"root-path-cost", "0"},
			{"root-port", "none"},
			{"port-count", n},
			{"designated-port-count", strconv.Itoa(len(c.d.members(r)))},
			{"fast-forward", "false"},
		}
	})
}

func monitorPort(c *call) error {
	return c.monitor(func(r *row) []pair {
		v := rowView{d: c.d, menu: r.menu, r: r, who: c.who}
		name, _ := v.lookup("interface")
		status, _ := portStatus(c.d, r)
		return []pair{{"interface", name}, {"status", status}}
	})
}
