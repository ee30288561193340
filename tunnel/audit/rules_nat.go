package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

func natRules() []Rule {
	return []Rule{
		{
			ID: "HA-06", Severity: Critical, Needs: []string{MenuNAT},
			Title: say("dst-nat to a dead or unknown target", "dst-nat ke tujuan mati atau tidak dikenal"),
			Why:   say("Clients go nowhere.", "Klien tidak sampai ke mana pun."),
			Looks: "/ip/firewall/nat: to-addresses; /ip/address; /tool/netwatch: status; the topology's servers", Fix: say("Correct to-addresses.", "Perbaiki to-addresses."), Ref: "practice", Control: "A.8.14", router: checkTargets,
		},
		{
			ID: "HA-07", Severity: High, Needs: []string{MenuNAT, MenuFilter},
			Title: say("A rule that an earlier one hides", "Aturan yang tertutup aturan sebelumnya"),
			Why:   say("The first match wins: a service rule below a wider one, or a block rule below \"accept established\", has no effect.", "Yang pertama cocok menang: aturan layanan di bawah yang lebih luas, atau aturan blokir di bawah \"accept established\", tidak berpengaruh."),
			Looks: "/ip/firewall/nat (dst-nat), /ip/firewall/filter (drop, reject): order and matchers", Fix: say("Move the rule up.", "Pindahkan aturan ke atas."), Ref: "MikroTik manual, Firewall; measured on Linux", Control: "A.8.20", router: checkShadowed,
		},
		{
			ID: "HA-10", Severity: Critical, Needs: []string{MenuNAT},
			Title: say("The dst-nat rules of one service lead to different targets", "Aturan dst-nat satu layanan menuju tujuan berbeda"),
			Why:   say("Two servers take writes at once.", "Dua server menerima tulisan sekaligus."),
			Looks: "/ip/firewall/nat of all routers with one mark or comment, protocol and port: to-addresses", Fix: say("Correct to one target.", "Perbaiki ke satu tujuan."), Ref: "practice", Control: "A.8.14", whole: checkTwoTargets,
		},
		{
			ID: "HA-12", Severity: Medium, Needs: []string{MenuNAT, MenuAddress},
			Title: say("No hairpin rule", "Tanpa aturan hairpin"),
			Why:   say("Clients in the server's own subnet who use the public address get answers from the server directly and drop them.", "Klien di subnet server yang memakai alamat publik menerima jawaban langsung dari server dan membuangnya."),
			Looks: "/ip/firewall/nat: dst-nat without in-interface, and srcnat rules for the server's subnet; /ip/address", Fix: say("Masquerade the subnet's own connections to the server.", "Masquerade koneksi subnet sendiri ke server."), Ref: "MikroTik manual, NAT (hairpin)", Control: "A.8.20", router: checkHairpin,
		},
	}
}

// dstNATs returns the enabled dst-nat rules of a router with one target.
func (r *Router) dstNATs() []*Row {
	var out []*Row
	for _, row := range r.active(MenuNAT) {
		if row.Get("action") == "dst-nat" && row.Get("to-addresses") != "" && !row.Is("dynamic") {
			out = append(out, row)
		}
	}
	return out
}

// rule names a firewall rule for people, its place being the only sure name.
func (r *Router) rule(menu string, row *Row) string {
	for i := range r.Menus[menu] {
		if &r.Menus[menu][i] == row {
			name := "#" + strconv.Itoa(i)
			if c := row.Get("comment"); c != "" {
				name += " (" + c + ")"
			}
			return name
		}
	}
	return "#?"
}

// ruleSubject identifies a rule between audits: by what it does, not by its
// place.
func ruleSubject(r *Router, row *Row) string {
	return r.Name + "/" + row.Get("chain") + " " + cmp.Or(row.Get("protocol"), "any") + "/" + cmp.Or(row.Get("dst-port"), "any") + " → " +
		cmp.Or(row.Get("to-addresses"), row.Get("action"))
}

func checkTargets(n *Network, r *Router) verdict {
	rules := r.dstNATs()
	if len(rules) == 0 {
		return none()
	}
	var hits []hit
	for _, row := range rules {
		target, err := netip.ParseAddr(row.Get("to-addresses"))
		if err != nil {
			continue // A range or a network spreads over many.
		}
		what := n.deadTarget(r, target)
		if what.IsZero() {
			continue
		}
		hits = append(hits, hit{
			subject: ruleSubject(r, row), say: say("rule %s: %v %s", "aturan %s: %v %s", r.rule(MenuNAT, row), target, what),
			evidence: []Evidence{r.fact(MenuNAT, row, "to-addresses"), r.fact(MenuNAT, row, "dst-port")},
			fix:      []Command{r.run("/ip/firewall/nat/set [find to-addresses=%v] to-addresses=<the living server>", target)},
		})
	}
	return perhaps(hits)
}

// deadTarget says what is wrong with a target; zero when nothing is known to
// be.
func (n *Network) deadTarget(r *Router, target netip.Addr) Text {
	for _, row := range r.active(MenuNetwatch) {
		if row.Get("host") == target.String() && row.Get("status") == "down" {
			return say("is down, says netwatch", "mati, menurut netwatch")
		}
	}
	if n.Topology != nil {
		for _, seg := range n.Topology.Segments {
			if seg.Subnet.Contains(target) && !isServer(n.Topology, target) {
				return say("is no server of the topology, though in segment %s", "bukan server topologi, padahal di segmen %s", seg.Name)
			}
		}
	}
	if a := r.connected(target); a != nil && a.prefix.Addr() == target && a.iface != "" && r.find(MenuVRRP, "name", a.iface) == nil {
		return say("is an address of the router itself", "adalah alamat router itu sendiri")
	}
	return Text{}
}

// isServer reports whether an address is that of a server of the topology.
func isServer(t *tunnel.Topology, a netip.Addr) bool {
	for _, s := range t.Services {
		if slices.ContainsFunc(s.Servers, func(x tunnel.Server) bool { return x.Address == a }) {
			return true
		}
	}
	return false
}

// matchers are the properties by which a rule chooses packets.
func matchers() []string {
	return []string{
		"protocol", "src-address", "dst-address", "src-address-list", "dst-address-list", "src-port", "dst-port", "any-port",
		"in-interface", "out-interface", "in-interface-list", "out-interface-list", "connection-state", "connection-nat-state",
		"dst-address-type", "src-address-type",
	}
}

// wider reports whether every packet that b matches is matched by a too.
func wider(a, b *Row) bool {
	for _, m := range matchers() {
		x, y := a.Get(m), b.Get(m)
		switch {
		case x == "" || x == y:
		case y == "":
			return false
		case m == "dst-port" || m == "src-port" || m == "any-port":
			if !portsCover(x, y) {
				return false
			}
		case m == "src-address" || m == "dst-address":
			p, err1 := parsePrefix(x)
			q, err2 := parsePrefix(y)
			if err1 != nil || err2 != nil || p.Bits() > q.Bits() || !p.Contains(q.Addr()) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// portsCover reports whether the port list x holds all of y.
func portsCover(x, y string) bool {
	for part := range strings.SplitSeq(y, ",") {
		lo, hi, ok := portRange(part)
		if !ok || !slices.ContainsFunc(strings.Split(x, ","), func(p string) bool {
			from, to, ok := portRange(p)
			return ok && from <= lo && hi <= to
		}) {
			return false
		}
	}
	return true
}

func portRange(s string) (lo, hi int, ok bool) {
	first, last, dash := strings.Cut(s, "-")
	lo, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false
	}
	if !dash {
		return lo, lo, true
	}
	hi, err = strconv.Atoi(last)
	return lo, hi, err == nil
}

func checkShadowed(_ *Network, r *Router) verdict {
	var hits []hit
	nat, filter := r.active(MenuNAT), r.active(MenuFilter)
	for i, row := range nat {
		if row.Get("action") == "dst-nat" && !row.Is("dynamic") {
			hits = append(hits, r.shadow(MenuNAT, nat[:i], row)...)
		}
	}
	for i, row := range filter {
		if a := row.Get("action"); (a == "drop" || a == "reject") && row.Get("connection-state") != "invalid" {
			hits = append(hits, r.shadow(MenuFilter, filter[:i], row)...)
		}
	}
	if len(nat)+len(filter) == 0 {
		return none()
	}
	return perhaps(hits)
}

// shadow finds an earlier rule that takes what the row would match. A block
// rule for one host or port is also hidden from living connections by an
// earlier "accept established": it must cut those too.
func (r *Router) shadow(menu string, earlier []*Row, row *Row) []hit {
	for _, first := range earlier {
		if first.Get("chain") != row.Get("chain") || !ends(first.Get("action")) {
			continue
		}
		var what Text
		switch {
		case wider(first, row):
			what = say("rule %s takes all that rule %s could match", "aturan %s mengambil semua yang bisa cocok dengan aturan %s", r.rule(menu, first), r.rule(menu, row))
		case menu == MenuFilter && isBlock(row) && strings.Contains(first.Get("connection-state"), "established") && first.Get("action") == "accept" && wider(without(first), row):
			what = say("rule %s lets established connections pass before rule %s can block them", "aturan %s meloloskan koneksi yang sudah ada sebelum aturan %s memblokirnya", r.rule(menu, first), r.rule(menu, row))
		default:
			continue
		}
		return []hit{{
			subject: ruleSubject(r, row), say: what,
			evidence: []Evidence{
				r.note(menu, first, "rule", say("%s: %s", "%s: %s", r.rule(menu, first), described(first))),
				r.note(menu, row, "rule", say("%s: %s", "%s: %s", r.rule(menu, row), described(row))),
			},
			fix: []Command{r.run("%s/move <rule %s> destination=<rule %s>", menu, r.rule(menu, row), r.rule(menu, first))},
		}}
	}
	return nil
}

// ends reports whether an action takes a packet out of the chain.
func ends(action string) bool {
	switch action {
	case "accept", "", "drop", "reject", "tarpit", "dst-nat", "src-nat", "redirect", "masquerade", "netmap", "same", "return":
		return true
	}
	return false
}

// isBlock reports whether a filter rule blocks one service: it forwards to one
// address, or carries our mark.
func isBlock(row *Row) bool {
	if row.Get("chain") != "forward" {
		return false
	}
	p, err := parsePrefix(row.Get("dst-address"))
	return err == nil && p.IsSingleIP() || strings.HasPrefix(row.Get("comment"), "jembatan:")
}

// without is a rule without its connection state.
func without(row *Row) *Row {
	out := &Row{absent: row.absent}
	for _, f := range row.Fields {
		if f.Name != "connection-state" {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// described is a rule in one line.
func described(row *Row) string {
	parts := []string{"chain=" + row.Get("chain"), "action=" + cmp.Or(row.Get("action"), "accept")}
	for _, m := range matchers() {
		if v := row.Get(m); v != "" {
			parts = append(parts, m+"="+v)
		}
	}
	if v := row.Get("to-addresses"); v != "" {
		parts = append(parts, "to-addresses="+v)
	}
	return strings.Join(parts, " ")
}

func checkTwoTargets(n *Network) verdict {
	type rule struct {
		r   *Router
		row *Row
	}
	groups := map[string][]rule{}
	for _, r := range n.Routers {
		for _, row := range r.dstNATs() {
			if c := row.Get("comment"); c != "" {
				key := c + "|" + row.Get("protocol") + "|" + row.Get("dst-port")
				groups[key] = append(groups[key], rule{r, row})
			}
		}
	}
	var hits []hit
	for _, key := range sortedKeys(groups) {
		group := groups[key]
		first := group[0]
		other := slices.IndexFunc(group, func(x rule) bool {
			return x.r != first.r && x.row.Get("to-addresses") != first.row.Get("to-addresses")
		})
		if other < 0 {
			continue
		}
		var evidence []Evidence
		var routers, targets []string
		for _, x := range group {
			evidence = append(evidence, x.r.fact(MenuNAT, x.row, "to-addresses"))
			routers = append(routers, x.r.Name)
			targets = append(targets, x.r.Name+" → "+x.row.Get("to-addresses"))
		}
		comment, _, _ := strings.Cut(key, "|")
		hits = append(hits, hit{
			subject: comment + " " + first.row.Get("protocol") + "/" + first.row.Get("dst-port"), routers: slices.Compact(routers),
			say: say("%s", "%s", strings.Join(targets, ", ")), evidence: evidence,
			fix: []Command{group[other].r.run("/ip/firewall/nat/set [find comment=%s] to-addresses=%s", word(comment), first.row.Get("to-addresses"))},
		})
	}
	if len(groups) == 0 {
		return none()
	}
	return perhaps(hits)
}

func checkHairpin(_ *Network, r *Router) verdict {
	var hits []hit
	seen := false
	for _, row := range r.dstNATs() {
		target, err := netip.ParseAddr(row.Get("to-addresses"))
		home := r.connected(target)
		if err != nil || home == nil || home.prefix.IsSingleIP() || row.Get("in-interface")+row.Get("in-interface-list")+row.Get("src-address") != "" {
			continue
		}
		seen = true
		if r.hairpin(home, target) {
			continue
		}
		hits = append(hits, hit{
			subject: ruleSubject(r, row), say: say("clients in %v cannot use rule %s", "klien di %v tidak bisa memakai aturan %s", home.prefix.Masked(), r.rule(MenuNAT, row)),
			evidence: []Evidence{r.fact(MenuNAT, row, "to-addresses"), r.note(MenuNAT, nil, "chain=srcnat", say("no rule for %v", "tidak ada aturan untuk %v", home.prefix.Masked()))},
			fix: []Command{r.run("/ip/firewall/nat/add chain=srcnat action=masquerade src-address=%v dst-address=%v out-interface=%s",
				home.prefix.Masked(), target, word(home.iface))},
		})
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

// hairpin reports whether a srcnat rule covers the subnet's own connections to
// the target.
func (r *Router) hairpin(home *ownAddress, target netip.Addr) bool {
	for _, row := range r.active(MenuNAT) {
		if row.Get("chain") != "srcnat" || row.Get("action") != "masquerade" && row.Get("action") != "src-nat" {
			continue
		}
		out := row.Get("out-interface")
		if out != "" && out != home.iface || row.Get("out-interface-list") != "" {
			continue
		}
		if src := row.Get("src-address"); src == "" || holds(src, home.prefix) {
			if dst := row.Get("dst-address"); dst == "" || holds(dst, netip.PrefixFrom(target, target.BitLen())) {
				return true
			}
		}
	}
	return false
}

// holds reports whether a network holds all of another.
func holds(network string, p netip.Prefix) bool {
	outer, err := parsePrefix(network)
	return err == nil && outer.Bits() <= p.Bits() && outer.Contains(p.Addr())
}
