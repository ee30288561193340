package emulator

import (
	"fmt"
	"time"
)

// vrrpMenus is /interface/vrrp.
func vrrpMenus() []*menu {
	return []*menu{{
		path: "interface/vrrp", iface: "vrrp", key: "name", autoName: "vrrp", clash: interfaceClash, check: checkVRRP,
		props: join([]prop{
			p("name", text()),
			p("mtu", num(68, 65535)).def("1500").until(720),
			mtuNow().since(720).named("mtu"),
			ro("mac-address", vrrpMAC),
		}, arpProps(), []prop{
			p("interface", iface()).must(),
			p("vrid", num(1, 255)).def("1"), p("priority", num(1, 254)).def("100"),
			p("interval", dur(10*time.Millisecond, 4*time.Minute+15*second)).def("1s"),
			p("preemption-mode", boolean()).def("true"),
			p("authentication", enum("none", "simple", "ah")).def("none"),
			p("password", textUpTo(16)).def("").sensitive(),
			p("on-master", text()).def(""), p("on-backup", text()).def(""), p("on-fail", text()).def(""),
			p("version", enum("2", "3")).def("3"), p("v3-protocol", enum("ipv4", "ipv6")).def("ipv4"),
			p("group-master", vrrpGroup()).def("").until(710),
			p("group-authority", vrrpGroup()).def("").since(710),
			p("group-master", vrrpGroup()).since(710).alias("group-authority"),
			p("remote-address", ip4()),
			p("sync-connection-tracking", boolean()).def("false"),
			p("connection-tracking-mode", enum("passive-active", "active-active")).def("passive-active").since(720),
			p("connection-tracking-port", num(1, 65535)).def("8275").since(720),
			p("v3-checksum-as-v2", boolean()).since(724),
			runs(), vrrpIs("master", vrrpMaster), vrrpIs("backup", vrrpBackup).ifTrue(),
			ro("grp-authority", func(_ *Device, r *row) (string, bool) {
				return boolText(r.get("group-authority") == "self"), true
			}).ifTrue().since(710),
			ro("grp-member", func(d *Device, r *row) (string, bool) {
				n := d.vrrp[r.id]
				return boolText(n != nil && n.authority() != nil), true
			}).ifTrue().since(710),
			ro("invalid", func(d *Device, r *row) (string, bool) { return boolText(d.target(r, "interface") == nil), true }),
			disabled(), comment(),
		}),
	}}
}

// named gives a property another name.
func (p prop) named(name string) prop { p.name = name; return p }

// vrrpGroup names the instance whose state another follows.
func vrrpGroup() kind { return word(ref("interface/vrrp"), "none", "self", "") }

func vrrpIs(name string, s vrrpState) prop {
	return ro(name, func(d *Device, r *row) (string, bool) {
		return boolText(d.vrrpState(r) == s), true
	})
}

// vrrpMAC is the virtual address, which cannot be changed (RFC 5798, 7.3).
func vrrpMAC(_ *Device, r *row) (string, bool) {
	vrid, _ := parseUint(r.get("vrid"))
	family := 1
	if r.get("v3-protocol") == "ipv6" {
		family = 2
	}
	return fmt.Sprintf("00:00:5E:00:%02X:%02X", family, vrid), true
}

// checkVRRP refuses a VRID that the parent has already; the router's own text
// is not known.
func checkVRRP(d *Device, _, after *row) error {
	for _, r := range d.table(after.menu).rows {
		if r.id != after.id && r.get("interface") == after.get("interface") && r.get("vrid") == after.get("vrid") &&
			r.get("v3-protocol") == after.get("v3-protocol") {
			return failure("already have vrrp with such vrid")
		}
	}
	return nil
}
