package emulator

import "slices"

// features returns what device-mode knows, in the order of print, and which
// modes allow it (MikroTik manual, device-mode).
func features() []feature {
	all, some, full := []string{"home", "basic", "advanced", "enterprise", "ros"},
		[]string{"basic", "advanced", "enterprise", "ros"}, []string{"advanced", "enterprise", "ros"}
	return []feature{
		{"scheduler", some},
		{"socks", full},
		{"fetch", some},
		{"pptp", all},
		{"l2tp", all},
		{"bandwidth-test", full},
		{"traffic-gen", nil},
		{"sniffer", some},
		{"ipsec", all},
		{"romon", some},
		{"proxy", full},
		{"hotspot", full},
		{"smb", all},
		{"email", some},
		{"zerotier", full},
		{"container", []string{"ros"}},
		{"install-any-version", nil},
		{"partitions", nil},
		{"routerboard", nil},
	}
}

// A feature is one switch of device-mode.
type feature struct {
	name  string
	modes []string
}

// allows reports whether device-mode permits a feature.
func (d *Device) allows(name string) bool {
	for _, f := range features() {
		if f.name == name {
			return slices.Contains(f.modes, d.mode)
		}
	}
	return true
}

// deviceModeMenu is read-only here: a mode changes only by a button or a power
// cut.
func deviceModeMenu() *menu {
	props := []prop{ro("mode", func(d *Device, _ *row) (string, bool) {
		if d.mode == "advanced" && !d.version.AtLeast(7, 17) {
			return "enterprise", true
		}
		return d.mode, true
	})}
	for _, f := range features() {
		props = append(props, ro(f.name, func(d *Device, _ *row) (string, bool) { return boolText(d.allows(f.name)), true }))
	}
	props = append(props, never("flagged"), fixed("attempt-count", "0").since(717))
	return &menu{
		path: "system/device-mode", from: 700, single: true, noSet: true,
		verbs: map[string]verb{"update": refuseByName}, props: props,
	}
}
