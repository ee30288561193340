package audit

import "fmt"

func bondRules() []Rule {
	return []Rule{
		{
			ID: "L2-08", Severity: High, Needs: []string{MenuBonding, MenuEoIP},
			Title: say("A bond of tunnels that does not notice a dead one", "Bond terowongan yang tidak menyadari satu mati"),
			Why:   say("mii watches the running flag, which on EoIP is the keepalive: off it never falls, and by default it takes 104 s.", "mii melihat tanda running, yang pada EoIP adalah keepalive: bila mati tidak pernah turun, dan bawaannya 104 d."),
			Looks: "/interface/bonding: mode, link-monitoring; keepalive of its slaves", Fix: say("active-backup with a primary, mii, and keepalive=1s,3 on both tunnels.", "active-backup dengan primary, mii, dan keepalive=1s,3 di kedua terowongan."),
			Ref: "MikroTik manual, Bonding; published tests (more than 20 s)", Control: "A.8.14", router: checkBondMonitor,
		},
		{
			ID: "L2-09", Severity: Medium, Needs: []string{MenuBonding, MenuEoIP},
			Title: say("balance-rr over two different paths", "balance-rr di atas dua jalur berbeda"),
			Why:   say("Frames are dealt out in turn: with unequal delay or loss TCP gets them out of order, and half of them take the bad path.", "Bingkai dibagi bergiliran: dengan tunda atau kehilangan berbeda TCP menerimanya acak, dan separuh lewat jalur buruk."),
			Looks: "/interface/bonding: mode; the addresses and underlays of its slaves", Fix: say("mode=active-backup with the better path as primary.", "mode=active-backup dengan jalur terbaik sebagai primary."),
			Ref: "MikroTik manual, Bonding", Control: "A.8.14", router: checkBondMode,
		},
	}
}

// bonds calls f for every enabled bond of tunnels on a router.
func (n *Network) bonds(r *Router, f func(bond *Row, slaves []*End)) {
	for _, bond := range r.active(MenuBonding) {
		var slaves []*End
		for _, e := range r.ends {
			if e.Bond == bond {
				slaves = append(slaves, e)
			}
		}
		if len(slaves) > 0 {
			f(bond, slaves)
		}
	}
}

// slowBond is how long a bond may take to notice; published tests call more
// than 20 s ineffective.
const slowBond = 20

func checkBondMonitor(n *Network, r *Router) verdict {
	var hits []hit
	seen := false
	n.bonds(r, func(bond *Row, slaves []*End) {
		seen = true
		name := bond.Get("name")
		evidence := []Evidence{r.fact(MenuBonding, bond, "mode"), r.fact(MenuBonding, bond, "link-monitoring")}
		var fix []Command
		what := Text{}
		switch bond.Get("link-monitoring") {
		case "none":
			what = say("%s watches nothing", "%s tidak memantau apa pun", name)
			fix = append(fix, r.run("/interface/bonding/set [find name=%s] link-monitoring=mii", word(name)))
		case "arp":
			return
		}
		for _, e := range slaves {
			_, worst, never := e.dead()
			if !never && seconds(worst) <= slowBond {
				continue
			}
			evidence = append(evidence, e.fact("keepalive"))
			fix = append(fix, e.set("keepalive=1s,3"))
			if what.IsZero() && never {
				what = say("%s never notices: keepalive is off on %s", "%s tidak pernah sadar: keepalive mati di %s", name, e.Name)
			} else if what.IsZero() {
				what = say("%s notices after %s", "%s sadar setelah %s", name, e.deadText())
			}
		}
		if !what.IsZero() {
			hits = append(hits, hit{subject: r.Name + "/" + name, say: what, evidence: evidence, fix: fix})
		}
	})
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkBondMode(n *Network, r *Router) verdict {
	var hits []hit
	seen := false
	n.bonds(r, func(bond *Row, slaves []*End) {
		seen = true
		if bond.Get("mode") != "balance-rr" || len(slaves) < 2 {
			return
		}
		evidence := []Evidence{r.fact(MenuBonding, bond, "mode")}
		paths := map[string]bool{}
		for _, e := range slaves {
			paths[fmt.Sprint(e.Local, e.Remote, e.Under.Iface)] = true
			evidence = append(evidence, e.fact("local-address"), e.fact("remote-address"))
		}
		if len(paths) < 2 {
			return
		}
		name := bond.Get("name")
		hits = append(hits, hit{
			subject: r.Name + "/" + name, evidence: evidence,
			say: say("%s deals frames out over %d paths", "%s membagi bingkai ke %d jalur", name, len(paths)),
			fix: []Command{r.run("/interface/bonding/set [find name=%s] mode=active-backup primary=%s", word(name), word(slaves[0].Name))},
		})
	})
	if !seen {
		return none()
	}
	return perhaps(hits)
}
