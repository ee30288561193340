package audit

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const manualVRRP = "MikroTik manual, VRRP"

func availabilityRules() []Rule {
	return []Rule{
		{
			ID: "HA-01", Severity: Critical,
			Title: say("The members of a VRRP group disagree", "Anggota grup VRRP tidak sepakat"),
			Why:   say("Adverts of another id, interval, version or set of addresses are discarded: both become master.", "Advert dengan id, interval, versi, atau alamat lain dibuang: keduanya menjadi master."),
			Looks: "/interface/vrrp: vrid, interval, version, authentication; /ip/address on it", Fix: say("Align all members.", "Samakan semua anggota."), Ref: manualVRRP + "; RFC 9568", Control: "A.8.14", whole: checkGroups,
		},
		{
			ID: "HA-02", Severity: Medium,
			Title: say("Equal VRRP priorities", "Prioritas VRRP sama"),
			Why:   say("Addresses decide who is master, not the plan.", "Alamat yang menentukan master, bukan rencana."),
			Looks: "/interface/vrrp: priority", Fix: say("Set priorities by the plan.", "Atur prioritas menurut rencana."), Ref: "RFC 9568, 6.4.3", Control: "A.8.14", whole: checkPriorities,
		},
		{
			ID: "HA-03", Severity: Critical, Live: true, Needs: []string{MenuVRRP},
			Title: say("Two masters", "Dua master"),
			Why:   say("Split brain: two routers answer for one address.", "Otak terbelah: dua router menjawab satu alamat."),
			Looks: "/interface/vrrp of all members: master", Fix: say("Find what keeps the adverts from passing (the tunnel, a filter, the interval), then let one go.", "Cari yang menahan advert (terowongan, filter, interval), lalu turunkan satu."), Ref: "RFC 9568", Control: "A.8.14", router: checkMasters,
		},
		{
			ID: "HA-04", Severity: High, Needs: []string{MenuVRRP, MenuNetwatch},
			Title: say("Nothing looks at the service behind VRRP", "Tidak ada yang memantau layanan di balik VRRP"),
			Why:   say("Only a loss of power is noticed: no script, no netwatch, no probe.", "Hanya mati listrik yang disadari: tanpa skrip, tanpa netwatch, tanpa probe."),
			Looks: "/interface/vrrp: on-master, on-backup; /tool/netwatch", Fix: say("Register the service with the controller, or watch it with netwatch.", "Daftarkan layanan pada pengendali, atau pantau dengan netwatch."), Ref: manualVRRP, Control: "A.8.16", router: checkWatched,
		},
		{
			ID: "HA-05", Severity: Low, Needs: []string{MenuVRRP},
			Title: say("VRRP authentication is configured", "Autentikasi VRRP terpasang"),
			Why:   say("Version 3 has none, and that of version 2 protects against nothing.", "Versi 3 tidak memilikinya, dan milik versi 2 tidak melindungi apa pun."),
			Looks: "/interface/vrrp: authentication", Fix: say("Set authentication=none on all members.", "Pasang authentication=none di semua anggota."), Ref: "RFC 9568, 9", Control: "A.8.24", router: checkVRRPAuth,
		},
		{
			ID: "HA-08", Severity: Medium, Needs: []string{MenuVRRP},
			Title: say("VRRP faster than one second", "VRRP lebih cepat dari satu detik"),
			Why:   say("The manual warns of unexpected changes of role.", "Manual memperingatkan perubahan peran tak terduga."),
			Looks: "/interface/vrrp: interval", Fix: say("Set interval=1s on all members.", "Pasang interval=1s di semua anggota."), Ref: manualVRRP, Control: "A.8.14", router: checkFastVRRP,
		},
		{
			ID: "HA-09", Severity: Medium, Needs: []string{MenuVRRP},
			Title: say("Preemption where the controller decides", "Preemption padahal pengendali yang memutuskan"),
			Why:   say("A returning router takes the address back by priority, whether its server is in sync or not.", "Router yang kembali merebut alamat karena prioritas, walau servernya belum sinkron."),
			Looks: "/interface/vrrp: preemption-mode; the topology's services", Fix: say("Set preemption-mode=no.", "Pasang preemption-mode=no."), Ref: manualVRRP, Control: "A.8.14", router: checkPreemption,
		},
		{
			ID: "HA-11", Severity: High,
			Title: say("The timers add up to more than was promised", "Jumlah pewaktu melebihi janji"),
			Why:   say("The promise is false on paper already.", "Janji itu sudah salah di atas kertas."),
			Looks: "keepalive, bond monitoring, spanning tree, VRRP, probe and policy settings; --promise", Fix: say("Change the largest term.", "Ubah suku terbesar."), Ref: "RFC 9568 6.1; IEEE 802.1D-2004 17.3; captures of 7.18.2", Control: "A.5.30", whole: checkPromise,
		},
	}
}

// each runs a check on every VRRP instance of a router.
func (n *Network) eachVRRP(r *Router, check func(i *Instance) []hit) verdict {
	var hits []hit
	seen := false
	for _, g := range n.Groups {
		for _, i := range g.Members {
			if i.Router == r {
				seen = true
				hits = append(hits, check(i)...)
			}
		}
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func (i *Instance) fact(field string) Evidence { return i.Router.fact(MenuVRRP, i.Row, field) }

func (i *Instance) set(props string) Command {
	return i.Router.run("/interface/vrrp/set [find name=%s] %s", word(i.Row.Get("name")), props)
}

// groups runs a check on every group of two or more.
func (n *Network) eachGroup(check func(g *Group) *hit) verdict {
	var hits []hit
	seen := false
	for _, g := range n.Groups {
		if len(g.Members) < 2 {
			continue
		}
		seen = true
		if h := check(g); h != nil {
			h.subject, h.routers = g.Subject(), g.routers()
			hits = append(hits, *h)
		}
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkGroups(n *Network) verdict {
	return n.eachGroup(func(g *Group) *hit {
		var fields []string
		var evidence []Evidence
		var fix []Command
		first := g.Members[0]
		for _, f := range []string{"vrid", "interval", "version", "authentication"} {
			if !slices.ContainsFunc(g.Members, func(m *Instance) bool { return m.differs(first, f) }) {
				continue
			}
			fields = append(fields, f)
			for _, m := range g.Members {
				evidence = append(evidence, m.fact(f))
				if m != first {
					fix = append(fix, m.set(f+"="+first.Row.Get(f)))
				}
			}
		}
		if slices.ContainsFunc(g.Members, func(m *Instance) bool { return vips(m) != vips(first) }) {
			fields = append(fields, "addresses")
			for _, m := range g.Members {
				evidence = append(evidence, m.Router.note(MenuAddress, m.Row, "address", say("%s", "%s", orNone(vips(m)))))
			}
		}
		if len(fields) == 0 {
			return nil
		}
		return &hit{say: say("different: %s", "berbeda: %s", strings.Join(fields, ", ")), evidence: evidence, fix: fix}
	})
}

// differs reports whether two members disagree on a property.
func (i *Instance) differs(o *Instance, field string) bool {
	if field == "interval" {
		return i.interval() != o.interval()
	}
	return i.Row.Get(field) != o.Row.Get(field)
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// vips is the set of virtual addresses as text.
func vips(i *Instance) string {
	var out []string
	for _, p := range i.VIPs {
		out = append(out, p.Addr().String())
	}
	return strings.Join(slices.Compact(out), ", ")
}

func checkPriorities(n *Network) verdict {
	return n.eachGroup(func(g *Group) *hit {
		seen := map[int]bool{}
		same := false
		var evidence []Evidence
		for _, m := range g.Members {
			p := m.Row.Int("priority")
			same = same || seen[p]
			seen[p] = true
			evidence = append(evidence, m.fact("priority"))
		}
		if !same {
			return nil
		}
		return &hit{
			say: say("all have %s", "semua memakai %s", g.Members[0].Row.Get("priority")), evidence: evidence,
			fix: []Command{g.Members[0].set("priority=" + strconv.Itoa(min(254, g.Members[0].Row.Int("priority")+50)))},
		}
	})
}

func checkMasters(n *Network, r *Router) verdict {
	return n.eachVRRP(r, func(i *Instance) []hit {
		var masters []*Instance
		for _, g := range n.Groups {
			if !slices.Contains(g.Members, i) {
				continue
			}
			for _, m := range g.Members {
				if m.Router.IsLive() && m.Row.Is("master") {
					masters = append(masters, m)
				}
			}
		}
		if len(masters) < 2 || masters[0] != i { // Told once, at the first of them.
			return nil
		}
		var evidence []Evidence
		var names, routers []string
		for _, m := range masters {
			evidence = append(evidence, m.fact("master"), m.fact("priority"))
			names, routers = append(names, m.String()), append(routers, m.Router.Name)
		}
		last := masters[len(masters)-1]
		return []hit{{
			subject: strings.Join(names, " - "), routers: routers, evidence: evidence,
			say: say("master: %s", "master: %s", strings.Join(names, ", ")), fix: []Command{last.Router.run("/interface/vrrp/disable [find name=%s]", word(last.Row.Get("name")))},
		}}
	})
}

func checkWatched(n *Network, r *Router) verdict {
	watches := len(r.active(MenuNetwatch))
	return n.eachVRRP(r, func(i *Instance) []hit {
		if i.Row.Get("on-master")+i.Row.Get("on-backup") != "" || watches > 0 || n.switchedByVRRP(r) {
			return nil
		}
		return []hit{{
			subject: i.String(), say: say("%s: no script, and netwatch is empty", "%s: tanpa skrip, dan netwatch kosong", i.Row.Get("name")),
			evidence: []Evidence{
				i.Router.note(MenuVRRP, i.Row, "on-master, on-backup", say("not set", "tidak diatur")),
				i.Router.note(MenuNetwatch, nil, "rows", say("0", "0")),
			},
			fix: []Command{r.run("/tool/netwatch/add host=<the server> type=icmp interval=1s down-script=<lower the priority> up-script=<raise it>")},
		}}
	})
}

// switchedByVRRP reports whether a service of the topology is switched by VRRP
// on the router, so that the controller probes it.
func (n *Network) switchedByVRRP(r *Router) bool {
	if n.Topology == nil {
		return false
	}
	for _, s := range n.Topology.Services {
		if s.Switch.VRRP != nil && slices.Contains(s.Switch.VRRP.On, r.Name) {
			return true
		}
	}
	return false
}

func checkVRRPAuth(n *Network, r *Router) verdict {
	return n.eachVRRP(r, func(i *Instance) []hit {
		auth := i.Row.Get("authentication")
		if auth == "" || auth == "none" {
			return nil
		}
		return []hit{{
			subject: i.String(), say: say("%s, version %s", "%s, versi %s", auth, i.Row.Get("version")),
			evidence: []Evidence{i.fact("authentication"), i.fact("version")}, fix: []Command{i.set("authentication=none")},
		}}
	})
}

func checkFastVRRP(n *Network, r *Router) verdict {
	return n.eachVRRP(r, func(i *Instance) []hit {
		if i.interval() >= time.Second {
			return nil
		}
		return []hit{{
			subject: i.String(), say: say("interval %v", "interval %v", i.interval()), evidence: []Evidence{i.fact("interval")}, fix: []Command{i.set("interval=1s")},
		}}
	})
}

func checkPreemption(n *Network, r *Router) verdict {
	if !n.switchedByVRRP(r) {
		return none()
	}
	return n.eachVRRP(r, func(i *Instance) []hit {
		if !i.Row.Is("preemption-mode") {
			return nil
		}
		return []hit{{
			subject: i.String(), say: say("preemption-mode is on", "preemption-mode hidup"), evidence: []Evidence{i.fact("preemption-mode"), i.fact("priority")},
			fix: []Command{i.set("preemption-mode=no")},
		}}
	})
}

// checkPromise makes findings of the outages that break the promise. Those of
// single tunnels are LIVE-01 to LIVE-04.
func checkPromise(n *Network) verdict {
	b := builder{n: n, report: &Report{}}
	b.outages()
	var hits []hit
	for i := range b.report.Outages {
		o := &b.report.Outages[i]
		if !o.Broken || o.Kind == "tunnel" {
			continue
		}
		var evidence []Evidence
		for _, t := range o.Terms {
			if t.Evidence.Router != "" {
				evidence = append(evidence, t.Evidence)
			}
		}
		sum := say("%s s", "%s d", number(o.Worst))
		if o.Never {
			sum = say("for ever", "selamanya")
		}
		hits = append(hits, hit{
			subject: o.Subject, routers: o.Routers, evidence: evidence,
			say: say("%s is out for up to %s; promised are %v; change: %s", "%s mati sampai %s; yang dijanjikan %v; ubah: %s", o.Subject, sum, n.Policy.Promise, o.Blame),
		})
	}
	if len(b.report.Outages) == 0 {
		return none()
	}
	return perhaps(hits)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
