package audit

import (
	"strconv"
	"strings"
)

func identityRules() []Rule {
	newMAC := say("Set a MAC address of its own, from 00:00:5E:80:00:00 on or a locally administered one.",
		"Pasang alamat MAC sendiri, mulai 00:00:5E:80:00:00 atau yang dikelola lokal.")
	return []Rule{
		{
			ID: "IDN-01", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Two tunnels of a router have one MAC address", "Dua terowongan pada satu router memakai satu MAC"),
			Why:   say("The manual asks for a unique address for each tunnel; a copied export brings the old one along.", "Manual meminta alamat unik tiap terowongan; ekspor yang disalin membawa alamat lama."),
			Looks: "/interface/eoip of one router: mac-address", Fix: newMAC, Ref: manualEoIP, Control: "A.8.9", router: checkMACRouter,
		},
		{
			ID: "IDN-02", Severity: Critical, Needs: []string{MenuEoIP, MenuPort},
			Title: say("Two tunnels in one bridge have one MAC address", "Dua terowongan dalam satu bridge memakai satu MAC"),
			Why:   say("Forwarding tables flap between the ports.", "Tabel penerusan berpindah-pindah antar port."),
			Looks: "/interface/eoip: mac-address; /interface/bridge/port", Fix: newMAC, Ref: manualEoIP, Control: "A.8.9", router: checkMACBridge,
		},
		{
			ID: "IDN-03", Severity: Critical, Needs: []string{MenuEoIP},
			Title: say("Both ends, or two routers of one segment, have one MAC address", "Kedua ujung, atau dua router dalam satu segmen, memakai satu MAC"),
			Why:   say("An export that was copied to the other router brings the address along; switches learn it on both sides.", "Ekspor yang disalin ke router lain membawa alamatnya; switch mempelajarinya di kedua sisi."),
			Looks: "/interface/eoip of both ends: mac-address; /interface/bridge/port", Fix: newMAC, Ref: manualEoIP, Control: "A.8.9", tunnel: checkMACEnds,
		},
		{
			ID: "IDN-04", Severity: Low, Needs: []string{MenuEoIP},
			Title: say("A MAC address of the kind that hardware has", "Alamat MAC seperti milik perangkat keras"),
			Why:   say("It is neither locally administered nor from the range that the manual names, so it may be that of a card.", "Bukan dikelola lokal dan bukan dari rentang yang disebut manual, jadi bisa sama dengan kartu jaringan."),
			Looks: "/interface/eoip: mac-address", Fix: newMAC, Ref: manualEoIP, Control: "A.8.9", router: checkMACKind,
		},
	}
}

// mac returns an end's address in upper case.
func (e *End) mac() string { return strings.ToUpper(e.Row.Get("mac-address")) }

func (e *End) newMAC() Command {
	return e.set("mac-address=00:00:5E:80:<two free bytes>")
}

func checkMACRouter(n *Network, r *Router) verdict {
	return sameMACs(r.ends, func(a, b *End) bool { return a.Bridge == nil || a.Bridge != b.Bridge })
}

func checkMACBridge(n *Network, r *Router) verdict {
	return sameMACs(r.ends, func(a, b *End) bool {
		return a.Bridge != nil && a.Bridge == b.Bridge && (a.Bond == nil || a.Bond != b.Bond)
	})
}

// sameMACs finds ends with one address; fits says which pairs count.
func sameMACs(ends []*End, fits func(a, b *End) bool) verdict {
	var hits []hit
	for i, e := range ends {
		if e.mac() == "" || e.off() {
			continue
		}
		for _, first := range ends[:i] {
			if first.mac() != e.mac() || first.off() || !fits(first, e) {
				continue
			}
			hits = append(hits, hit{
				subject: e.String(), say: say("%s and %s both have %s", "%s dan %s sama-sama memakai %s", first.Name, e.Name, e.mac()),
				evidence: []Evidence{first.fact("mac-address"), e.fact("mac-address")}, fix: []Command{e.newMAC()},
			})
			break
		}
	}
	return perhaps(hits)
}

func checkMACEnds(n *Network, t *Tunnel) verdict {
	if !t.both() || t.off() {
		return none()
	}
	a, b := t.Ends[0], t.Ends[1]
	if a.mac() != "" && a.mac() == b.mac() {
		return bad(hit{
			say: say("both ends have %s", "kedua ujung memakai %s", a.mac()), evidence: t.facts("mac-address"), fix: []Command{b.newMAC()},
		})
	}
	if a.Bridge == nil {
		return fine()
	}
	// Another router of the same segment with the address of the first end.
	for _, br := range n.domain(a.Bridge.Domain) {
		for _, p := range br.Ports {
			for _, o := range p.Ends {
				if o.Router != a.Router && o != b && o.mac() != "" && o.mac() == a.mac() && a.String() < o.String() {
					return bad(hit{
						subject: a.String() + " - " + o.String(), routers: []string{a.Router.Name, o.Router.Name},
						say:      say("%s and %s of one segment both have %s", "%s dan %s dalam satu segmen sama-sama memakai %s", a, o, a.mac()),
						evidence: []Evidence{a.fact("mac-address"), o.fact("mac-address")}, fix: []Command{o.newMAC()},
					})
				}
			}
		}
	}
	return fine()
}

func checkMACKind(n *Network, r *Router) verdict {
	var hits []hit
	for _, e := range r.ends {
		if e.mac() == "" || goodMAC(e.mac()) {
			continue
		}
		hits = append(hits, hit{
			subject: e.String(), say: say("%s has %s", "%s memakai %s", e.Name, e.mac()),
			evidence: []Evidence{e.fact("mac-address")}, fix: []Command{e.newMAC()},
		})
	}
	return perhaps(hits)
}

// goodMAC reports whether an address is locally administered (bit 1 of the
// first byte) or from 00:00:5E:80:00:00 to 00:00:5E:FF:FF:FF.
func goodMAC(mac string) bool {
	b, err := strconv.ParseUint(mac[:min(2, len(mac))], 16, 8)
	if err != nil {
		return false
	}
	return b&2 != 0 || strings.HasPrefix(mac, "00:00:5E:") && len(mac) > 9 && mac[9] >= '8'
}
