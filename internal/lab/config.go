//go:build linux

package lab

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"jembatan/internal/packet"
	"jembatan/internal/packet/wire"
)

// A row is one item of a menu, as the API prints it.
type row map[string]string

func (r row) yes(name string) bool { return r[name] == "true" || r[name] == "yes" }

// enabled reports that the item is not disabled.
func (r row) enabled() bool { return !r.yes("disabled") }

func (r row) number(name string) int {
	n, err := strconv.ParseInt(r[name], 0, 64)
	if err != nil {
		return 0
	}
	return int(n)
}

// list splits a comma list; the empty list has no elements.
func (r row) list(name string) []string {
	if r[name] == "" {
		return nil
	}
	return strings.Split(r[name], ",")
}

// mtu is the MTU that holds.
func (r row) mtu() int {
	if n := r.number("actual-mtu"); n > 0 {
		return n
	}
	return r.number("mtu")
}

// A config is the part of a device's configuration that the lab carries out,
// read through the device's own print. Off means that the device has no power.
type config struct {
	off   bool
	menus map[string][]row
}

// carriedOut are the menus that a config holds.
func carriedOut() []string {
	return []string{
		"interface/ethernet", "interface/eoip", "interface/bonding", "interface/bridge", "interface/bridge/port",
		"interface/vrrp", "interface/bridge/filter", "ip/address", "ip/route", "ip/firewall/nat", "ip/firewall/filter",
		"ip/firewall/raw", "ip/firewall/mangle", "ip/firewall/address-list", "interface/list/member",
	}
}

// readConfig asks the device for every menu.
func (r *router) readConfig() config {
	c := config{menus: map[string][]row{}}
	for _, menu := range carriedOut() {
		rows, err := r.dev.Do("/" + menu + "/print")
		if err != nil {
			return config{off: true, menus: map[string][]row{}}
		}
		for _, x := range rows {
			c.menus[menu] = append(c.menus[menu], row(x))
		}
	}
	return c
}

// names returns the interface lists by name.
func (c *config) lists() map[string][]string {
	out := map[string][]string{}
	for _, m := range c.menus["interface/list/member"] {
		if m.enabled() {
			out[m["list"]] = append(out[m["list"]], m["interface"])
		}
	}
	return out
}

// bridgeOf returns the enabled bridge port row of an interface, or nil.
func (c *config) bridgeOf(iface string) row {
	for _, p := range c.menus["interface/bridge/port"] {
		if p["interface"] == iface && p.enabled() {
			return p
		}
	}
	return nil
}

// tunnelConfig makes a tunnel's configuration of a row of /interface/eoip. The
// reason tells what keeps it from being carried out.
func tunnelConfig(x row) (c wire.Config, reason string) {
	remote, err := netip.ParseAddr(x["remote-address"])
	if err != nil {
		return c, "remote-address " + x["remote-address"] + " is a name; the lab has no DNS"
	}
	if x["ipsec-secret"] != "" {
		return c, "ipsec-secret: the lab has no IPsec, and sending in clear would be a lie"
	}
	c = wire.Config{Remote: remote, ID: uint16(x.number("tunnel-id")), DSCP: -1, InheritDF: x["dont-fragment"] == "inherit"}
	if a, err := netip.ParseAddr(x["local-address"]); err == nil && !a.IsUnspecified() {
		c.Local = a
	}
	if x["dscp"] != "inherit" {
		c.DSCP = x.number("dscp")
	}
	interval, retries, ok := strings.Cut(x["keepalive"], ",")
	if ok {
		n, _ := strconv.Atoi(retries)
		c.Keepalive = packet.Keepalive{Interval: rosDuration(interval), Retries: n}
	}
	return c, ""
}

// rosDuration parses 1m30s, 100ms, 1d or 00:00:10 as RouterOS prints durations.
func rosDuration(s string) time.Duration {
	if parts := strings.Split(s, ":"); len(parts) == 3 {
		s = parts[0] + "h" + parts[1] + "m" + parts[2] + "s"
	}
	var days time.Duration
	for unit, d := range map[string]time.Duration{"w": 7 * 24 * time.Hour, "d": 24 * time.Hour} {
		if n, rest, ok := strings.Cut(s, unit); ok {
			if v, err := strconv.Atoi(n); err == nil {
				days += time.Duration(v) * d
				s = rest
			}
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil && s != "" {
		return days
	}
	return days + d
}
