package audit

import (
	"cmp"
	"slices"
	"strings"
)

const manualSecuring = "MikroTik manual, Securing your router"

func managementRules() []Rule {
	return []Rule{
		{
			ID: "MGMT-01", Severity: High, Needs: []string{MenuService},
			Title: say("The API is in clear text, or open to everybody", "API tanpa enkripsi, atau terbuka bagi semua"),
			Why:   say("Passwords and configuration cross the network readable; moving it to another port does not help.", "Sandi dan konfigurasi terbaca di jaringan; memindah port tidak menolong."),
			Looks: "/ip/service: api, api-ssl (disabled, port, address)", Fix: say("Disable api; use api-ssl with a certificate and the controller's address.", "Matikan api; pakai api-ssl dengan sertifikat dan alamat pengendali."),
			Ref: manualSecuring, Control: "A.8.20", router: checkAPI,
		},
		{
			ID: "MGMT-02", Severity: Medium, Needs: []string{MenuService},
			Title: say("Clear-text logins", "Login tanpa enkripsi"),
			Why:   say("ftp, telnet and www send passwords readable.", "ftp, telnet, dan www mengirim sandi terbaca."),
			Looks: "/ip/service: ftp, telnet, www", Fix: say("Disable them.", "Matikan."), Ref: manualSecuring, Control: "A.8.20", router: checkClearLogins,
		},
		{
			ID: "MGMT-03", Severity: Medium, Needs: []string{MenuUser},
			Title: say("The user admin is still there", "Pengguna admin masih ada"),
			Why:   say("It is the first name that an attacker tries.", "Nama pertama yang dicoba penyerang."),
			Looks: "/user", Fix: say("Make users of your own, then remove admin.", "Buat pengguna sendiri, lalu hapus admin."), Ref: manualSecuring, Control: "A.5.16", router: checkAdmin,
		},
		{
			ID: "MGMT-04", Severity: Medium, Needs: []string{MenuUser, MenuUserGroup},
			Title: say("The controller's user may do everything", "Pengguna pengendali boleh segalanya"),
			Why:   say("A stolen password of a program then opens the whole router.", "Sandi program yang dicuri membuka seluruh router."),
			Looks: "/user, /user/group", Fix: say("A group of its own with read, write, test and api.", "Grup sendiri dengan read, write, test, dan api."), Ref: manualSecuring, Control: "A.8.2", router: checkFullUser,
		},
		{
			ID: "MGMT-05", Severity: Medium, Needs: []string{MenuEoIP, MenuMACServer, MenuDiscovery},
			Title: say("MAC server or neighbour discovery on tunnels", "MAC server atau penemuan tetangga di terowongan"),
			Why:   say("Every branch can reach the router's login, or reads its name and version, past all firewalls of IP.", "Tiap cabang bisa menjangkau login router, atau membaca nama dan versinya, melewati semua firewall IP."),
			Looks: "/tool/mac-server; /ip/neighbor/discovery-settings; /interface/list/member", Fix: say("An interface list without tunnels for both.", "Daftar antarmuka tanpa terowongan untuk keduanya."), Ref: manualSecuring, Control: "A.8.20", router: checkMACServer,
		},
		{
			ID: "MGMT-06", Severity: High, Needs: []string{MenuPPTPServer},
			Title: say("PPTP server is on", "Server PPTP hidup"),
			Why:   say("Its encryption has been broken since 2012.", "Enkripsinya telah dibobol sejak 2012."),
			Looks: "/interface/pptp-server/server", Fix: say("Disable it.", "Matikan."), Ref: manualSecuring, Control: "A.8.20", router: checkPPTP,
		},
		{
			ID: "MGMT-07", Severity: High, Needs: []string{MenuSNMP, MenuSNMPCommunity},
			Title: say("SNMP that anybody can read", "SNMP yang bisa dibaca siapa pun"),
			Why:   say("A community that everybody guesses, or open to all addresses, tells the whole network plan.", "Community yang mudah ditebak, atau terbuka bagi semua alamat, membuka seluruh denah jaringan."),
			Looks: "/snmp: enabled; /snmp/community: name (whether it holds \"public\"), addresses", Fix: say("A community of your own with the monitor's address.", "Community sendiri dengan alamat pemantau."), Ref: manualSecuring, Control: "A.8.20", router: checkSNMP,
		},
		{
			ID: "MGMT-08", Severity: Medium, Needs: []string{MenuService, MenuFilter},
			Title: say("Services open to the whole world", "Layanan terbuka ke seluruh dunia"),
			Why:   say("No address list and no dropping input rule: whoever reaches an address of the router can try to log in.", "Tanpa daftar alamat dan tanpa aturan input yang membuang: siapa pun yang menjangkau router bisa mencoba masuk."),
			Looks: "/ip/service: address; /ip/firewall/filter: chain input", Fix: say("Give every service the networks that may use it, and end the input chain with drop.", "Beri tiap layanan jaringan yang boleh memakainya, dan akhiri chain input dengan drop."), Ref: manualSecuring, Control: "A.8.20", router: checkWideOpen,
		},
	}
}

// A service is a row of /ip/service, with the defaults that an export leaves
// out.
type service struct {
	name, port, address string
	off                 bool
	row                 *Row
}

// services returns every service of the router.
func (r *Router) services() []service {
	defaults := []service{
		{name: "telnet", port: "23"},
		{name: "ftp", port: "21"},
		{name: "www", port: "80"},
		{name: "ssh", port: "22"},
		{name: "www-ssl", port: "443", off: true},
		{name: "api", port: "8728"},
		{name: "winbox", port: "8291"},
		{name: "api-ssl", port: "8729"},
	}
	var out []service
	seen := map[string]bool{}
	for i := range r.Menus[MenuService] {
		row := &r.Menus[MenuService][i]
		if row.Is("dynamic") {
			continue
		}
		s := service{name: row.Get("name"), port: row.Get("port"), address: row.Get("address"), row: row, off: row.Off()}
		if i := slices.IndexFunc(defaults, func(d service) bool { return d.name == s.name }); i >= 0 && !r.IsLive() {
			s.port = cmp.Or(s.port, defaults[i].port)
			s.off = s.off || defaults[i].off && !row.Has("disabled")
		}
		seen[s.name] = true
		out = append(out, s)
	}
	if r.IsLive() {
		return out
	}
	for _, d := range defaults {
		if !seen[d.name] {
			d.row = &Row{Fields: []Field{{Name: "name", Value: d.name}}, absent: map[string]string{"disabled": yesNo(d.off), "port": d.port}}
			out = append(out, d)
		}
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// evidence tells how a service is set.
func (s *service) evidence(r *Router) Evidence {
	state := "on"
	id := "hidup"
	if s.off {
		state, id = "off", "mati"
	}
	address := say("any address", "alamat mana pun")
	if s.address != "" {
		address = say(s.address, s.address)
	}
	return r.note(MenuService, s.row, "disabled, port, address", say("%s, port %s, %s", "%s, port %s, %s", say(state, id), s.port, address))
}

func checkAPI(_ *Network, r *Router) verdict {
	var hits []hit
	for _, s := range r.services() {
		if s.off {
			continue
		}
		switch {
		case s.name == "api":
			what := say("clear text on port %s", "tanpa enkripsi di port %s", s.port)
			if s.address == "" {
				what = say("clear text on port %s, from any address", "tanpa enkripsi di port %s, dari alamat mana pun", s.port)
			}
			hits = append(hits, hit{
				subject: r.Name + "/api", say: what, evidence: []Evidence{s.evidence(r)},
				fix: []Command{r.run("/ip/service/set api disabled=yes")},
			})
		case s.name == "api-ssl" && s.address == "":
			hits = append(hits, hit{
				subject: r.Name + "/api-ssl", severity: Medium, say: say("from any address", "dari alamat mana pun"), evidence: []Evidence{s.evidence(r)},
				fix: []Command{r.run("/ip/service/set api-ssl address=<controller>/32 certificate=<certificate>")},
			})
		}
	}
	return perhaps(hits)
}

func checkClearLogins(_ *Network, r *Router) verdict {
	var names []string
	var evidence []Evidence
	var fix []Command
	for _, s := range r.services() {
		if !s.off && slices.Contains([]string{"ftp", "telnet", "www"}, s.name) {
			names = append(names, s.name)
			evidence = append(evidence, s.evidence(r))
			fix = append(fix, r.run("/ip/service/set %s disabled=yes", s.name))
		}
	}
	if len(names) == 0 {
		return fine()
	}
	slices.Sort(names)
	return bad(hit{say: say("%s", "%s", strings.Join(names, ", ")), evidence: evidence, fix: fix})
}

func checkAdmin(_ *Network, r *Router) verdict {
	row := r.find(MenuUser, "name", "admin")
	if row == nil || row.Off() {
		return fine()
	}
	return bad(hit{
		say: say("admin, group %s", "admin, grup %s", row.Get("group")), evidence: []Evidence{r.fact(MenuUser, row, "group")},
		fix: []Command{r.run("/user/add name=<your name> group=full password=<…>"), r.run("/user/remove admin")},
	})
}

func checkFullUser(n *Network, r *Router) verdict {
	if n.Topology == nil {
		return none()
	}
	t, ok := n.Topology.Router(r.Name)
	if !ok {
		return none()
	}
	row := r.find(MenuUser, "name", t.Credentials.User)
	if row == nil {
		return none()
	}
	if row.Get("group") != "full" {
		return fine()
	}
	return bad(hit{
		say: say("%s is in group full", "%s di grup full", row.Get("name")), evidence: []Evidence{r.fact(MenuUser, row, "group")},
		fix: []Command{
			r.run("/user/group/add name=jembatan policy=read,write,test,api"),
			r.run("/user/set %s group=jembatan address=<controller>/32", word(row.Get("name"))),
		},
	})
}

func checkMACServer(n *Network, r *Router) verdict {
	ends := r.ends
	if len(ends) == 0 {
		return none()
	}
	var hits []hit
	for _, c := range []struct{ menu, field string }{{MenuMACServer, "allowed-interface-list"}, {MenuDiscovery, "discover-interface-list"}} {
		row := r.single(c.menu)
		list := row.Get(c.field)
		if !r.listHolds(list, ends) {
			continue
		}
		hits = append(hits, hit{
			subject: r.Name + " " + c.menu, evidence: []Evidence{r.fact(c.menu, row, c.field)},
			say: say("%s covers the tunnels", "%s mencakup terowongan", list),
			fix: []Command{r.run("%s/set %s=<a list without tunnels>", c.menu, c.field)},
		})
	}
	return perhaps(hits)
}

// listHolds reports whether an interface list holds a tunnel, or the bridge of
// one.
func (r *Router) listHolds(list string, ends []*End) bool {
	switch list {
	case "all", "static", "!dynamic", "*2000010":
		return true
	case "none", "dynamic", "":
		return false
	}
	names := map[string]bool{}
	for _, e := range ends {
		names[e.Name] = true
	}
	excluded := strings.HasPrefix(list, "!")
	for _, row := range r.active(MenuListMember) {
		if row.Get("list") == strings.TrimPrefix(list, "!") && names[row.Get("interface")] {
			return !excluded
		}
	}
	return excluded
}

func checkPPTP(_ *Network, r *Router) verdict {
	row := r.single(MenuPPTPServer)
	if !row.Is("enabled") {
		return fine()
	}
	return bad(hit{
		say: say("enabled", "hidup"), evidence: []Evidence{r.fact(MenuPPTPServer, row, "enabled")},
		fix: []Command{r.run("/interface/pptp-server/server/set enabled=no")},
	})
}

func checkSNMP(_ *Network, r *Router) verdict {
	if !r.single(MenuSNMP).Is("enabled") {
		return fine()
	}
	communities := r.active(MenuSNMPCommunity)
	if len(communities) == 0 && !r.IsLive() {
		communities = []*Row{r.single(MenuSNMPCommunity)}
	}
	var evidence []Evidence
	var what []Text
	for _, row := range communities {
		public := strings.HasPrefix(row.Get("name"), "public-")
		addresses := row.Get("addresses")
		open := addresses == "" || addresses == "::/0" || addresses == "0.0.0.0/0" || strings.Contains(addresses, "0.0.0.0/0")
		if public {
			evidence = append(evidence, r.note(MenuSNMPCommunity, row, "name", say("holds \"public\"", "memuat \"public\"")))
			what = append(what, say("a community with \"public\"", "community dengan \"public\""))
		}
		if open {
			evidence = append(evidence, r.fact(MenuSNMPCommunity, row, "addresses"))
			what = append(what, say("open to all addresses", "terbuka bagi semua alamat"))
		}
	}
	if len(what) == 0 {
		return fine()
	}
	all := what[0]
	if len(what) > 1 && what[1] != what[0] {
		all = say("%s, %s", "%s, %s", what[0], what[1])
	}
	return bad(hit{
		say: all, evidence: append(evidence, r.fact(MenuSNMP, r.single(MenuSNMP), "enabled")),
		fix: []Command{r.run("/snmp/community/set [find default=yes] name=<your own> addresses=<monitor>/32")},
	})
}

// dropsInput reports whether the input chain ends up dropping what nothing
// accepted: a drop without matchers, or with an interface or connection state
// alone.
func (r *Router) dropsInput() bool {
	for _, row := range r.active(MenuFilter) {
		if row.Get("chain") != "input" || row.Get("action") != "drop" && row.Get("action") != "reject" {
			continue
		}
		narrow := false
		for _, m := range []string{"protocol", "src-address", "src-address-list", "dst-port", "connection-state", "src-port"} {
			narrow = narrow || row.Get(m) != ""
		}
		if !narrow {
			return true
		}
	}
	return false
}

func checkWideOpen(_ *Network, r *Router) verdict {
	if r.dropsInput() {
		return fine()
	}
	var names []string
	var evidence []Evidence
	var fix []Command
	for _, s := range r.services() {
		if s.off || s.address != "" || !slices.Contains([]string{"ssh", "winbox", "www-ssl"}, s.name) {
			continue
		}
		names = append(names, s.name)
		evidence = append(evidence, s.evidence(r))
		fix = append(fix, r.run("/ip/service/set %s address=<management network>", s.name))
	}
	if len(names) == 0 {
		return fine()
	}
	slices.Sort(names)
	evidence = append(evidence, r.note(MenuFilter, nil, "chain=input", say("no rule that drops the rest", "tidak ada aturan yang membuang sisanya")))
	return bad(hit{say: say("%s", "%s", strings.Join(names, ", ")), evidence: evidence, fix: fix})
}
