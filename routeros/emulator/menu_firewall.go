package emulator

import (
	"slices"
	"strings"
	"time"
)

// firewallMenus are the IPv4 rule tables, the address lists and the tracked
// connections.
func firewallMenus() []*menu {
	lists := []string{"accept", "add-dst-to-address-list", "add-src-to-address-list", "jump", "log", "passthrough", "return"}
	return []*menu{
		ruleMenu("nat", []prop{
			p("chain", text()).must(),
			p("action", enum(append(lists, "dst-nat", "endpoint-independent-nat", "masquerade", "netmap", "redirect", "same", "src-nat", "socksify")...)).def("accept"),
			p("to-addresses", addresses()), p("to-ports", ports()),
			p("same-not-by-dst", boolean()), p("randomise-ports", boolean()).since(710),
			p("socks5-port", num(0, 65535)).since(720), p("socks5-server", ip4()).since(720), p("socksify-service", text()).since(720),
		}, connectionMatchers(), []prop{p("realm", not(num(0, 4294967295))), p("layer7-protocol", text()), p("tls-host", text()).until(716), p("routing-mark", not(text()))}),
		ruleMenu("filter", []prop{
			p("chain", text()).must(),
			p("action", enum(append(lists, "drop", "fasttrack-connection", "reject", "tarpit")...)).def("accept"),
			p("reject-with", enum("icmp-admin-prohibited", "icmp-host-prohibited", "icmp-host-unreachable", "icmp-net-prohibited",
				"icmp-network-unreachable", "icmp-port-unreachable", "icmp-protocol-unreachable", "tcp-reset")),
			p("hw-offload", boolean()).since(700).until(722),
		}, connectionMatchers(), stateMatchers(), []prop{
			p("realm", not(num(0, 4294967295))), p("layer7-protocol", text()), p("tls-host", text()), p("routing-mark", not(text())), p("routing-table", not(text())).until(700), p("p2p", p2p()), p("tcp-flags", tcpFlags()),
		}),
		ruleMenu("raw", []prop{
			p("chain", text()).must(), p("action", enum(append(lists, "drop", "notrack")...)).def("accept"),
		}, []prop{p("tls-host", text()), p("tcp-flags", tcpFlags())}),
		ruleMenu("mangle", []prop{
			p("chain", text()).must(),
			p("action", enum(append(lists, "change-dscp", "change-mss", "change-ttl", "clear-df", "fasttrack-connection", "mark-connection",
				"mark-packet", "mark-routing", "route", "set-priority", "sniff-pc", "sniff-tzsp", "strip-ipv4-options")...)).def("accept"),
			p("new-connection-mark", text()), p("new-dscp", word(num(0, 63), "from-priority", "from-priority-to-high-3-bits")), p("new-mss", text()), p("new-packet-mark", text()),
			p("new-priority", text()), p("new-routing-mark", text()), p("new-ttl", text()), p("passthrough", boolean()),
			p("route-dst", ip4()), p("sniff-id", num(0, 65535)), p("sniff-target", ip4()), p("sniff-target-port", num(0, 65535)),
		}, connectionMatchers(), stateMatchers(), []prop{
			p("realm", not(num(0, 4294967295))), p("layer7-protocol", text()), p("tls-host", text()), p("routing-mark", not(text())), p("routing-table", not(text())).until(700), p("p2p", p2p()), p("tcp-flags", tcpFlags()),
		}),
		addressListMenu(), connectionMenu(),
	}
}

// ruleMenu is one table of rules: its own properties, then those of all.
func ruleMenu(name string, own []prop, more ...[]prop) *menu {
	props := join(append([][]prop{own, ruleMatchers()}, more...)...)
	props = append(props,
		zero("bytes"), zero("packets"),
		p("log", boolean()).def("false"), p("log-prefix", textUpTo(31)).def(""),
		never("invalid"), dynamic(), disabled(), comment())
	return &menu{
		path: "ip/firewall/" + name, ordered: true, check: checkRule, props: props,
		verbs: map[string]verb{"reset-counters": noCounters, "reset-counters-all": noCounters},
	}
}

// ruleMatchers are what rules of every table match on, and the address list
// that their actions write to.
func ruleMatchers() []prop {
	in, out := notIface(), not(ifaceList())
	return []prop{
		p("protocol", not(ipProtocol())), p("src-address", not(addresses())), p("dst-address", not(addresses())),
		p("src-address-list", not(text())), p("dst-address-list", not(text())),
		p("src-address-type", addressType()), p("dst-address-type", addressType()),
		p("src-port", not(ports())), p("dst-port", not(ports())), p("port", not(ports())),
		p("in-interface", in), p("out-interface", in), p("in-interface-list", out), p("out-interface-list", out),
		p("in-bridge-port", in), p("out-bridge-port", in), p("in-bridge-port-list", out), p("out-bridge-port-list", out),
		p("src-mac-address", not(mac())), p("packet-mark", not(text())), p("ingress-priority", not(text())), p("priority", not(text())),
		p("dscp", not(num(0, 63))), p("tos", not(text())).since(721), p("packet-size", not(text())), p("tcp-mss", not(text())),
		p("ipv4-options", ipOptions()), p("ttl", text()), p("icmp-options", not(text())), p("fragment", boolean()),
		p("content", not(text())), p("hotspot", text()), p("ipsec-policy", text()), p("limit", not(text())), p("dst-limit", text()),
		p("nth", text()), p("random", num(1, 99)), p("per-connection-classifier", text()), p("psd", text()), p("time", text()),
		p("address-list", text()), p("address-list-timeout", word(anyDuration(), "none-dynamic", "none-static")), p("jump-target", text()),
	}
}

// connectionMatchers need connection tracking.
func connectionMatchers() []prop {
	return []prop{
		p("connection-mark", not(text())), p("connection-type", helper()), p("connection-bytes", text()),
		p("connection-limit", not(text())), p("connection-rate", not(text())),
	}
}

func stateMatchers() []prop {
	return []prop{
		p("connection-state", not(list(enum("invalid", "established", "related", "new", "untracked")))),
		p("connection-nat-state", not(list(enum("srcnat", "dstnat", "ein-snat", "ein-dnat")))),
	}
}

// notIface takes an interface or one of the classes of interfaces.
func notIface() kind {
	return not(word(iface(), "all-ethernet", "all-ppp", "all-vlan", "all-wireless"))
}

// noCounters is reset-counters: rules count nothing here.
func noCounters(c *call) error { return c.need(mayWrite) }

// checkRule refuses ports without a protocol that has them.
func checkRule(_ *Device, _, after *row) error {
	if after.has("src-port") || after.has("dst-port") || after.has("port") {
		switch after.get("protocol") {
		case "tcp", "udp", "udp-lite", "dccp", "sctp", "6", "17", "33", "132", "136":
		default:
			return failure("ports can be specified if proto is tcp,udp,udp-lite,dccp,sctp")
		}
	}
	return nil
}

func addressListMenu() *menu {
	return &menu{
		path: "ip/firewall/address-list",
		fill: func(d *Device, r *row) *row {
			return r.withValue("creation-time", formatTime(d.version, time.Now().UTC()))
		},
		check: func(d *Device, _, after *row) error {
			for _, r := range d.table(after.menu).rows {
				if r.id != after.id && r.get("list") == after.get("list") && r.get("address") == after.get("address") {
					return entryClash()
				}
			}
			return nil
		},
		props: []prop{
			p("list", nonEmpty()).must(), p("address", listAddress()).must(), p("timeout", anyDuration()),
			kept("creation-time"), dynamic(), disabled(), comment(),
		},
	}
}

// listAddress takes what an address list holds: an address, prefix, range or
// name.
func listAddress() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if v, err := addresses().parse(a, s); err == nil {
			return v, nil
		}
		return host().parse(a, s)
	}}
}

// connectionMenu is the connections that a Tracker knows or, without one, those
// that tests put there.
func connectionMenu() *menu {
	names := []string{
		"protocol", "src-address", "src-port", "dst-address", "dst-port", "reply-src-address", "reply-src-port",
		"reply-dst-address", "reply-dst-port", "tcp-state", "timeout", "connection-mark", "connection-type",
		"assured", "confirmed", "dying", "expected", "fasttrack", "seen-reply", "srcnat", "dstnat",
		"orig-packets", "orig-bytes", "repl-packets", "repl-bytes",
	}
	m := &menu{
		path: "ip/firewall/connection", noAdd: true, noSet: true, quietAt: 722, view: connections, drop: dropConnection,
	}
	for _, n := range names {
		m.props = append(m.props, kept(n))
	}
	return m
}

// AddConnection puts a row into /ip/firewall/connection and returns its id.
// Properties are given as release 7.20 prints them; for releases before it the
// ports are joined to their addresses, as those print them. Unknown names are
// left out.
func (d *Device) AddConnection(properties map[string]string) string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	m := d.schema.menus["ip/firewall/connection"]
	var words []string
	for name, v := range properties {
		if !d.version.AtLeast(7, 20) {
			if strings.HasSuffix(name, "-port") {
				continue
			}
			if port := properties[strings.TrimSuffix(name, "address")+"port"]; strings.HasSuffix(name, "-address") && port != "" {
				v += ":" + port
			}
		}
		words = append(words, name, v)
	}
	r := newRow(m, d.newID(m), words...)
	slices.SortFunc(r.cells, func(a, b cell) int { return strings.Compare(a.p.name, b.p.name) })
	d.insert(m, r, 0)
	d.w.settle()
	return idText(r.id)
}

// bridgeFilterMenus is /interface/bridge/filter.
func bridgeFilterMenus() []*menu {
	in, out := not(word(iface(), "all-ethernet")), not(ifaceList())
	return []*menu{{
		path: "interface/bridge/filter", ordered: true,
		verbs: map[string]verb{"reset-counters": noCounters, "reset-counters-all": noCounters},
		check: func(_ *Device, _, after *row) error {
			ipNeeded := after.has("ip-protocol") || after.has("src-address") || after.has("dst-address") || after.has("src-port") || after.has("dst-port")
			if m := after.get("mac-protocol"); ipNeeded && m != "ip" && m != "ipv6" && m != "2048" {
				return failure("ip matchers need mac-protocol=ip")
			}
			return nil
		},
		props: []prop{
			p("chain", nonEmpty()).must(),
			p("action", enum("accept", "drop", "jump", "log", "mark-packet", "passthrough", "return", "set-priority")).def("accept"),
			p("mac-protocol", not(etherProtocol())), p("ip-protocol", not(ipProtocol())),
			p("src-mac-address", not(macMask())), p("dst-mac-address", not(macMask())),
			p("src-address", not(network())), p("dst-address", not(network())), p("src-address6", not(network())), p("dst-address6", not(network())),
			p("src-port", not(ports())), p("dst-port", not(ports())),
			p("in-interface", in), p("out-interface", in), p("in-interface-list", out), p("out-interface-list", out),
			p("in-bridge", not(ref("interface/bridge"))), p("out-bridge", not(ref("interface/bridge"))),
			p("in-bridge-list", out), p("out-bridge-list", out),
			p("arp-opcode", not(text())), p("arp-hardware-type", not(text())), p("arp-packet-type", not(text())), p("arp-gratuitous", boolean()),
			p("arp-src-address", not(network())), p("arp-dst-address", not(network())),
			p("arp-src-mac-address", not(macMask())), p("arp-dst-mac-address", not(macMask())),
			p("vlan-id", not(num(0, 4095))), p("vlan-priority", not(num(0, 7))), p("vlan-encap", not(etherProtocol())),
			p("802.3-sap", not(text())), p("802.3-type", not(text())),
			p("stp-type", not(word(num(0, 255), "config", "tcn"))), p("stp-flags", not(text())), p("stp-forward-delay", not(text())), p("stp-hello-time", not(text())),
			p("stp-max-age", not(text())), p("stp-msg-age", not(text())), p("stp-port", not(text())), p("stp-root-address", not(text())),
			p("stp-root-cost", not(text())), p("stp-root-priority", not(text())), p("stp-sender-address", not(text())), p("stp-sender-priority", not(text())),
			p("packet-type", not(enum("broadcast", "host", "multicast", "other-host"))), p("packet-mark", not(text())), p("tls-host", text()),
			p("ingress-priority", not(text())), p("limit", not(text())), p("jump-target", text()),
			p("new-packet-mark", text()), p("new-priority", text()), p("passthrough", boolean()),
			zero("bytes"), zero("packets"), p("log", boolean()).def("false"), p("log-prefix", textUpTo(31)).def(""),
			never("invalid"), dynamic(), disabled(), comment(),
		},
	}}
}
