package emulator

// settingsMenus are singletons that are stored and printed and change nothing.
func settingsMenus() []*menu {
	return []*menu{{
		path: "ip/settings", single: true,
		props: []prop{
			p("ip-forward", boolean()).def("true"), p("send-redirects", boolean()).def("true"),
			p("accept-source-route", boolean()).def("false"), p("accept-redirects", boolean()).def("false"),
			p("secure-redirects", boolean()).def("true"), p("rp-filter", yesNoLoose()).def("no"),
			p("tcp-syncookies", boolean()).def("false"), p("tcp-timestamps", enum("disabled", "enabled", "random-offset")).since(718),
			p("max-neighbor-entries", num(1, 4294967295)).def("8192"), p("arp-timeout", anyDuration()).def("30s"),
			p("icmp-rate-limit", num(0, 4294967295)).def("10"), p("icmp-rate-mask", hexNum(0, 4294967295)).def("0x1818"),
			p("icmp-errors-use-inbound-interface-address", boolean()).since(717),
			p("route-cache", boolean()).def("true").until(712), p("allow-fast-path", boolean()).def("true"),
			p("ipv4-multipath-hash-policy", enum("l3", "l3-inner", "l4")).def("l3").since(712),
			p("ipv4-fragment-time", num(0, 4294967295)).since(724), p("ipv4-high-fragment-thresh", num(0, 4294967295)).since(724),
		},
	}, {
		path: "ip/firewall/connection/tracking", single: true,
		props: []prop{
			p("enabled", yesNo("auto")).def("auto"),
			p("tcp-syn-sent-timeout", anyDuration()).def("5s"), p("tcp-syn-received-timeout", anyDuration()).def("5s"),
			p("tcp-established-timeout", anyDuration()).def("1d"), p("tcp-fin-wait-timeout", anyDuration()).def("10s"),
			p("tcp-close-wait-timeout", anyDuration()).def("10s"), p("tcp-last-ack-timeout", anyDuration()).def("10s"),
			p("tcp-time-wait-timeout", anyDuration()).def("10s"), p("tcp-close-timeout", anyDuration()).def("10s"),
			p("tcp-max-retrans-timeout", anyDuration()).def("5m"), p("tcp-unacked-timeout", anyDuration()).def("5m"),
			p("loose-tcp-tracking", boolean()).def("true"), p("liberal-tcp-tracking", boolean()).def("false").since(720),
			p("udp-timeout", anyDuration()).def("10s").defFrom(700, "30s"), p("udp-stream-timeout", anyDuration()).def("3m"),
			p("icmp-timeout", anyDuration()).def("10s"), p("generic-timeout", anyDuration()).def("10m"),
		},
	}, {
		path: "interface/bridge/settings", single: true,
		props: []prop{
			p("use-ip-firewall", boolean()).def("false"), p("use-ip-firewall-for-vlan", boolean()).def("false"),
			p("use-ip-firewall-for-pppoe", boolean()).def("false"), p("allow-fast-path", boolean()).def("true"),
		},
	}}
}

// yesNoLoose is how strictly a source address must be routed back.
func yesNoLoose() kind { return enum("no", "loose", "strict") }
