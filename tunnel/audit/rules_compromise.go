package audit

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

func compromiseRules() []Rule {
	act := say("Disconnect the router, reinstall it with Netinstall, set new credentials everywhere. Do not just delete what was found.",
		"Putuskan router, pasang ulang dengan Netinstall, ganti semua kredensial. Jangan hanya menghapus yang ditemukan.")
	const meris = "MikroTik, Meris botnet statement (2021)"
	return []Rule{
		{
			ID: "COMP-01", Severity: Critical, Needs: []string{MenuScheduler, MenuScript},
			Title: say("A scheduler fetches and runs code from a URL", "Penjadwal mengunduh dan menjalankan kode dari URL"),
			Why:   say("It is how the botnets of 2018 to 2021 stay on a router: whoever owns the URL owns every branch behind it.", "Begitulah botnet 2018–2021 bertahan di router: pemilik URL menguasai semua cabang di baliknya."),
			Looks: "/system/scheduler: on-event; /system/script: source (the words fetch, import, parse; of a URL the host only)", Fix: act, Ref: meris, Control: "A.8.7", router: checkFetchImport,
		},
		{
			ID: "COMP-02", Severity: Critical, Needs: []string{MenuScript},
			Title: say("A script whose owner is nobody here", "Skrip dengan pemilik yang tidak dikenal"),
			Why:   say("Scripts of the system user, or of users that do not exist, were not written by the people of this router.", "Skrip milik pengguna sistem, atau pengguna yang tidak ada, tidak ditulis orang router ini."),
			Looks: "/system/script: owner, name, last-started; /user", Fix: act, Ref: meris, Control: "A.8.7", router: checkScriptOwner,
		},
		{
			ID: "COMP-03", Severity: Critical, Needs: []string{MenuSOCKS, MenuProxy},
			Title: say("A SOCKS or web proxy is on", "Proksi SOCKS atau web hidup"),
			Why:   say("The same malware turns it on to sell the line.", "Perangkat jahat yang sama menyalakannya untuk menjual jalur."),
			Looks: "/ip/socks, /ip/proxy: enabled, port", Fix: act, Ref: meris, Control: "A.8.7", router: checkProxies,
		},
		{
			ID: "COMP-04", Severity: Critical, Needs: []string{MenuUser},
			Title: say("A user that nobody knows", "Pengguna yang tidak dikenal"),
			Why:   say("It is a way back in for an intruder.", "Jalan masuk kembali bagi penyusup."),
			Looks: "/user of all routers; the topology's user; --known-user", Fix: act, Ref: meris, Control: "A.5.16", router: checkUsers,
		},
		{
			ID: "COMP-05", Severity: High, Needs: []string{MenuDNSStatic},
			Title: say("Static DNS entries that redirect public names", "Entri DNS statis yang membelokkan nama publik"),
			Why:   say("Clients are sent to an address of somebody's choice.", "Klien dikirim ke alamat pilihan orang lain."),
			Looks: "/ip/dns/static without a comment: name, regexp, address", Fix: say("Remove what nobody can explain; write a comment on the rest.", "Hapus yang tidak bisa dijelaskan; beri komentar sisanya."), Ref: meris, Control: "A.8.7", router: checkDNS,
		},
	}
}

// A smell is why a script is suspicious.
func smell(text string) (words []string, ok bool) {
	low := strings.ToLower(text)
	if !strings.Contains(low, "fetch") {
		return nil, false
	}
	words = []string{"fetch"}
	for _, w := range []string{"import", ":parse", ":execute"} {
		if strings.Contains(low, w) {
			words = append(words, w)
		}
	}
	return words, len(words) > 1
}

// hosts returns the hosts of the URLs in a script, and nothing else of them.
func hosts(text string) []string {
	var out []string
	for _, scheme := range []string{"http://", "https://", "ftp://", "sftp://", "tftp://"} {
		for rest := text; ; {
			i := strings.Index(rest, scheme)
			if i < 0 {
				break
			}
			end := strings.IndexAny(rest[i:], " \"\\;)]}\t\r\n?")
			if end < 0 {
				end = len(rest) - i
			}
			if u, err := url.Parse(rest[i : i+end]); err == nil && u.Hostname() != "" && !slices.Contains(out, u.Hostname()) {
				out = append(out, u.Hostname())
			}
			rest = rest[i+len(scheme):]
		}
	}
	return out
}

// scripts returns the scripts that a text runs by name.
func (r *Router) scripts(text string) []*Row {
	var out []*Row
	for i := range r.Menus[MenuScript] {
		row := &r.Menus[MenuScript][i]
		if name := row.Get("name"); name != "" && mentions(text, name) {
			out = append(out, row)
		}
	}
	return out
}

// mentions reports whether text holds name as a word of its own.
func mentions(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(name)
		if (from == 0 || !isWord(text[from-1])) && (to == len(text) || !isWord(text[to])) {
			return true
		}
		at = from + 1
	}
}

func isWord(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func checkFetchImport(_ *Network, r *Router) verdict {
	var hits []hit
	for _, row := range r.active(MenuScheduler) {
		text := row.Get("on-event")
		evidence := []Evidence{r.fact(MenuScheduler, row, "interval"), r.fact(MenuScheduler, row, "start-date"), r.fact(MenuScheduler, row, "policy")}
		for _, s := range r.scripts(text) {
			text += "\n" + s.Get("source")
			if _, ok := smell(s.Get("source")); ok {
				evidence = append(evidence, r.fact(MenuScript, s, "owner"))
			}
		}
		words, ok := smell(text)
		if !ok {
			continue
		}
		from := strings.Join(hosts(text), ", ")
		if from == "" {
			from = "?"
		}
		evidence = append(evidence, r.note(MenuScheduler, row, "on-event", say("words %s; host %s", "kata %s; host %s", strings.Join(words, ", "), from)))
		hits = append(hits, hit{
			subject: r.Name + "/" + row.Get("name"), evidence: evidence,
			say: say("%s, from %s", "%s, dari %s", strings.Join(words, " + "), from),
			fix: []Command{r.run("/system/scheduler/disable [find name=%s]", word(row.Get("name"))), r.run("/export show-sensitive file=evidence")},
		})
	}
	return perhaps(hits)
}

func checkScriptOwner(_ *Network, r *Router) verdict {
	_, usersKnown := r.Known(MenuUser)
	var hits []hit
	for i := range r.Menus[MenuScript] {
		row := &r.Menus[MenuScript][i]
		owner := row.Get("owner")
		system := strings.HasPrefix(owner, "*")
		unknown := usersKnown && owner != "" && r.find(MenuUser, "name", owner) == nil
		if !system && !unknown {
			continue
		}
		hits = append(hits, hit{
			subject: r.Name + "/" + row.Get("name"), say: say("%s belongs to %s", "%s milik %s", row.Get("name"), owner),
			evidence: []Evidence{r.fact(MenuScript, row, "owner"), r.fact(MenuScript, row, "last-started")},
			fix:      []Command{r.run("/system/script/print detail where name=%s", word(row.Get("name")))},
		})
	}
	return perhaps(hits)
}

func checkProxies(_ *Network, r *Router) verdict {
	var hits []hit
	for _, c := range []struct{ menu, name string }{{MenuSOCKS, "SOCKS"}, {MenuProxy, "web proxy"}} {
		row := r.single(c.menu)
		if !row.Is("enabled") {
			continue
		}
		hits = append(hits, hit{
			subject: r.Name + " " + c.menu, say: say("%s on port %s", "%s di port %s", c.name, row.Get("port")),
			evidence: []Evidence{r.fact(c.menu, row, "enabled"), r.fact(c.menu, row, "port")}, fix: []Command{r.run("%s/set enabled=no", c.menu)},
		})
	}
	return perhaps(hits)
}

func checkUsers(n *Network, r *Router) verdict {
	known := map[string]bool{"admin": true}
	for _, u := range n.Policy.Users {
		known[u] = true
	}
	if n.Topology != nil {
		if t, ok := n.Topology.Router(r.Name); ok {
			known[t.Credentials.User] = true
		}
	}
	if len(known) == 1 { // Nobody said who is known: what stands on one router of several is odd.
		return oddUsers(n, r)
	}
	var hits []hit
	for _, row := range r.active(MenuUser) {
		if !known[row.Get("name")] && row.Get("comment") == "" {
			hits = append(hits, r.strangeUser(row, say("%s, group %s", "%s, grup %s", row.Get("name"), row.Get("group"))))
		}
	}
	return perhaps(hits)
}

func (r *Router) strangeUser(row *Row, what Text) hit {
	return hit{
		subject: r.Name + "/" + row.Get("name"), say: what, evidence: []Evidence{r.fact(MenuUser, row, "group"), r.fact(MenuUser, row, "comment")},
		fix: []Command{r.run("/user/disable %s", word(row.Get("name")))},
	}
}

// oddUsers finds users of one router that none of at least two others has.
func oddUsers(n *Network, r *Router) verdict {
	others := 0
	seen := map[string]bool{}
	for _, o := range n.Routers {
		if _, ok := o.Known(MenuUser); !ok || o == r {
			continue
		}
		others++
		for _, row := range o.rows(MenuUser) {
			seen[row.Get("name")] = true
		}
	}
	const enough = 2
	if others < enough {
		return unclear(say("nobody said which users are known, and there are too few routers to compare", "tidak disebut pengguna mana yang dikenal, dan routernya terlalu sedikit untuk dibandingkan"))
	}
	var hits []hit
	for _, row := range r.active(MenuUser) {
		if name := row.Get("name"); !seen[name] && name != "admin" && row.Get("comment") == "" {
			hits = append(hits, r.strangeUser(row, say("%s is on no other router", "%s tidak ada di router lain", name)))
		}
	}
	return perhaps(hits)
}

func checkDNS(_ *Network, r *Router) verdict {
	var hits []hit
	for _, row := range r.active(MenuDNSStatic) {
		name := row.Get("name")
		if row.Get("comment") != "" || row.Is("dynamic") || name == "" && row.Get("regexp") == "" || isLocalName(name) && row.Get("regexp") == "" {
			continue
		}
		if a, err := netip.ParseAddr(row.Get("address")); err != nil || !isPublic(a) {
			continue // Blocked, forwarded, or answered from inside.
		}
		if name == "" {
			name = row.Get("regexp")
		}
		hits = append(hits, hit{
			subject: r.Name + "/" + name, say: say("%s → %s", "%s → %s", name, row.Get("address")),
			evidence: []Evidence{r.fact(MenuDNSStatic, row, "address"), r.fact(MenuDNSStatic, row, "comment")},
			fix:      []Command{r.run("/ip/dns/static/disable [find name=%s]", word(name))},
		})
	}
	return perhaps(hits)
}

// isLocalName reports whether a name is of a kind that nobody owns outside.
func isLocalName(name string) bool {
	if !strings.Contains(name, ".") {
		return true
	}
	for _, end := range []string{".lan", ".local", ".home.arpa", ".internal", ".test", ".intranet", ".corp", ".home", ".localdomain"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
