package emulator

import "net/netip"

// eoipOverhead is what EoIP adds to a frame: IP 20, EoIP 8, Ethernet 14.
const eoipOverhead = 42

// tunnelMenus is /interface/eoip.
func tunnelMenus() []*menu {
	return []*menu{{
		path: "interface/eoip", iface: "eoip", key: "name", autoName: "eoip-tunnel",
		clash: interfaceClash, check: checkTunnel,
		props: join([]prop{
			p("name", text()),
			p("mtu", word(num(68, 65535), "auto")).def("auto"), mtuNow(), fixed("l2mtu", "65535"),
			p("mac-address", mac()).or(tunnelMAC).lasts(),
		}, arpProps(), loopProtectProps(), []prop{
			p("local-address", ip4()).def("0.0.0.0"),
			p("remote-address", host()).must(),
			ro("current-remote-address", func(_ *Device, r *row) (string, bool) {
				a, err := netip.ParseAddr(r.get("remote-address"))
				return a.String(), err == nil
			}).since(701),
			p("tunnel-id", num(0, 65535)).must(),
			p("keepalive", keepalive()).def("10s,10").canUnset(),
			p("dscp", word(num(0, 63), "inherit")).def("inherit"),
			p("clamp-tcp-mss", boolean()).def("true"),
			p("dont-fragment", enum("no", "inherit")).def("no"),
			p("ipsec-secret", text()).sensitive(),
			p("allow-fast-path", boolean()).def("true"),
			runs(), disabled(), comment(),
		}),
	}}
}

// tunnelMAC is the address that a tunnel gets by itself: 02:… in version 6,
// FE:… later.
func tunnelMAC(d *Device, r *row) (string, bool) {
	if d.version.AtLeast(7, 0) {
		return macOf(0xFE, d.name, r.id), true
	}
	return macOf(0x02, d.name, r.id), true
}

// checkTunnel refuses a tunnel-id that another tunnel of the device has (the
// router's own text for that is not known) and a secret with fast path.
func checkTunnel(d *Device, _, after *row) error {
	for _, r := range d.table(after.menu).rows {
		if r.id != after.id && r.get("tunnel-id") == after.get("tunnel-id") {
			return failure("already have tunnel with such tunnel-id")
		}
	}
	if after.has("ipsec-secret") && after.is("allow-fast-path") {
		if d.version.AtLeast(7, 20) {
			return trapf(NoCategory, "cannot enable fastpath together with ipsec yet")
		}
		return trapf(NoCategory, "can't enable fastpath together with ipsec")
	}
	return nil
}

// egressMTU returns the MTU of the ethernet that a tunnel's packets leave
// through, 1500 if there is none.
func (d *Device) egressMTU(r *row) uint64 {
	if e := d.egress(r); e != nil {
		if n, ok := parseUint(e.get("mtu")); ok && n > eoipOverhead {
			return n
		}
	}
	return 1500
}

// egress returns the ethernet that holds the tunnel's local address or, if it
// has none, the first underlay address; nil if there is none.
func (d *Device) egress(r *row) *row {
	local := r.get("local-address")
	for _, a := range d.rowsOf("ip/address") {
		p, err := netip.ParsePrefix(a.get("address"))
		i := d.target(a, "interface")
		if err != nil || i == nil || i.menu.iface != "ether" || a.is("disabled") {
			continue
		}
		if local == "0.0.0.0" || local == p.Addr().String() {
			return i
		}
	}
	return nil
}
