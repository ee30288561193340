package audit

import (
	"strconv"
	"time"
)

func liveRules() []Rule {
	return []Rule{
		{
			ID: "LIVE-01", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Keepalive is off at both ends", "Keepalive mati di kedua ujung"),
			Why:   say("Without keepalive the interface runs for ever; nothing notices a dead path.", "Tanpa keepalive antarmuka selalu tampak hidup; jalur mati tidak disadari."),
			Looks: "/interface/eoip of both ends: keepalive", Fix: say("Set the same keepalive at both ends, 1s,3 to 10s,10.", "Pasang keepalive yang sama di kedua ujung, 1s,3 sampai 10s,10."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkKeepaliveOff,
		},
		{
			ID: "LIVE-02", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Keepalive is off at one end only", "Keepalive mati di satu ujung saja"),
			Why:   say("One side fails over and the other does not.", "Satu sisi berpindah, sisi lain tidak."),
			Looks: "/interface/eoip of both ends: keepalive", Fix: say("Set the same value at both ends.", "Pasang nilai yang sama di kedua ujung."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkKeepaliveHalf,
		},
		{
			ID: "LIVE-03", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("The ends have different keepalives", "Keepalive kedua ujung berbeda"),
			Why:   say("They disagree on when the tunnel has died.", "Keduanya tidak sepakat kapan terowongan mati."),
			Looks: "/interface/eoip of both ends: keepalive", Fix: say("Set the same value at both ends.", "Pasang nilai yang sama di kedua ujung."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkKeepaliveDiffers,
		},
		{
			ID: "LIVE-04", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Keepalive is slower than the promised recovery time", "Keepalive lebih lambat dari waktu pulih yang dijanjikan"),
			Why:   say("Nothing can recover before the loss is noticed; the default 10s,10 takes about 104 s.", "Tidak ada yang bisa pulih sebelum putusnya disadari; bawaan 10s,10 butuh sekitar 104 d."),
			Looks: "/interface/eoip: keepalive; --promise", Fix: say("Set keepalive=1s,3 at both ends.", "Pasang keepalive=1s,3 di kedua ujung."),
			Ref: manualEoIP + "; captures of 7.18.2 (intervals are 4 % longer than set)", Control: "A.5.30", tunnel: checkKeepaliveSlow,
		},
		{
			ID: "LIVE-05", Severity: High, Needs: []string{MenuEoIP}, Live: true,
			Title: say("Enabled and not running", "Aktif tetapi tidak berjalan"),
			Why:   say("The tunnel is down.", "Terowongan mati."),
			Looks: "/interface/eoip: disabled, running; /interface: last-link-down-time", Fix: say("Check the underlay, the id and the other end.", "Periksa jalur bawah, id, dan ujung lain."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkRunning,
		},
		{
			ID: "LIVE-06", Severity: High, Needs: []string{MenuEoIP, MenuInterface}, Live: true,
			Title: say("Runs at both ends, and one receives nothing", "Berjalan di kedua ujung, tetapi satu tidak menerima apa pun"),
			Why:   say("The underlay carries one direction only, or the tunnel is in the wrong bridge.", "Jalur bawah hanya membawa satu arah, atau terowongan di bridge yang salah."),
			Looks: "/interface: rx-byte, tx-byte of both ends", Fix: say("Trace the underlay in both directions.", "Telusuri jalur bawah di kedua arah."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkOneWay,
		},
		{
			ID: "LIVE-07", Severity: Medium, Needs: []string{MenuInterface}, Live: true,
			Title: say("The link goes up and down often", "Tautan sering naik turun"),
			Why:   say("A flapping path moves traffic, spanning tree and VRRP each time.", "Jalur yang naik turun memindahkan lalu lintas, spanning tree, dan VRRP tiap kali."),
			Looks: "/interface: link-downs, last-link-up-time", Fix: say("Look at the underlay's loss; give the keepalive more retries; add a second path.", "Periksa kehilangan paket jalur bawah; tambah retries keepalive; tambah jalur kedua."),
			Ref: manualEoIP, Control: "A.8.16", tunnel: checkFlapping,
		},
	}
}

func checkKeepaliveOff(_ *Network, t *Tunnel) verdict {
	if t.off() || t.State == PeerUnread {
		return none()
	}
	for _, e := range t.ends() {
		if _, _, on := e.keepalive(); on {
			return fine()
		}
	}
	what := say("nothing notices when the path dies", "tidak ada yang menyadari jalur mati")
	if !t.both() {
		what = say("off at the end that is known", "mati di ujung yang diketahui")
	}
	return bad(hit{say: what, evidence: t.facts("keepalive"), fix: t.setBoth("keepalive=1s,3")})
}

func checkKeepaliveHalf(_ *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	_, _, a := t.Ends[0].keepalive()
	_, _, b := t.Ends[1].keepalive()
	if a == b {
		return fine()
	}
	off, on := t.Ends[0], t.Ends[1]
	if a {
		off, on = on, off
	}
	return bad(hit{
		say:      say("%s has none, %s has %s", "%s tidak punya, %s punya %s", off, on, on.Row.Get("keepalive")),
		evidence: t.facts("keepalive"), fix: []Command{off.set("keepalive=" + on.Row.Get("keepalive"))},
	})
}

func checkKeepaliveDiffers(_ *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	ai, ar, aon := t.Ends[0].keepalive()
	bi, br, bon := t.Ends[1].keepalive()
	if !aon || !bon {
		return none()
	}
	if ai == bi && ar == br {
		return fine()
	}
	fast := t.Ends[0]
	if _, worst, _ := t.Ends[1].dead(); true {
		if _, first, _ := fast.dead(); worst < first {
			fast = t.Ends[1]
		}
	}
	return bad(hit{
		say:      say("%s after %s, %s after %s", "%s setelah %s, %s setelah %s", t.Ends[0], t.Ends[0].deadText(), t.Ends[1], t.Ends[1].deadText()),
		evidence: t.facts("keepalive"), fix: t.setBoth("keepalive=" + fast.Row.Get("keepalive")),
	})
}

// deadText is after how long an end notices a loss.
func (e *End) deadText() string {
	_, worst, _ := e.dead()
	return strconv.FormatFloat(seconds(worst), 'f', -1, 64) + " s"
}

func checkKeepaliveSlow(n *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var slowest *End
	var longest time.Duration
	var fix []Command
	for _, e := range t.ends() {
		_, worst, never := e.dead()
		if never || worst <= n.Policy.Promise {
			continue
		}
		fix = append(fix, e.set("keepalive=1s,3"))
		if worst > longest {
			slowest, longest = e, worst
		}
	}
	if slowest == nil {
		return fine()
	}
	interval, retries, _ := slowest.keepalive()
	return bad(hit{
		say:      say("%v × %d is %s at worst; promised are %v", "%v × %d paling lama %s; yang dijanjikan %v", interval, retries, slowest.deadText(), n.Policy.Promise),
		evidence: t.facts("keepalive"), fix: fix,
	})
}

func checkRunning(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var down []*End
	for _, e := range t.ends() {
		if !e.off() && !e.Row.Is("running") {
			down = append(down, e)
		}
	}
	if len(down) == 0 {
		return fine()
	}
	evidence := t.facts("running")
	for _, e := range down {
		if row := e.Router.iface(e.Name); row != nil && row.Has("last-link-down-time") {
			evidence = append(evidence, e.Router.fact(MenuInterface, row, "last-link-down-time"))
		}
	}
	where := down[0].String()
	if len(down) == 2 {
		where += ", " + down[1].String()
	}
	var fix []Command
	for _, e := range down {
		fix = append(fix, e.Router.run("/ping %s count=5", e.Remote))
	}
	return bad(hit{say: say("down: %s", "mati: %s", where), evidence: evidence, fix: fix})
}

func checkOneWay(_ *Network, t *Tunnel) verdict {
	if !t.both() || t.Ends[0].off() || t.Ends[1].off() {
		return none()
	}
	for i, e := range t.Ends {
		o := t.Ends[1-i]
		row, far := e.Router.iface(e.Name), o.Router.iface(o.Name)
		if !e.Row.Is("running") || !o.Row.Is("running") || row == nil || far == nil || !row.Has("rx-byte") || !far.Has("tx-byte") {
			return none()
		}
		if row.Get("rx-byte") == "0" && far.Get("tx-byte") != "0" {
			return bad(hit{
				say: say("%s sent %s bytes, %s received none", "%s mengirim %s byte, %s tidak menerima apa pun", o, far.Get("tx-byte"), e),
				evidence: []Evidence{
					e.Router.fact(MenuInterface, row, "rx-byte"), e.Router.fact(MenuInterface, row, "tx-byte"),
					o.Router.fact(MenuInterface, far, "rx-byte"), o.Router.fact(MenuInterface, far, "tx-byte"),
				},
				fix: []Command{e.Router.run("/tool/sniffer/quick ip-protocol=gre ip-address=%s", e.Remote)},
			})
		}
	}
	return fine()
}

func checkFlapping(n *Network, t *Tunnel) verdict {
	var hits []hit
	seen := false
	for _, e := range t.ends() {
		row := e.Router.iface(e.Name)
		if row == nil || !row.Has("link-downs") {
			continue
		}
		seen = true
		if downs := row.Int("link-downs"); downs > n.Policy.MaxDowns {
			hits = append(hits, hit{
				subject: e.String(), routers: []string{e.Router.Name},
				say: say("%s went down %d times since it was started", "%s mati %d kali sejak dinyalakan", e, downs),
				evidence: []Evidence{
					e.Router.fact(MenuInterface, row, "link-downs"), e.Router.fact(MenuInterface, row, "last-link-up-time"),
				},
				fix: []Command{e.Router.run("/tool/netwatch/add host=%s type=icmp interval=10s comment=%s", e.Remote, word("loss of "+e.Name))},
			})
		}
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}
