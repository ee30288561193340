package audit

import "time"

func coverageRules() []Rule {
	return []Rule{
		{
			ID: "COV-01", Severity: High,
			Title: say("Not read", "Tidak terbaca"),
			Why:   say("The audit is blind there.", "Audit buta di sana."),
			Looks: "every router and file that was asked for", Fix: say("Reach it, or take a new export.", "Jangkau routernya, atau ambil ekspor baru."), Ref: "practice", Control: "A.8.15", whole: checkUnread,
		},
		{
			ID: "COV-02", Severity: Medium,
			Title: say("An old export", "Ekspor lama"),
			Why:   say("What it says may no longer be so.", "Isinya mungkin sudah tidak benar."),
			Looks: "the date in the export", Fix: say("Take a new one.", "Ambil yang baru."), Ref: "practice", Control: "A.8.13", router: checkOldExport,
		},
		{
			ID: "COV-03", Severity: Info, Needs: []string{MenuEoIP},
			Title: say("Secrets are hidden in the export", "Rahasia disembunyikan dalam ekspor"),
			Why:   say("Whether keys are weak, shared or guessable (CRY-03 to CRY-05) cannot be told.", "Apakah kunci lemah, dipakai bersama, atau mudah ditebak (CRY-03 sampai CRY-05) tidak bisa dinilai."),
			Looks: "whether the export shows any secret", Fix: say("Audit live, or export with show-sensitive over a safe path.", "Audit langsung, atau ekspor dengan show-sensitive lewat jalur aman."), Ref: "MikroTik manual, Configuration Management", Control: "A.8.15", router: checkHidden,
		},
		{
			ID: "COV-04", Severity: Medium,
			Title: say("A damaged or doubtful source", "Sumber rusak atau meragukan"),
			Why:   say("What could not be read was not checked.", "Yang tidak terbaca tidak diperiksa."),
			Looks: "lines that could not be read; exports of two routers with one identity", Fix: say("Take a new export; give every router its own identity.", "Ambil ekspor baru; beri tiap router identitas sendiri."), Ref: "practice", Control: "A.8.15", whole: checkDoubts,
		},
		{
			ID: "COV-05", Severity: Medium,
			Title: say("The saved export differs from the live router", "Ekspor tersimpan berbeda dari router langsung"),
			Why:   say("A restore from it would bring back another network than the one that runs.", "Pemulihan darinya akan mengembalikan jaringan lain dari yang berjalan."),
			Looks: "tunnels, bridges, bonds, VRRP and NAT of both", Fix: say("Take a new export, or undo what was changed.", "Ambil ekspor baru, atau kembalikan yang berubah."), Ref: "practice", Control: "A.8.13", whole: checkStale,
		},
	}
}

func checkUnread(n *Network) verdict {
	var hits []hit
	for _, u := range n.unread {
		h := hit{
			subject: u.Name, routers: []string{u.Name}, say: say("%s: %s", "%s: %s", u.Where, u.Reason),
			evidence: []Evidence{{Router: u.Name, Menu: "-", Field: "source", Value: say(u.Where, u.Where), Line: u.Line}},
		}
		if u.Alien {
			h.severity = Low
		}
		hits = append(hits, h)
	}
	if n.Topology != nil {
		for _, t := range n.Topology.Routers {
			if n.router(t.Name) == nil && !n.isUnread(t.Name) {
				hits = append(hits, hit{
					subject: t.Name, routers: []string{t.Name},
					say:      say("in the topology, and neither live nor exported", "ada di topologi, tetapi tidak langsung maupun diekspor"),
					evidence: []Evidence{{Router: t.Name, Menu: "-", Field: "source", Value: say("none", "tidak ada")}},
				})
			}
		}
	}
	for _, r := range n.Routers {
		for _, menu := range sortedKeys(r.Unread) {
			hits = append(hits, hit{
				subject: r.Name + " " + menu, routers: []string{r.Name}, severity: Medium, say: say("%s: %s", "%s: %s", menu, r.Unread[menu]),
				evidence: []Evidence{r.note(menu, nil, "print", say(r.Unread[menu], r.Unread[menu]))},
			})
		}
	}
	return perhaps(hits)
}

func (n *Network) isUnread(name string) bool {
	for _, u := range n.unread {
		if u.Name == name {
			return true
		}
	}
	return false
}

// before1980 tells an export of a router without a clock: RouterOS starts at
// 1970.
func before1980(t time.Time) bool { return t.Year() < 1980 }

func checkOldExport(n *Network, r *Router) verdict {
	if r.IsLive() {
		return none()
	}
	when := r.Source.Time
	if when.IsZero() {
		return unclear(say("the export has no date", "ekspor tidak bertanggal"))
	}
	evidence := []Evidence{r.note("-", nil, "exported", say(when.Format(time.DateTime), when.Format(time.DateTime)))}
	if before1980(when) {
		return bad(hit{say: say("the router's clock was not set: it says %s", "jam router tidak disetel: tertulis %s", when.Format(time.DateOnly)), evidence: evidence})
	}
	age := n.Now.Sub(when)
	if age <= n.Policy.MaxAge {
		return fine()
	}
	const day = 24 * time.Hour
	return bad(hit{say: say("%d days old", "berumur %d hari", int(age/day)), evidence: evidence, fix: []Command{r.run("/export file=%s", word(r.Name))}})
}

func checkHidden(n *Network, r *Router) verdict {
	if r.IsLive() || len(r.ends) == 0 {
		return none()
	}
	hidden := false
	for _, e := range r.ends {
		hidden = hidden || e.secret() == secretUnknown
	}
	if !hidden {
		return fine()
	}
	return bad(hit{
		say:      say("CRY-03, CRY-04, CRY-05 and CRY-09 are unknown here", "CRY-03, CRY-04, CRY-05, dan CRY-09 tidak diketahui di sini"),
		evidence: []Evidence{r.note(MenuEoIP, nil, "ipsec-secret", say("hidden", "disembunyikan"))},
		fix:      []Command{r.run("/export show-sensitive file=%s", word(r.Name))},
	})
}

func checkDoubts(n *Network) verdict {
	var hits []hit
	for _, d := range n.doubts {
		switch d.Kind {
		case DoubtDamaged, DoubtIdentity:
		case DoubtUnknown, DoubtOlder, DoubtTwice, DoubtEncoding, DoubtDifferent:
			continue
		}
		h := hit{
			subject: d.File, routers: []string{d.Router}, say: d.Say,
			evidence: []Evidence{{Router: d.Router, Menu: "-", Field: "source", Value: d.Say, File: d.File, Line: d.Line}},
		}
		if d.Kind == DoubtIdentity {
			h.fix = []Command{{d.Router, "/system/identity/set name=<a name of its own>"}}
		}
		hits = append(hits, h)
	}
	return perhaps(hits)
}

func checkStale(n *Network) verdict {
	var hits []hit
	for _, d := range n.doubts {
		if d.Kind == DoubtDifferent {
			hits = append(hits, hit{
				subject: d.Router, routers: []string{d.Router}, say: d.Say, evidence: d.Evidence, fix: []Command{{d.Router, "/export file=" + word(d.Router)}},
			})
		}
	}
	return perhaps(hits)
}
