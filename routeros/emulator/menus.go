package emulator

import "slices"

// allMenus returns the tables of every menu. A property is added in the file
// of its menu: one line with its name, its kind, its default and the releases
// that have it.
func allMenus() []*menu {
	return slices.Concat(
		rootMenus(), systemMenus(), userMenus(),
		interfaceMenus(), tunnelMenus(), bridgeMenus(), bondMenus(), vrrpMenus(), listMenus(),
		ipMenus(), firewallMenus(), bridgeFilterMenus(), ipsecMenus(), toolMenus(), settingsMenus(), certificateMenus(),
	)
}

// Properties that many menus share.

// comment is absent until it is given.
func comment() prop { return p("comment", text()) }

// disabled is the switch that enable and disable turn.
func disabled() prop { return p("disabled", boolean()).def("false") }

// dynamic is true for rows that the device made.
func dynamic() prop {
	return ro("dynamic", func(_ *Device, r *row) (string, bool) { return boolText(r.dynamic), true })
}

// never is a read-only boolean that is false here.
func never(name string) prop {
	return ro(name, func(*Device, *row) (string, bool) { return "false", true })
}

// fixed is a read-only property with one value.
func fixed(name, v string) prop {
	return ro(name, func(*Device, *row) (string, bool) { return v, true })
}

// runs is the running property of interfaces.
func runs() prop {
	return ro("running", func(d *Device, r *row) (string, bool) { return boolText(d.running(r)), true })
}

// mtuNow is the actual-mtu property.
func mtuNow() prop {
	return ro("actual-mtu", func(d *Device, r *row) (string, bool) { return d.actualMTU(r, 0), true })
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// arpProps are the ARP properties of an interface.
func arpProps() []prop {
	return []prop{
		p("arp", enum("enabled", "disabled", "proxy-arp", "local-proxy-arp", "reply-only")).def("enabled"),
		p("arp-timeout", word(anyDuration(), "auto")).def("auto"),
	}
}

// loopProtectProps are the loop protection of an interface.
func loopProtectProps() []prop {
	return []prop{
		p("loop-protect", enum("default", "on", "off")).def("default"),
		ro("loop-protect-status", func(_ *Device, r *row) (string, bool) {
			if r.get("loop-protect") == "on" {
				return "on", true
			}
			return "off", true
		}),
		p("loop-protect-send-interval", dur(second, maxDuration)).def("5s"),
		p("loop-protect-disable-time", anyDuration()).def("5m"),
	}
}

// interfaceClash refuses a second interface of a name. The wording changed
// between 7.5 and 7.23; the release is not known.
func interfaceClash(v Version, name string) error {
	if v.AtLeast(7, 20) {
		return failure("already have interface with name %s", name)
	}
	return failure("already have interface with such name")
}

// nameClash refuses a second item of a name in most lists.
func nameClash(Version, string) error { return failure("item with such name already exists") }

// entryClash refuses a second equal row.
func entryClash() error { return failure("already have such entry") }
