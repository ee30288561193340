package audit

import (
	"net/netip"
	"slices"
	"strings"
)

const manualBridge = "MikroTik manual, Bridging and Switching"

func layer2Rules() []Rule { return append(bridgeRules(), bondRules()...) }

func bridgeRules() []Rule {
	return []Rule{
		{
			ID: "L2-01", Severity: High, Needs: []string{MenuEoIP, MenuPort},
			Title: say("The tunnel is in a bridge at one end only", "Terowongan di dalam bridge hanya di satu ujung"),
			Why:   say("The segment is not stretched: frames end at the other router.", "Segmen tidak terbentang: bingkai berhenti di router lawan."),
			Looks: "/interface/bridge/port of both ends", Fix: say("Add the port.", "Tambahkan port."),
			Ref: manualBridge, Control: "A.8.22", tunnel: checkUnbridged,
		},
		{
			ID: "L2-02", Severity: Critical, Needs: []string{MenuEoIP, MenuPort, MenuAddress},
			Title: say("The tunnel joins two different networks", "Terowongan menyambung dua jaringan berbeda"),
			Why:   say("The bridges at its ends have addresses of different subnets: two networks have become one.", "Bridge di kedua ujung punya alamat subnet berbeda: dua jaringan menjadi satu."),
			Looks: "/interface/bridge/port; /ip/address of the bridges at both ends", Fix: say("Move the port to the right bridge.", "Pindahkan port ke bridge yang benar."),
			Ref: manualBridge, Control: "A.8.22", tunnel: checkSubnets,
		},
		{
			ID: "L2-03", Severity: High, Needs: []string{MenuBridge, MenuPort, MenuEoIP},
			Title: say("A bridge without spanning tree has more than one path", "Bridge tanpa spanning tree punya lebih dari satu jalur"),
			Why:   say("Only the other bridges of the loop keep it cut; one change there and frames circle.", "Hanya bridge lain yang memutus lingkarannya; satu perubahan di sana dan bingkai berputar."),
			Looks: "/interface/bridge: protocol-mode; /interface/bridge/port: horizon; the tunnels between bridges", Fix: say("Set protocol-mode=rstp in a window: it interrupts all ports for a moment.", "Pasang protocol-mode=rstp pada waktu pemeliharaan: semua port terputus sejenak."),
			Ref: manualBridge, Control: "A.8.22", router: checkTreeOff,
		},
		{
			ID: "L2-04", Severity: Critical, Needs: []string{MenuBridge, MenuPort, MenuEoIP},
			Title: say("A loop without any protection", "Lingkaran tanpa pelindung apa pun"),
			Why:   say("Two tunnels lead the same way, no bridge of the loop runs spanning tree, and no horizon splits them: a broadcast storm.", "Dua terowongan ke arah yang sama, tidak ada bridge yang menjalankan spanning tree, dan tidak ada horizon: badai siaran."),
			Looks: "/interface/bridge: protocol-mode; /interface/bridge/port: horizon; the tunnels between bridges", Fix: say("Bond the two tunnels, or run RSTP on both bridges, or disable one.", "Gabungkan kedua terowongan dengan bond, atau jalankan RSTP di kedua bridge, atau matikan satu."),
			Ref: manualBridge + " (split horizon, loops)", Control: "A.8.22", router: checkStorm,
		},
		{
			ID: "L2-05", Severity: Medium, Needs: []string{MenuEoIP, MenuPort},
			Title: say("Loop protection is off", "Perlindungan lingkaran mati"),
			Why:   say("The second belt is missing: loop-protect finds its own frames coming back and shuts the port for five minutes.", "Pengaman kedua tidak ada: loop-protect mengenali bingkainya sendiri yang kembali dan menutup port lima menit."),
			Looks: "/interface/eoip: loop-protect; the bridge's protocol-mode", Fix: say("Set loop-protect=on where the bridge runs no spanning tree.", "Pasang loop-protect=on bila bridge tidak menjalankan spanning tree."),
			Ref: "MikroTik manual, Loop Protect (spanning tree is preferred on bridge ports)", Control: "A.8.22", tunnel: checkLoopProtect,
		},
		{
			ID: "L2-06", Severity: Critical, Needs: []string{MenuPort, MenuDHCPServer},
			Title: say("Two DHCP servers in one stretched segment", "Dua server DHCP dalam satu segmen"),
			Why:   say("Clients take whichever answers first and get the gateway of the wrong site.", "Klien mengambil yang lebih dulu menjawab dan mendapat gateway situs yang salah."),
			Looks: "/ip/dhcp-server; the bridges that tunnels join; /interface/bridge/filter", Fix: say("Keep one, or drop DHCP on the tunnel ports.", "Sisakan satu, atau buang DHCP di port terowongan."),
			Ref: "RFC 2131; " + manualBridge, Control: "A.8.22", whole: checkTwoDHCP,
		},
		{
			ID: "L2-07", Severity: High, Needs: []string{MenuPort, MenuEoIP, MenuDHCPServer, MenuBridgeFilter},
			Title: say("DHCP of one site leaks through the tunnel", "DHCP satu situs bocor lewat terowongan"),
			Why:   say("A DHCP server stands in the segment and no bridge filter keeps it off the tunnel: the other site depends on it, or takes the wrong addresses.", "Ada server DHCP di segmen dan tidak ada bridge filter yang menahannya: situs lain bergantung padanya, atau salah alamat."),
			Looks: "/ip/dhcp-server; /interface/bridge/filter of both ends", Fix: say("Drop UDP 67-68 on the tunnel port in forward and output.", "Buang UDP 67-68 pada port terowongan di forward dan output."),
			Ref: "reports of users; " + manualBridge + " (filter)", Control: "A.8.22", tunnel: checkDHCPLeak,
		},
		{
			ID: "L2-10", Severity: Medium, Needs: []string{MenuPort, MenuEoIP},
			Title: say("Branches see each other through the hub", "Cabang saling terlihat lewat pusat"),
			Why:   say("Some tunnel ports of the bridge have a horizon and others do not: those without are open to all.", "Sebagian port terowongan punya horizon dan yang lain tidak: yang tanpa horizon terbuka bagi semua."),
			Looks: "/interface/bridge/port: horizon of the tunnel ports", Fix: say("Give every branch port the same horizon.", "Beri semua port cabang horizon yang sama."),
			Ref: manualBridge + " (split horizon)", Control: "A.8.22", router: checkHorizon,
		},
	}
}

func checkUnbridged(_ *Network, t *Tunnel) verdict {
	if !t.both() || t.off() {
		return none()
	}
	a, b := t.Ends[0], t.Ends[1]
	if (a.Bridge == nil) == (b.Bridge == nil) {
		return fine()
	}
	in, out := a, b
	if a.Bridge == nil {
		in, out = b, a
	}
	return bad(hit{
		say: say("%s is in %s, %s is in no bridge", "%s di dalam %s, %s tidak di bridge mana pun", in, in.Bridge.Name, out),
		evidence: []Evidence{
			in.Router.fact(MenuPort, in.Port, "bridge"),
			out.Router.note(MenuPort, out.Row, "bridge", say("no port for it", "tidak ada port untuknya")),
		},
		fix: []Command{out.Router.run("/interface/bridge/port/add bridge=<bridge of the segment> interface=%s", word(out.Name))},
	})
}

// nets returns the subnets of a bridge's addresses.
func (b *Bridge) nets() []netip.Prefix {
	var out []netip.Prefix
	for _, a := range b.Router.addrs {
		if a.iface == b.Name && a.prefix.Bits() < a.prefix.Addr().BitLen() {
			out = append(out, a.prefix.Masked())
		}
	}
	return out
}

func checkSubnets(_ *Network, t *Tunnel) verdict {
	if !t.both() || t.off() || t.Ends[0].Bridge == nil || t.Ends[1].Bridge == nil {
		return none()
	}
	a, b := t.Ends[0].Bridge, t.Ends[1].Bridge
	x, y := a.nets(), b.nets()
	if len(x) == 0 || len(y) == 0 {
		return none()
	}
	for _, p := range x {
		if slices.ContainsFunc(y, p.Overlaps) {
			return fine()
		}
	}
	var evidence []Evidence
	for i, br := range []*Bridge{a, b} {
		evidence = append(evidence, br.Router.fact(MenuPort, t.Ends[i].Port, "bridge"))
		for _, own := range br.Router.addrs {
			if own.iface == br.Name && own.row != nil {
				evidence = append(evidence, br.Router.fact(MenuAddress, own.row, "address"))
			}
		}
	}
	return bad(hit{
		say: say("%s has %v, %s has %v", "%s punya %v, %s punya %v", a, x[0], b, y[0]), evidence: evidence,
		fix: []Command{b.Router.run("/interface/bridge/port/set [find interface=%s] bridge=<the right bridge>", word(t.Ends[1].Port.Get("interface")))},
	})
}

// loopSafe reports whether some bridge of the loop through b runs spanning
// tree; RouterOS passes BPDUs on where it does not.
func (n *Network) loopSafe(b *Bridge) bool {
	return slices.ContainsFunc(n.domain(b.Domain), func(x *Bridge) bool { return x.Loop && x.mode() != "none" })
}

func checkTreeOff(n *Network, r *Router) verdict {
	return loops(r, func(b *Bridge) bool { return n.loopSafe(b) })
}

func checkStorm(n *Network, r *Router) verdict {
	return loops(r, func(b *Bridge) bool { return !n.loopSafe(b) })
}

// loops finds the bridges of a router that are part of a loop, run no spanning
// tree and are not split by a horizon.
func loops(r *Router, about func(b *Bridge) bool) verdict {
	var hits []hit
	seen := false
	for _, b := range r.bridges {
		if len(b.tunnelPorts()) == 0 {
			continue
		}
		seen = true
		if !b.Loop || b.mode() != "none" || b.split() || !about(b) {
			continue
		}
		evidence := []Evidence{r.fact(MenuBridge, rowOr(b.Row), "protocol-mode")}
		var names []string
		for _, p := range b.tunnelPorts() {
			evidence = append(evidence, r.fact(MenuPort, p.Row, "horizon"))
			names = append(names, p.Iface)
		}
		hits = append(hits, hit{
			subject: b.String(), evidence: evidence,
			say: say("%s: %s", "%s: %s", b.Name, strings.Join(names, ", ")),
			fix: []Command{r.run("/interface/bridge/set [find name=%s] protocol-mode=rstp", word(b.Name))},
		})
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkLoopProtect(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var fix []Command
	var evidence []Evidence
	seen := false
	for _, e := range t.ends() {
		if e.Bridge == nil || e.off() {
			continue
		}
		seen = true
		if e.Bridge.mode() != "none" || e.Row.Get("loop-protect") == "on" {
			continue
		}
		evidence = append(evidence, e.fact("loop-protect"), e.Router.fact(MenuBridge, rowOr(e.Bridge.Row), "protocol-mode"))
		fix = append(fix, e.set("loop-protect=on"))
	}
	switch {
	case !seen:
		return none()
	case len(fix) == 0:
		return fine()
	}
	return bad(hit{
		say:      say("off at %d of %d ends, on bridges without spanning tree", "mati di %d dari %d ujung, pada bridge tanpa spanning tree", len(fix), len(t.ends())),
		evidence: evidence, fix: fix,
	})
}

// dhcpServers returns the DHCP servers on a bridge.
func (b *Bridge) dhcpServers() []*Row {
	var out []*Row
	for _, row := range b.Router.active(MenuDHCPServer) {
		if row.Get("interface") == b.Name {
			out = append(out, row)
		}
	}
	return out
}

// keepsDHCP reports whether the router's filter drops DHCP on all tunnel ports.
func (b *Bridge) keepsDHCP() bool {
	for _, p := range b.tunnelPorts() {
		if !b.Router.drops(p.Iface, "dhcp") {
			return false
		}
	}
	return true
}

func checkTwoDHCP(n *Network) verdict {
	var hits []hit
	done := map[int]bool{}
	for _, b := range n.Bridges {
		if done[b.Domain] {
			continue
		}
		done[b.Domain] = true
		var evidence []Evidence
		var where, routers []string
		for _, o := range n.domain(b.Domain) {
			if len(o.tunnelPorts()) == 0 || o.keepsDHCP() {
				continue
			}
			for _, row := range o.dhcpServers() {
				evidence = append(evidence, o.Router.fact(MenuDHCPServer, row, "interface"), o.Router.fact(MenuDHCPServer, row, "address-pool"))
				where = append(where, o.String())
				if !slices.Contains(routers, o.Router.Name) {
					routers = append(routers, o.Router.Name)
				}
			}
		}
		if len(routers) < 2 {
			continue
		}
		var fix []Command
		for _, r := range routers[1:] {
			fix = append(fix, Command{r, "/ip/dhcp-server/disable [find interface=" + word(b.Name) + "]"})
		}
		hits = append(hits, hit{
			subject: strings.Join(where, " - "), routers: routers, evidence: evidence, fix: fix,
			say: say("one segment, servers on %s", "satu segmen, server di %s", strings.Join(where, ", ")),
		})
	}
	return perhaps(hits)
}

func checkDHCPLeak(n *Network, t *Tunnel) verdict {
	if !t.both() || t.off() || t.Ends[0].Bridge == nil || t.Ends[1].Bridge == nil {
		return none()
	}
	for i, e := range t.Ends {
		o := t.Ends[1-i]
		servers := e.Bridge.dhcpServers()
		if len(servers) == 0 {
			continue
		}
		if len(o.Bridge.dhcpServers()) > 0 { // L2-06 tells of two servers.
			return none()
		}
		if e.Router.drops(e.Port.Get("interface"), "dhcp") || o.Router.drops(o.Port.Get("interface"), "dhcp") {
			return fine()
		}
		none := say("no rule drops DHCP on the tunnel port", "tidak ada aturan yang membuang DHCP di port terowongan")
		return bad(hit{
			say: say("the DHCP server of %s is heard behind %s", "server DHCP %s terdengar di balik %s", e.Bridge, o),
			evidence: []Evidence{
				e.Router.fact(MenuDHCPServer, servers[0], "interface"),
				e.Router.note(MenuBridgeFilter, e.Row, "rules", none), o.Router.note(MenuBridgeFilter, o.Row, "rules", none),
			},
			fix: dhcpFilter(e),
		})
	}
	return fine()
}

func dhcpFilter(e *End) []Command {
	var out []Command
	for _, chain := range []string{"forward", "output"} {
		out = append(out, e.Router.run("/interface/bridge/filter/add chain=%s out-interface=%s mac-protocol=ip ip-protocol=udp dst-port=67-68 action=drop",
			chain, word(e.Port.Get("interface"))))
	}
	return out
}

func checkHorizon(n *Network, r *Router) verdict {
	var hits []hit
	seen := false
	for _, b := range r.bridges {
		ports := b.tunnelPorts()
		if len(ports) < 2 {
			continue
		}
		seen = true
		var with, without []*Port
		for _, p := range ports {
			if h := p.Row.Get("horizon"); h == "" || h == "none" {
				without = append(without, p)
			} else {
				with = append(with, p)
			}
		}
		if len(with) == 0 || len(without) == 0 {
			continue
		}
		var evidence []Evidence
		var fix []Command
		for _, p := range ports {
			evidence = append(evidence, r.fact(MenuPort, p.Row, "horizon"))
		}
		for _, p := range without {
			fix = append(fix, r.run("/interface/bridge/port/set [find interface=%s] horizon=%s", word(p.Iface), with[0].Row.Get("horizon")))
		}
		hits = append(hits, hit{
			subject: b.String(), evidence: evidence, fix: fix,
			say: say("%d of %d tunnel ports of %s have no horizon", "%d dari %d port terowongan di %s tanpa horizon", len(without), len(ports), b.Name),
		})
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}
