package emulator

import (
	"slices"
	"strings"
)

// bondMenus is /interface/bonding.
func bondMenus() []*menu {
	return []*menu{{
		path: "interface/bonding", iface: "bond", key: "name", autoName: "bonding", clash: interfaceClash, check: checkBond,
		verbs: map[string]verb{"monitor": monitorBond},
		props: join([]prop{
			p("name", text()), p("mtu", num(68, 65535)).def("1500"),
			ro("mac-address", bondMAC),
		}, arpProps(), []prop{
			p("slaves", list(iface())).must(),
			p("mode", enum("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")).def("balance-rr"),
			p("primary", word(iface(), "none")).def("none"),
			p("link-monitoring", enum("mii", "arp", "none")).def("mii"),
			p("arp-interval", msDuration()).def("100ms"), p("arp-ip-targets", list(ip4())).def(""),
			p("mii-interval", msDuration()).def("100ms"),
			p("down-delay", msDuration()).def("0ms"), p("up-delay", msDuration()).def("0ms"),
			p("lacp-rate", enum("1sec", "30secs")).def("30secs"),
			p("lacp-mode", enum("active", "passive")).since(719),
			p("lacp-user-key", num(0, 1023)), p("lacp-system-id", mac()).since(721), p("lacp-system-priority", num(0, 65535)).since(721),
			p("transmit-hash-policy", enum("layer-2", "layer-2-and-3", "layer-3-and-4", "encap-2-and-3", "encap-3-and-4")).def("layer-2"),
			p("min-links", num(0, 4294967295)).def("0"), p("forced-mac-address", mac()),
			p("mlag-id", num(0, 4294967295)).until(717), p("mlag-id", num(0, 4294967295)).since(722),
			ro(".about", func(_ *Device, r *row) (string, bool) {
				return "802.3ad mode must use mii link-monitoring", r.get("mode") == "802.3ad" && r.get("link-monitoring") != "mii"
			}).since(700),
			runs(), disabled(), comment(),
		}),
	}}
}

// checkBond refuses a bond without slaves, a slave that another bond has, and
// one that is a bridge port.
func checkBond(d *Device, before, after *row) error {
	if after.get("slaves") == "" {
		return failure("need at least one slave interface")
	}
	slaves := strings.Split(after.get("slaves"), ",")
	for _, b := range d.table(after.menu).rows {
		if b.id == after.id && before != nil {
			continue
		}
		for s := range strings.SplitSeq(b.get("slaves"), ",") {
			if slices.Contains(slaves, s) {
				return trapf(NoCategory, "%s already in %s", after.menu.byName["slaves"].kind.show(d, s), b.name())
			}
		}
	}
	for _, s := range d.slaves(after) {
		if s.menu.iface == "bond" || s.menu.iface == "bridge" {
			return failure("%s cannot be a slave", s.name())
		}
		if d.portOf(s) != nil {
			return failure("device already added as bridge port")
		}
	}
	return nil
}

// bondMAC is the forced address or the first slave's.
func bondMAC(d *Device, r *row) (string, bool) {
	if r.has("forced-mac-address") {
		return r.get("forced-mac-address"), true
	}
	for _, s := range d.slaves(r) {
		if x := s.menu.byName["mac-address"]; x != nil {
			v := rowView{d: d, menu: s.menu, r: s, who: console()}
			return v.value(x)
		}
	}
	return "", false
}

// monitorBond shows which slaves carry traffic.
func monitorBond(c *call) error {
	return c.monitor(func(r *row) []pair {
		active := c.d.activeSlaves(r)
		var up, down []string
		for _, s := range c.d.slaves(r) {
			if slices.Contains(active, s) {
				up = append(up, s.name())
			} else {
				down = append(down, s.name())
			}
		}
		return []pair{
			{"mode", r.get("mode")}, {"active-ports", strings.Join(up, ",")}, {"inactive-ports", strings.Join(down, ",")},
		}
	})
}
