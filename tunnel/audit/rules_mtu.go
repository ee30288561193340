package audit

import (
	"fmt"
	"strconv"
	"strings"
)

func mtuRules() []Rule {
	return []Rule{
		{
			ID: "MTU-01", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("mtu=1500 over an underlay that cannot carry it in one piece", "mtu=1500 di atas jalur bawah yang tidak memuatnya utuh"),
			Why: say("Every full frame becomes two packets. Wanted only where frames of 1500 bytes must pass unchanged; between bridges it is therefore low.",
				"Tiap bingkai penuh menjadi dua paket. Hanya diperlukan bila bingkai 1500 byte harus lewat utuh; antar bridge karena itu rendah."),
			Looks: "/interface/eoip: mtu; MTU of the underlay (interface, PPPoE, L2TP, WireGuard, IPsec, NAT)",
			Fix:   say("Set the calculated value at both ends, or keep 1500 knowingly and accept the risk.", "Pasang nilai hitungan di kedua ujung, atau tetap 1500 dengan sadar dan terima risikonya."),
			Ref:   manualEoIP + " (overhead 42 bytes)", Control: "A.8.6", tunnel: checkForced,
		},
		{
			ID: "MTU-02", Severity: High, Needs: []string{MenuEoIP, MenuBridge, MenuPort}, Live: true,
			Title: say("The tunnel is smaller than its bridge", "Terowongan lebih kecil dari bridge-nya"),
			Why: say("Frames that the bridge takes do not fit the tunnel: sites stop loading half way, pings work.",
				"Bingkai yang diterima bridge tidak muat di terowongan: halaman berhenti di tengah, ping jalan."),
			Looks: "/interface/eoip: actual-mtu; /interface/bridge: actual-mtu; /interface/bridge/port",
			Fix:   say("Give all ports of the segment one MTU.", "Samakan MTU semua port di segmen."),
			Ref:   "MikroTik manual, Bridge (actual-mtu)", Control: "A.8.6", tunnel: checkSmaller,
		},
		{
			ID: "MTU-03", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("The ends have different MTUs", "MTU kedua ujung berbeda"),
			Why:   say("Large frames pass in one direction only.", "Bingkai besar hanya lewat satu arah."),
			Looks: "/interface/eoip of both ends: mtu, actual-mtu", Fix: say("Set the same value at both ends.", "Pasang nilai yang sama di kedua ujung."),
			Ref: manualEoIP, Control: "A.8.6", tunnel: checkMTUDiffers,
		},
		{
			ID: "MTU-04", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("TCP's segment size is not clamped", "Ukuran segmen TCP tidak dijepit"),
			Why:   say("TCP stalls where a path on the way is smaller and ICMP is filtered.", "TCP macet bila ada jalur lebih kecil dan ICMP disaring."),
			Looks: "/interface/eoip: clamp-tcp-mss", Fix: say("Set clamp-tcp-mss=yes.", "Pasang clamp-tcp-mss=yes."),
			Ref: manualEoIP, Control: "A.8.6", tunnel: checkClamp,
		},
		{
			ID: "MTU-05", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("The underlay's budget is exceeded", "Anggaran jalur bawah terlampaui"),
			Why: say("What the tunnel may carry plus its overhead does not fit the underlay: packets are fragmented or lost.",
				"Isi terowongan ditambah kepalanya tidak muat di jalur bawah: paket dipecah atau hilang."),
			Looks: "/interface/eoip: mtu; MTU of both underlays, IPsec and NAT", Fix: say("Write the calculated mtu at both ends.", "Tulis mtu hasil hitungan di kedua ujung."),
			Ref: manualEoIP + "; RFC 4303, RFC 3948 (overheads)", Control: "A.8.6", tunnel: checkBudget,
		},
		{
			ID: "MTU-06", Severity: Medium, Needs: []string{MenuEoIP, MenuBridge, MenuPort},
			Title: say("The tunnel drags its bridge's MTU down", "Terowongan menurunkan MTU bridge-nya"),
			Why: say("A bridge with mtu=auto takes the smallest port's: with mtu=auto on the tunnel that is 1458 or less for every host of the segment, which do not know of it.",
				"Bridge dengan mtu=auto memakai MTU port terkecil: dengan mtu=auto di terowongan itu 1458 atau kurang bagi semua host segmen, yang tidak mengetahuinya."),
			Looks: "/interface/eoip: mtu; /interface/bridge: mtu; /interface/bridge/port", Fix: say("Set mtu=1500 on the tunnel, or one MTU on every host of the segment.", "Pasang mtu=1500 di terowongan, atau satu MTU di semua host segmen."),
			Ref: "MikroTik manual, Bridge (mtu=auto is the least of the ports)", Control: "A.8.6", tunnel: checkDragged,
		},
	}
}

// mtu is the configured MTU, zero for auto.
func (e *End) mtu() int { return e.Row.Int("mtu") }

// fullFrame is the MTU of Ethernet hosts.
const fullFrame = 1500

func checkForced(_ *Network, t *Tunnel) verdict {
	v := overBudget(t, func(mtu int) bool { return mtu == fullFrame })
	if t.both() && t.Ends[0].Bridge != nil && t.Ends[1].Bridge != nil {
		// The manual's own choice for bridges: said, and not held against anybody.
		for i := range v.hits {
			v.hits[i].severity = Low
			v.hits[i].say = say("%s; bridged at both ends, where 1500 keeps hosts' frames whole", "%s; bridge di kedua ujung, di mana 1500 menjaga bingkai host tetap utuh", v.hits[i].say)
		}
	}
	return v
}

func checkBudget(_ *Network, t *Tunnel) verdict {
	return overBudget(t, func(mtu int) bool { return mtu != fullFrame })
}

// overBudget checks the ends whose configured MTU the rule is about.
func overBudget(t *Tunnel, about func(mtu int) bool) verdict {
	if t.off() {
		return none()
	}
	var ends []*End
	for _, e := range t.ends() {
		if e.mtu() > 0 && about(e.mtu()) {
			ends = append(ends, e)
		}
	}
	if len(ends) == 0 {
		return fine()
	}
	budget := t.budget()
	if budget == 0 {
		return unclear(say("the interface that carries the tunnel is not known", "antarmuka yang membawa terowongan tidak diketahui"))
	}
	var evidence []Evidence
	over := false
	for _, e := range ends {
		over = over || e.mtu() > budget
	}
	if !over {
		return fine()
	}
	for _, e := range t.ends() {
		evidence = append(evidence, e.fact("mtu"), e.underEvidence())
	}
	return bad(hit{
		say:      say("the underlays carry %d bytes in one piece", "jalur bawah memuat %d byte utuh", budget),
		evidence: evidence, fix: t.setBoth("mtu=" + strconv.Itoa(budget)),
	})
}

// underEvidence tells what carries an end.
func (e *End) underEvidence() Evidence {
	what := e.Under.Kind
	if e.secret() == secretSet || e.Under.IPsec {
		what += ", IPsec"
	}
	if e.Under.NAT {
		what += ", NAT"
	}
	return e.Router.note(MenuInterface, nil, "underlay", say("%s: %d (%s)", "%s: %d (%s)", e.Under.Iface, e.Under.MTU, what))
}

func checkSmaller(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var hits []hit
	seen := false
	for _, e := range t.ends() {
		if e.Bridge == nil || e.Bridge.Row == nil {
			continue
		}
		tun, br := e.Row.Int("actual-mtu"), e.Bridge.Row.Int("actual-mtu")
		if tun == 0 || br == 0 {
			continue
		}
		seen = true
		if tun >= br {
			continue
		}
		hits = append(hits, hit{
			subject: e.String(), routers: []string{e.Router.Name},
			say:      say("%s carries %d, its bridge %s takes %d", "%s memuat %d, bridge-nya %s menerima %d", e, tun, e.Bridge.Name, br),
			evidence: []Evidence{e.fact("actual-mtu"), e.Router.fact(MenuBridge, e.Bridge.Row, "actual-mtu")},
			fix:      []Command{e.set(fmt.Sprintf("mtu=%d", br))},
		})
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkMTUDiffers(_ *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	a, b := t.Ends[0], t.Ends[1]
	field, x, y := "mtu", a.mtu(), b.mtu()
	if x == 0 && y == 0 {
		field, x, y = "actual-mtu", a.Row.Int("actual-mtu"), b.Row.Int("actual-mtu")
		if x == 0 || y == 0 {
			return fine()
		}
	}
	if x == y {
		return fine()
	}
	least := min(x, y)
	if least == 0 {
		least = max(x, y)
	}
	return bad(hit{
		say:      say("%s: %s, %s: %s", "%s: %s, %s: %s", a, a.Row.Get(field), b, b.Row.Get(field)),
		evidence: t.facts(field), fix: t.setBoth("mtu=" + strconv.Itoa(least)),
	})
}

func checkClamp(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var fix []Command
	for _, e := range t.ends() {
		if !e.Row.Is("clamp-tcp-mss") {
			fix = append(fix, e.set("clamp-tcp-mss=yes"))
		}
	}
	if len(fix) == 0 {
		return fine()
	}
	return bad(hit{say: say("off at %d of %d ends", "mati di %d dari %d ujung", len(fix), len(t.ends())), evidence: t.facts("clamp-tcp-mss"), fix: fix})
}

func checkDragged(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var evidence []Evidence
	var fix []Command
	var where []string
	seen := false
	for _, e := range t.ends() {
		if e.Bridge == nil || e.off() {
			continue
		}
		seen = true
		if e.mtu() != 0 || e.Bridge.Row != nil && e.Bridge.Row.Int("mtu") != 0 || !e.Bridge.hasLocalPort() {
			continue
		}
		evidence = append(evidence, e.fact("mtu"))
		if e.Bridge.Row != nil {
			evidence = append(evidence, e.Router.fact(MenuBridge, e.Bridge.Row, "mtu"))
		}
		where = append(where, e.Bridge.String())
		fix = append(fix, e.set("mtu=1500"))
	}
	switch {
	case !seen:
		return none()
	case len(fix) == 0:
		return fine()
	}
	return bad(hit{
		say:      say("tunnel and bridge are both automatic: %s", "terowongan dan bridge sama-sama otomatis: %s", strings.Join(where, ", ")),
		evidence: evidence, fix: fix,
	})
}

// hasLocalPort reports whether hosts can be on the bridge at this site.
func (b *Bridge) hasLocalPort() bool {
	for _, p := range b.Ports {
		if len(p.Ends) == 0 && !p.Row.Off() {
			return true
		}
	}
	return false
}
