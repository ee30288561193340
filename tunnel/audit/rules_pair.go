package audit

import (
	"fmt"
	"strings"
)

// manualEoIP is where most claims on tunnels come from.
const manualEoIP = "MikroTik manual, EoIP"

func pairRules() []Rule {
	return []Rule{
		{
			ID: "PAIR-01", Severity: High, Needs: []string{MenuEoIP},
			Title: say("One-sided tunnel", "Terowongan satu sisi"),
			Why: say("Frames leave and nobody takes them: the other router has no tunnel back.",
				"Bingkai keluar dan tidak ada yang menerima: router lawan tidak punya terowongan balik."),
			Looks: "/interface/eoip of both routers: remote-address, local-address, tunnel-id",
			Fix:   say("Make the other end, or remove this one.", "Buat ujung yang lain, atau hapus yang ini."),
			Ref:   manualEoIP, Control: "A.8.9", tunnel: checkOneSided,
		},
		{
			ID: "PAIR-02", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("The other end is not known", "Ujung lain tidak dikenal"),
			Why: say("The other half cannot be checked; it may be forgotten, or not ours.",
				"Separuh lainnya tidak bisa diperiksa; mungkin terlupakan, atau bukan milik kita."),
			Looks: "/interface/eoip: remote-address; /ip/address of all routers",
			Fix:   say("Add the router or its export to the audit, or disable the tunnel.", "Tambahkan router atau ekspornya ke audit, atau matikan terowongan."),
			Ref:   manualEoIP, Control: "A.5.9", tunnel: checkForeign,
		},
		{
			ID: "PAIR-03", Severity: Critical, Needs: []string{MenuEoIP},
			Title: say("The ids of the two ends differ", "Id kedua ujung berbeda"),
			Why:   say("Both ends must carry the same tunnel-id; no frame passes.", "Kedua ujung harus memakai tunnel-id yang sama; tidak ada bingkai yang lewat."),
			Looks: "/interface/eoip of both ends: tunnel-id",
			Fix:   say("Set the id of the end that disagrees with the plan.", "Samakan id pada ujung yang menyimpang dari rencana."),
			Ref:   manualEoIP, Control: "A.8.9", tunnel: checkIDs,
		},
		{
			ID: "PAIR-04", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Two tunnels that cannot be told apart", "Dua terowongan yang tidak bisa dibedakan"),
			Why:   say("Packets are given to a tunnel by address and id; two with the same take each other's.", "Paket dibagi menurut alamat dan id; dua yang sama saling merebut."),
			Looks: "/interface/eoip of one router: local-address, remote-address, tunnel-id",
			Fix:   say("Remove the one that is not used.", "Hapus yang tidak dipakai."),
			Ref:   manualEoIP, Control: "A.8.9", router: checkSameTuple,
		},
		{
			ID: "PAIR-05", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("A tunnel id is used for two sites", "Satu tunnel-id dipakai untuk dua situs"),
			Why: say("The next tunnel to either site will collide, and people mistake one for the other.",
				"Terowongan berikutnya ke salah satu situs akan bentrok, dan orang keliru membedakannya."),
			Looks: "/interface/eoip of one router: tunnel-id, remote-address",
			Fix:   say("Give every site its own id (site number, or site number times ten plus path).", "Beri tiap situs id sendiri (nomor situs, atau nomor situs kali sepuluh tambah jalur)."),
			Ref:   manualEoIP, Control: "A.8.9", router: checkIDReuse,
		},
		{
			ID: "PAIR-06", Severity: High, Needs: []string{MenuEoIP},
			Title: say("The local address is not the one that the other end expects", "Alamat lokal bukan yang diharapkan ujung lain"),
			Why:   say("Answers come from another address than the peer listens to, and no NAT is known that explains it.", "Jawaban datang dari alamat lain dari yang ditunggu lawan, dan tidak ada NAT yang menjelaskannya."),
			Looks: "/interface/eoip of both ends: local-address, remote-address",
			Fix:   say("Set local-address and pin the route to the peer.", "Atur local-address dan pasang rute tetap ke lawan."),
			Ref:   manualEoIP, Control: "A.8.20", tunnel: checkLocal,
		},
		{
			ID: "PAIR-07", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("Disabled at one end only", "Dimatikan di satu ujung saja"),
			Why:   say("It looks configured and carries nothing.", "Tampak terpasang tetapi tidak membawa apa pun."),
			Looks: "/interface/eoip of both ends: disabled",
			Fix:   say("Enable or disable both.", "Aktifkan atau matikan keduanya."),
			Ref:   manualEoIP, Control: "A.8.9", tunnel: checkHalfDisabled,
		},
		{
			ID: "PAIR-08", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("It cannot be told which end is the other one", "Tidak bisa ditentukan mana ujung lawannya"),
			Why:   say("Several tunnels fit equally well; every comparison of the ends would be a guess.", "Beberapa terowongan sama cocoknya; setiap perbandingan hanya tebakan."),
			Looks: "/interface/eoip of all routers: remote-address, local-address, tunnel-id, name",
			Fix:   say("Set local-address on all of them, or give each its own id.", "Atur local-address pada semuanya, atau beri masing-masing id sendiri."),
			Ref:   manualEoIP, Control: "A.8.9", tunnel: checkAmbiguous,
		},
	}
}

func checkOneSided(_ *Network, t *Tunnel) verdict {
	e := t.Ends[0]
	if e.off() {
		return none()
	}
	switch t.State {
	case OneSided:
	case PeerUnread:
		return unclear(t.Why)
	case Foreign, Ambiguous, PairUnknown:
		return none()
	case Paired, Mismatched:
		return fine()
	}
	h := hit{say: t.Why, evidence: t.facts("remote-address", "local-address", "tunnel-id")}
	if t.Peer != "" {
		local := "<this side's address>"
		if e.Local.IsValid() {
			local = e.Local.String()
		}
		h.routers = []string{e.Router.Name, t.Peer}
		h.evidence = append(h.evidence, Evidence{
			Router: t.Peer, Menu: MenuEoIP, Field: "tunnel-id",
			Value: say("no tunnel with id %d towards %s", "tidak ada terowongan dengan id %d ke %s", e.ID, e.Router.Name),
		})
		h.fix = []Command{{t.Peer, fmt.Sprintf(
			"/interface/eoip/add name=%s remote-address=%s local-address=%s tunnel-id=%d keepalive=1s,3 disabled=yes",
			word("eoip-"+e.Router.Name), local, e.Remote, e.ID)}}
	}
	return bad(h)
}

func checkForeign(_ *Network, t *Tunnel) verdict {
	if t.Ends[0].off() || t.State == PeerUnread || t.State == OneSided || t.State == Ambiguous {
		return none()
	}
	if t.State != Foreign {
		return fine()
	}
	e := t.Ends[0]
	evidence := t.facts("remote-address", "tunnel-id")
	if e.Router.IsLive() {
		evidence = append(evidence, e.fact("running"))
		if row := e.Router.iface(e.Name); row != nil {
			evidence = append(evidence, e.Router.fact(MenuInterface, row, "rx-byte"), e.Router.fact(MenuInterface, row, "tx-byte"))
		}
	}
	return bad(hit{say: t.Why, evidence: evidence, fix: []Command{e.set("disabled=yes")}})
}

func checkIDs(n *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	a, b := t.Ends[0], t.Ends[1]
	if a.ID == b.ID {
		return fine()
	}
	fix := []Command{b.set(fmt.Sprintf("tunnel-id=%d", a.ID))}
	if want := n.wanted(a.Mark); want != nil && int(want.ID) == b.ID {
		fix = []Command{a.set(fmt.Sprintf("tunnel-id=%d", b.ID))}
	}
	return bad(hit{
		say:      say("the addresses point at each other, but the ids are %d and %d", "alamatnya saling menunjuk, tetapi id-nya %d dan %d", a.ID, b.ID),
		evidence: t.facts("tunnel-id", "remote-address"), fix: fix,
	})
}

func checkSameTuple(n *Network, r *Router) verdict {
	seen := map[string]*End{}
	var hits []hit
	for _, e := range r.ends {
		key := fmt.Sprintf("%v|%v|%s|%d", e.Local, e.Remote, e.RemoteName, e.ID)
		first := seen[key]
		if first == nil || e.off() || first.off() {
			if first == nil || first.off() {
				seen[key] = e
			}
			continue
		}
		hits = append(hits, hit{
			subject: e.String(), say: say("%s and %s have the same addresses and id", "%s dan %s punya alamat dan id yang sama", first.Name, e.Name),
			evidence: []Evidence{first.fact("tunnel-id"), first.fact("remote-address"), e.fact("tunnel-id"), e.fact("remote-address")},
			fix:      []Command{r.run("/interface/eoip/remove [find name=%s]", word(e.Name))},
		})
	}
	return perhaps(hits)
}

func checkIDReuse(n *Network, r *Router) verdict {
	byID := map[int][]*End{}
	for _, e := range r.ends {
		if !e.off() {
			byID[e.ID] = append(byID[e.ID], e)
		}
	}
	var hits []hit
	for _, e := range r.ends {
		group := byID[e.ID]
		if len(group) < 2 || group[0] != e {
			continue
		}
		var names []string
		var evidence []Evidence
		sites := map[string]bool{}
		for _, g := range group {
			sites[n.site(g)] = true
			names = append(names, g.Name)
			evidence = append(evidence, g.fact("tunnel-id"), g.fact("remote-address"))
		}
		if len(sites) < 2 {
			continue
		}
		hits = append(hits, hit{
			subject: e.String(), evidence: evidence,
			say: say("id %d is used by %s, which lead to different sites", "id %d dipakai %s, yang menuju situs berbeda", e.ID, strings.Join(names, ", ")),
			fix: []Command{group[1].set("tunnel-id=<a free id, the same at the other end>")},
		})
	}
	return perhaps(hits)
}

// site is where an end leads to: the other router when it is known, else the
// address.
func (n *Network) site(e *End) string {
	if t := e.Tunnel; t != nil && t.both() {
		if t.Ends[0] == e {
			return t.Ends[1].Router.Name
		}
		return t.Ends[0].Router.Name
	}
	if e.Remote.IsValid() {
		return e.Remote.String()
	}
	return e.RemoteName
}

func checkLocal(n *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	var hits []hit
	for i, e := range t.Ends {
		o := t.Ends[1-i]
		if !e.Local.IsValid() || !o.Remote.IsValid() || e.Local == o.Remote {
			continue
		}
		if e.Under.NAT || !n.managed(o.Remote) && (e.Local.IsPrivate() && !o.Remote.IsPrivate()) {
			continue // A NAT in between explains it.
		}
		hits = append(hits, hit{
			say:      say("%s sends from %s, but %s expects %s", "%s mengirim dari %s, tetapi %s menunggu %s", e, e.Local, o, o.Remote),
			evidence: []Evidence{e.fact("local-address"), o.fact("remote-address")},
			fix: []Command{
				e.set("local-address=" + o.Remote.String()),
				e.Router.run("/ip/route/add dst-address=%s/32 gateway=<gateway of that uplink>", e.Remote),
			},
		})
	}
	return perhaps(hits)
}

func checkHalfDisabled(_ *Network, t *Tunnel) verdict {
	if !t.both() {
		return none()
	}
	if t.Ends[0].off() == t.Ends[1].off() {
		return fine()
	}
	off, on := t.Ends[0], t.Ends[1]
	if on.off() {
		off, on = on, off
	}
	return bad(hit{
		say:      say("%s is disabled, %s is not", "%s dimatikan, %s tidak", off, on),
		evidence: t.facts("disabled"), fix: []Command{off.set("disabled=no"), on.set("disabled=yes")},
	})
}

func checkAmbiguous(_ *Network, t *Tunnel) verdict {
	if t.State != Ambiguous {
		return fine()
	}
	evidence := t.facts("remote-address", "local-address", "tunnel-id")
	for _, c := range t.Candidates {
		evidence = append(evidence, c.fact("remote-address"), c.fact("tunnel-id"))
	}
	return bad(hit{say: t.Why, evidence: evidence, fix: []Command{t.Ends[0].set("local-address=<the address that the other end sends to>")}})
}
