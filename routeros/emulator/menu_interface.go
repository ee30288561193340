package emulator

import (
	"strconv"
	"time"
)

const second = time.Second

// interfaceMenus are /interface, which shows the interfaces of every type, and
// /interface/ethernet.
func interfaceMenus() []*menu {
	return []*menu{{
		path: "interface", key: "name", noAdd: true, noRemove: true, view: allInterfaces,
		verbs: map[string]verb{
			"set": onInterface(setRows), "enable": onInterface(enableRows), "disable": onInterface(enableRows),
			"comment": onInterface(commentRows), "monitor-traffic": monitorTraffic,
		},
		props: []prop{
			shown("name"), shown("default-name"),
			ro("type", func(_ *Device, r *row) (string, bool) { return r.menu.iface, true }),
			shown("mtu"), mtuNow(), shown("l2mtu"), shown("mac-address"),
			counter("rx-byte"), counter("tx-byte"), counter("rx-packet"), counter("tx-packet"),
			zero("rx-drop"), zero("tx-drop"), zero("tx-queue-drop"), zero("rx-error"), zero("tx-error"),
			linkTime("last-link-up-time", func(e *tunnelEnd) time.Time { return e.wentUp }),
			linkTime("last-link-down-time", func(e *tunnelEnd) time.Time { return e.wentDown }),
			ro("link-downs", func(d *Device, r *row) (string, bool) {
				e := d.tunnels[r.id]
				if e == nil || r.menu.iface != "eoip" {
					return "0", true
				}
				return strconv.FormatUint(e.downs, 10), true
			}).counts(),
			never("dynamic").ifTrue(),
			ro("slave", func(d *Device, r *row) (string, bool) { return boolText(d.isSlave(r)), true }).ifTrue(),
			runs(), shown("disabled"), shown("comment"),
		},
	}, {
		path: "interface/ethernet", iface: "ether", key: "name", noAdd: true, noRemove: true, clash: interfaceClash,
		verbs: map[string]verb{"monitor": monitorEthernet},
		rows: func(Version) []seed {
			var out []seed
			for i := range defaultEthernets {
				name := "ether" + strconv.Itoa(i+1)
				out = append(out, seed{uint32(i + 1), []string{"name", name, "default-name", name}})
			}
			return out
		},
		props: join([]prop{
			p("name", nonEmpty()), kept("default-name"),
			p("mtu", num(68, 10218)).def("1500"), p("l2mtu", num(0, 65535)).def("1598"),
			p("mac-address", mac()).or(etherMAC),
			p("orig-mac-address", mac()).or(etherMAC),
		}, arpProps(), loopProtectProps(), []prop{
			p("auto-negotiation", boolean()).def("true"),
			p("advertise", list(text())), p("speed", text()), p("full-duplex", boolean()).until(711),
			p("rx-flow-control", enum("on", "off", "auto")).def("off"),
			p("tx-flow-control", enum("on", "off", "auto")).def("off"),
			p("cable-settings", enum("default", "short", "standard")).def("default"),
			p("disable-running-check", boolean()), p("combo-mode", enum("auto", "copper", "sfp")),
			p("fec-mode", enum("auto", "fec74", "fec91", "off")), p("mdix-enable", boolean()),
			p("sfp-rate-select", enum("low", "high")), p("sfp-shutdown-temperature", num(0, 200)),
			p("sfp-ignore-rx-los", boolean()).since(714),
			ro("slave", func(d *Device, r *row) (string, bool) { return boolText(d.isSlave(r)), true }).ifTrue(),
			runs(), disabled(), comment(),
		}),
	}}
}

// join puts properties into one list.
func join(lists ...[]prop) []prop {
	var out []prop
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// shown is a property of /interface that the interface's own menu holds.
func shown(name string) prop {
	return ro(name, func(d *Device, r *row) (string, bool) {
		x := r.menu.byName[name]
		if x == nil {
			return "", false
		}
		v := rowView{d: d, menu: r.menu, r: r, who: console()}
		return v.value(x)
	})
}

// counter is a traffic counter of an interface, and zero one that never moves.
func counter(name string) prop {
	return ro(name, func(d *Device, r *row) (string, bool) {
		return strconv.FormatUint(d.traffic(r).named(name), 10), true
	}).counts()
}

// linkTime is when a tunnel's link last changed; other interfaces do not change
// here, and a tunnel that never has lacks it.
func linkTime(name string, of func(*tunnelEnd) time.Time) prop {
	return ro(name, func(d *Device, r *row) (string, bool) {
		e := d.tunnels[r.id]
		if e == nil || r.menu.iface != "eoip" || of(e).IsZero() {
			return "", false
		}
		return formatTime(d.version, of(e)), true
	}).counts()
}

func zero(name string) prop { return fixed(name, "0").counts() }

// etherMAC is the address that a port was made with.
func etherMAC(d *Device, r *row) (string, bool) { return macOf(0xD4, d.name, r.id), true }

// allInterfaces returns the interfaces of every type, oldest first.
func allInterfaces(d *Device) []*row {
	var out []*row
	for _, m := range d.schema.ifaces {
		rows := d.table(m).rows
		i := 0
		merged := make([]*row, 0, len(out)+len(rows))
		for _, r := range rows {
			for i < len(out) && out[i].id < r.id {
				merged = append(merged, out[i])
				i++
			}
			merged = append(merged, r)
		}
		out = append(merged, out[i:]...)
	}
	return out
}

// onInterface carries a command on /interface out in the menu of each
// interface that it names. Only what every interface has can be set here.
func onInterface(run verb) verb {
	return func(c *call) error {
		if err := c.need(mayRead | mayWrite); err != nil {
			return err
		}
		for _, g := range c.req.args {
			switch g.name {
			case ".id", "numbers", "name", "mtu", "l2mtu", "disabled", "comment":
			default:
				return unknownParameter(g.name)
			}
		}
		targets, err := c.targets()
		if err != nil {
			return err
		}
		for _, t := range targets {
			r := c.d.findInterface(t)
			if r == nil {
				return noSuchItem()
			}
			one := *c
			one.menu = r.menu
			one.req.args = append([]given{{name: ".id", value: t}}, c.req.args...)
			if err := run(&one); err != nil {
				return err
			}
		}
		return nil
	}
}

// isSlave reports whether r belongs to a bridge or a bond.
func (d *Device) isSlave(r *row) bool { return d.portOf(r) != nil || d.bondOf(r) != nil }

// actualMTU returns the MTU that holds: what was set or, for auto, what the
// interface can carry.
func (d *Device) actualMTU(r *row, depth int) string {
	v := r.get("mtu")
	if v != "auto" && v != "" || depth > 4 {
		return v
	}
	switch r.menu.iface {
	case "eoip":
		return strconv.FormatUint(d.egressMTU(r)-eoipOverhead, 10)
	case "bridge":
		least := uint64(1500)
		for i, m := range d.allPorts(r) {
			if n, ok := parseUint(d.actualMTU(m, depth+1)); ok && (i == 0 || n < least) {
				least = n
			}
		}
		return strconv.FormatUint(least, 10)
	case "vrrp":
		if parent := d.target(r, "interface"); parent != nil {
			return d.actualMTU(parent, depth+1)
		}
	}
	return "1500"
}

// allPorts returns the interfaces in bridge r, active or not.
func (d *Device) allPorts(r *row) []*row {
	var out []*row
	for _, p := range d.rowsOf("interface/bridge/port") {
		if i := d.target(p, "interface"); i != nil && d.target(p, "bridge") == r {
			out = append(out, i)
		}
	}
	return out
}
