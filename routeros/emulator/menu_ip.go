package emulator

import (
	"net/netip"
	"strings"
)

// ipMenus are /ip/address, route, arp, service and neighbor.
func ipMenus() []*menu {
	return []*menu{addressMenu(), routeMenu(), {
		path: "ip/arp",
		props: []prop{
			p("address", ip4()).def("0.0.0.0"), p("mac-address", mac()).def("00:00:00:00:00:00"),
			p("interface", iface()).must(), p("published", boolean()).def("false"),
			never("invalid"), never("DHCP"), dynamic(), fixed("complete", "true"), disabled(), comment(),
		},
	}, serviceMenu(), neighborMenu()}
}

func addressMenu() *menu {
	return &menu{
		path: "ip/address", check: checkAddress,
		props: []prop{
			p("address", ip4Prefix()).must(),
			p("network", ip4()).or(func(_ *Device, r *row) (string, bool) {
				a, err := netip.ParsePrefix(r.get("address"))
				return a.Masked().Addr().String(), err == nil
			}).lasts(),
			p("netmask", ip4()).hidden(), p("broadcast", ip4()),
			p("interface", iface()).must(),
			ro("actual-interface", func(d *Device, r *row) (string, bool) {
				i := d.target(r, "interface")
				if i == nil {
					return "*", false
				}
				return d.climb(i).name(), true
			}),
			ro("invalid", func(d *Device, r *row) (string, bool) { return boolText(d.target(r, "interface") == nil), true }),
			dynamic(),
			ro("slave", func(d *Device, r *row) (string, bool) {
				i := d.target(r, "interface")
				return boolText(i != nil && d.isSlave(i)), true
			}).ifTrue().since(700),
			fixed("vrf", "main").since(715),
			disabled(), comment(),
		},
	}
}

func checkAddress(d *Device, _, after *row) error {
	for _, r := range d.table(after.menu).rows {
		if r.id != after.id && r.get("address") == after.get("address") && r.get("interface") == after.get("interface") {
			return failure("already have such address")
		}
	}
	return nil
}

func routeMenu() *menu {
	return &menu{
		path: "ip/route", view: routes, firstID: 0x80000001,
		props: []prop{
			p("dst-address", fullNetwork()).def("0.0.0.0/0"),
			p("gateway", list(text())).def(""), p("check-gateway", enum("arp", "bfd", "bfd-multihop", "none", "ping")),
			p("pref-src", ip()), p("routing-table", text()).def("main").since(700), p("routing-mark", text()).until(700),
			p("type", enum("unicast", "blackhole", "prohibit", "unreachable")).until(700),
			p("route-tag", num(0, 4294967295)).until(700),
			p("distance", num(1, 255)).def("1"), p("scope", num(0, 255)).def("30"), p("target-scope", num(0, 255)).def("10"),
			p("blackhole", word(boolean(), "")), p("vrf-interface", iface()),
			p("suppress-hw-offload", boolean()).def("false").since(700).until(721),
			ro("immediate-gw", func(d *Device, r *row) (string, bool) {
				via := d.nextHop(r)
				return via, via != ""
			}).since(700),
			ro("gateway-status", func(d *Device, r *row) (string, bool) {
				gw, name, _ := strings.Cut(d.nextHop(r), "%")
				if name == "" {
					return r.get("gateway") + " unreachable", true
				}
				return gw + " reachable via  " + name, true
			}).until(700),
			ro("active", func(d *Device, r *row) (string, bool) { return boolText(d.routeActive(r)), true }).ifTrue(),
			ro("inactive", func(d *Device, r *row) (string, bool) { return boolText(!d.routeActive(r)), true }).ifTrue().since(700),
			ro("static", func(_ *Device, r *row) (string, bool) { return boolText(!r.dynamic), true }).ifTrue(),
			ro("connect", func(_ *Device, r *row) (string, bool) { return boolText(r.dynamic), true }).ifTrue(),
			dynamic(), disabled(), comment(),
		},
	}
}

// routes are the static routes and those of the device's own networks.
func routes(d *Device) []*row {
	m := d.schema.menus["ip/route"]
	out := append([]*row(nil), d.table(m).rows...)
	for _, a := range d.rowsOf("ip/address") {
		i := d.target(a, "interface")
		p, err := netip.ParsePrefix(a.get("address"))
		if err != nil || i == nil || a.is("disabled") || !d.running(d.climb(i)) {
			continue
		}
		r := newRow(m, 0x30000000|a.id, "dst-address", p.Masked().String(), "gateway", i.name(),
			"distance", "0", "scope", "10", "target-scope", "5", "pref-src", p.Addr().String())
		r.dynamic = true
		out = append(out, r)
	}
	return out
}

// routeActive reports whether a route is used: its gateway is in a network of
// an interface that runs.
func (d *Device) routeActive(r *row) bool {
	return r.dynamic || !r.is("disabled") && (r.is("blackhole") || d.nextHop(r) != "")
}

// nextHop returns "gateway%interface", or "" if the gateway is out of reach.
func (d *Device) nextHop(r *row) string {
	gw := r.get("gateway")
	if i := d.findInterface(gw); i != nil {
		if d.running(i) {
			return i.name()
		}
		return ""
	}
	addr, err := netip.ParseAddr(gw)
	if err != nil {
		return ""
	}
	for _, a := range d.rowsOf("ip/address") {
		p, err := netip.ParsePrefix(a.get("address"))
		i := d.target(a, "interface")
		if err == nil && i != nil && !a.is("disabled") && p.Contains(addr) && d.running(d.climb(i)) {
			return gw + "%" + i.name()
		}
	}
	return ""
}

func serviceMenu() *menu {
	return &menu{
		path: "ip/service", key: "name", noAdd: true, noRemove: true, rows: services, view: liveServices,
		props: []prop{
			kept("name"), p("port", num(1, 65535)), fixed("proto", "tcp").since(720),
			p("address", list(network())).def(""),
			p("certificate", word(ref("certificate"), "none")), p("tls-version", enum("any", "only-1.2")),
			p("vrf", text()).def("main").since(700),
			p("max-sessions", num(1, 1000)).def("20").since(716),
			p("available-from", list(network())).since(724),
			kept("local").since(720), kept("remote").since(720),
			ro("connection", func(_ *Device, r *row) (string, bool) { return boolText(r.dynamic), true }).ifTrue().since(720),
			dynamic().since(720), never("invalid"), disabled(),
		},
	}
}

// services are the rows of a fresh router (fixed entries of the defaults data).
func services(Version) []seed {
	return []seed{
		{0, []string{"name", "telnet", "port", "23"}},
		{1, []string{"name", "ftp", "port", "21"}},
		{2, []string{"name", "www", "port", "80"}},
		{3, []string{"name", "ssh", "port", "22"}},
		{6, []string{"name", "www-ssl", "port", "443", "certificate", "none", "tls-version", "any", "disabled", "true"}},
		{7, []string{"name", "api", "port", "8728"}},
		{8, []string{"name", "winbox", "port", "8291"}},
		{9, []string{"name", "api-ssl", "port", "8729", "certificate", "none", "tls-version", "any"}},
	}
}

// liveServices are the services and, from 7.20, their connections as dynamic
// rows.
func liveServices(d *Device) []*row {
	m := d.schema.menus["ip/service"]
	rows := d.table(m).rows
	if !d.version.AtLeast(7, 20) || len(d.sessions) == 0 {
		return rows
	}
	out := append([]*row(nil), rows...)
	for _, s := range d.sessions {
		name, port := "api", "8728"
		if s.tls {
			name, port = "api-ssl", "8729"
		}
		r := newRow(m, 0x1000000+s.id, "name", name, "port", port, "remote", s.peerText())
		r.dynamic = true
		out = append(out, r)
	}
	return out
}

func neighborMenu() *menu {
	return &menu{
		path: "ip/neighbor", noAdd: true, noSet: true, noRemove: true, view: neighbors,
		props: []prop{
			kept("interface"), kept("address"), kept("address4"), kept("mac-address"), kept("identity"),
			kept("platform"), kept("version"), kept("unpack"), kept("board"), kept("interface-name"),
		},
	}
}

// neighbors are the devices whose nodes a frame of ours arrives at: MNDP goes
// where frames go.
func neighbors(d *Device) []*row {
	m := d.schema.menus["ip/neighbor"]
	var out []*row
	for _, r := range allInterfaces(d) {
		if d.climb(r) != r || r.menu.iface == "vrrp" {
			continue
		}
		seen := d.w.flood(d, r, nil)
		for _, far := range d.w.order {
			for _, x := range allInterfaces(far) {
				if far == d || !seen[node{far, x.id}] {
					continue
				}
				addr := far.addressOn(x)
				out = append(out, newRow(m, uint32(len(out)+1), "interface", r.name(), "address", addr, "address4", addr,
					"identity", far.single("system/identity").get("name"), "platform", "MikroTik",
					"version", far.version.String()+" (stable)", "unpack", "none", "board", "CHR", "interface-name", x.name()))
			}
		}
	}
	return out
}

// addressOn returns the first address on interface r, or "".
func (d *Device) addressOn(r *row) string {
	for _, a := range d.rowsOf("ip/address") {
		if d.target(a, "interface") == r && !a.is("disabled") {
			s, _, _ := strings.Cut(a.get("address"), "/")
			return s
		}
	}
	return ""
}
