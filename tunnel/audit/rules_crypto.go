package audit

import (
	"slices"
	"strings"
)

func cryptoRules() []Rule {
	newKey := say("Make a new random key and set it at both ends in one window.", "Buat kunci acak baru dan pasang di kedua ujung dalam satu waktu.")
	return []Rule{
		{
			ID: "CRY-01", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Not encrypted", "Tidak dienkripsi"),
			Why:   say("EoIP is clear text: whoever sees the path sees every frame, and may send some.", "EoIP adalah teks terang: siapa pun di jalur melihat tiap bingkai, dan bisa mengirim bingkai."),
			Looks: "/interface/eoip: ipsec-secret, allow-fast-path; the underlay's kind; /ip/ipsec/policy", Fix: say("Set ipsec-secret and allow-fast-path=no at both ends, or move the tunnel onto WireGuard or IPsec.", "Pasang ipsec-secret dan allow-fast-path=no di kedua ujung, atau pindahkan ke WireGuard atau IPsec."),
			Ref: manualEoIP, Control: "A.8.24", tunnel: checkClear,
		},
		{
			ID: "CRY-02", Severity: High, Needs: []string{MenuEoIP},
			Title: say("Fast path together with IPsec", "Fast path bersama IPsec"),
			Why:   say("Fast path goes around IPsec; the manual requires it off.", "Fast path melewati IPsec; manual mewajibkannya mati."),
			Looks: "/interface/eoip: allow-fast-path, ipsec-secret; IPsec policies for the tunnel", Fix: say("Set allow-fast-path=no.", "Pasang allow-fast-path=no."),
			Ref: manualEoIP, Control: "A.8.24", tunnel: checkFastPath,
		},
		{
			ID: "CRY-03", Severity: High, Needs: []string{MenuEoIP},
			Title: say("A weak pre-shared key", "Kunci bersama lemah"),
			Why:   say("It can be tried offline against one captured handshake.", "Bisa dicoba luring terhadap satu jabat tangan yang terekam."),
			Looks: "/interface/eoip: ipsec-secret (its length and kind only)", Fix: newKey, Ref: "RFC 2409 (pre-shared keys)", Control: "A.8.24", tunnel: checkWeak,
		},
		{
			ID: "CRY-04", Severity: Critical, Needs: []string{MenuEoIP},
			Title: say("The key is the name of the tunnel or site", "Kuncinya adalah nama terowongan atau situs"),
			Why:   say("It can be read off the export itself.", "Bisa dibaca dari ekspor itu sendiri."),
			Looks: "/interface/eoip: ipsec-secret compared with names", Fix: newKey, Ref: "real exports", Control: "A.5.17", tunnel: checkNamedKey,
		},
		{
			ID: "CRY-05", Severity: High, Needs: []string{MenuEoIP},
			Title: say("One key for several sites", "Satu kunci untuk beberapa situs"),
			Why:   say("One lost branch router exposes the others.", "Satu router cabang yang hilang membuka yang lain."),
			Looks: "/interface/eoip of one router: ipsec-secret compared with each other", Fix: say("One key for each tunnel.", "Satu kunci untuk tiap terowongan."), Ref: "real exports", Control: "A.5.17", router: checkSharedKey,
		},
		{
			ID: "CRY-06", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("Obsolete algorithms", "Algoritma usang"),
			Why:   say("3DES, DES, MD5, SHA-1 and 1024-bit groups are below today's least.", "3DES, DES, MD5, SHA-1, dan grup 1024 bit di bawah batas minimum kini."),
			Looks: "/ip/ipsec/profile and /ip/ipsec/proposal that encrypted tunnels use", Fix: say("A new profile and proposal, at both ends in one window.", "Profil dan proposal baru, di kedua ujung dalam satu waktu."),
			Ref: "RFC 8247; MikroTik manual, IPsec (defaults)", Control: "A.8.24", router: checkAlgorithms,
		},
		{
			ID: "CRY-07", Severity: High, Needs: []string{MenuEoIP, MenuIPsecPolicy, MenuInstalledSA}, Live: true,
			Title: say("Encrypted on paper only", "Terenkripsi di atas kertas saja"),
			Why:   say("There is no security association: traffic is dropped, or goes out in clear.", "Tidak ada security association: lalu lintas dibuang, atau keluar telanjang."),
			Looks: "/ip/ipsec/policy: invalid, active; /ip/ipsec/installed-sa", Fix: say("Check addresses, peer and identity at both ends.", "Periksa alamat, peer, dan identity di kedua ujung."),
			Ref: "MikroTik manual, IPsec", Control: "A.8.24", tunnel: checkSA,
		},
		{
			ID: "CRY-08", Severity: Low, Needs: []string{MenuEoIP},
			Title: say("ipsec-secret without a local address", "ipsec-secret tanpa alamat lokal"),
			Why:   say("One revision of the manual asks for both addresses for a valid policy; routers have been seen to work without. The policy's state decides.", "Satu revisi manual meminta kedua alamat agar policy sah; ada router yang jalan tanpanya. Keadaan policy yang menentukan."),
			Looks: "/interface/eoip: local-address, ipsec-secret", Fix: say("Set local-address.", "Pasang local-address."), Ref: manualEoIP, Control: "A.8.24", tunnel: checkSecretLocal,
		},
		{
			ID: "CRY-09", Severity: High, Needs: []string{MenuEoIP},
			Title: say("The ends encrypt differently", "Kedua ujung mengenkripsi berbeda"),
			Why:   say("No security association comes up, or a weak one.", "Security association tidak terbentuk, atau lemah."),
			Looks: "/interface/eoip: ipsec-secret; default profile and proposal of both ends", Fix: say("Align both ends.", "Samakan kedua ujung."), Ref: "MikroTik manual, IPsec", Control: "A.8.24", tunnel: checkCryptoDiffers,
		},
	}
}

func checkClear(_ *Network, t *Tunnel) verdict {
	if t.off() || t.State == PeerUnread && !t.both() && t.Ends[0].off() {
		return none()
	}
	for _, e := range t.ends() {
		switch e.secret() {
		case secretSet:
			return fine()
		case secretUnknown:
			return unclear(say("%s does not show whether it has an ipsec-secret", "%s tidak menunjukkan apakah punya ipsec-secret", e))
		case secretNone:
		}
		if e.Under.Encrypted {
			return fine()
		}
	}
	e := t.Ends[0]
	if !e.Under.Sure && (!t.both() || !t.Ends[1].Under.Sure) {
		return unclear(say("what carries %s is not known, and the router has interfaces that encrypt", "jalur bawah %s tidak diketahui, dan router punya antarmuka yang mengenkripsi", e))
	}
	evidence := t.facts("ipsec-secret", "allow-fast-path")
	for _, e := range t.ends() {
		if e.Under.Iface != "" {
			evidence = append(evidence, e.underEvidence())
		}
	}
	return bad(hit{
		say: say("no ipsec-secret, and nothing below encrypts", "tanpa ipsec-secret, dan tidak ada yang mengenkripsi di bawahnya"), evidence: evidence,
		fix: t.setBoth("allow-fast-path=no ipsec-secret=<a new random key>"),
	})
}

func checkFastPath(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var fix []Command
	seen := false
	for _, e := range t.ends() {
		if e.secret() != secretSet && !e.Under.IPsec {
			continue
		}
		seen = true
		if e.Row.Is("allow-fast-path") {
			fix = append(fix, e.set("allow-fast-path=no"))
		}
	}
	switch {
	case !seen:
		return none()
	case len(fix) == 0:
		return fine()
	}
	return bad(hit{
		say: say("on at %d of %d ends", "hidup di %d dari %d ujung", len(fix), len(t.ends())), evidence: t.facts("allow-fast-path", "ipsec-secret"), fix: fix,
	})
}

// keys calls f for the ends whose secret can be judged.
func (t *Tunnel) keys(f func(e *End, seal string)) (seen bool) {
	for _, e := range t.ends() {
		seal := e.Row.Get("ipsec-secret")
		if _, _, ok := sealed(seal); ok {
			seen = true
			f(e, seal)
		}
	}
	return seen
}

// newSecret is the command that gives an end another key.
func (e *End) newSecret() Command {
	return e.set("ipsec-secret=<a new random key, the same at both ends>")
}

func checkWeak(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var hits []hit
	seen := t.keys(func(e *End, seal string) {
		if n, weak, _ := sealed(seal); weak {
			hits = append(hits, hit{
				subject: e.String(), routers: []string{e.Router.Name}, say: say("weak (%d characters)", "lemah (%d karakter)", n),
				evidence: []Evidence{e.fact("ipsec-secret")}, fix: []Command{e.newSecret()},
			})
		}
	})
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkNamedKey(n *Network, t *Tunnel) verdict {
	var hits []hit
	seen := t.keys(func(e *End, seal string) {
		names := map[string]Text{
			e.Name:                              say("the tunnel's name", "nama terowongan"),
			e.Router.Identity:                   say("the router's identity", "identitas router"),
			e.Router.Site:                       say("the site's name", "nama situs"),
			e.Row.Get("comment"):                say("the comment", "komentarnya"),
			e.Row.Get("tunnel-id"):              say("the tunnel's id", "id terowongan"),
			strings.TrimPrefix(e.Name, "eoip-"): say("the tunnel's name", "nama terowongan"),
		}
		for _, o := range n.Routers {
			names[o.Identity] = say("the identity of a router", "identitas sebuah router")
		}
		for _, name := range sortedKeys(names) {
			for _, form := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
				if n.seal.matches(seal, form) {
					hits = append(hits, hit{
						subject: e.String(), routers: []string{e.Router.Name}, say: say("the same as %s", "sama dengan %s", names[name]),
						evidence: []Evidence{e.Router.note(MenuEoIP, e.Row, "ipsec-secret", say("the same as %s", "sama dengan %s", names[name]))},
						fix:      []Command{e.newSecret()},
					})
					return
				}
			}
		}
	})
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		if k != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func checkSharedKey(n *Network, r *Router) verdict {
	groups := map[string][]*End{}
	for _, e := range r.ends {
		if seal := e.Row.Get("ipsec-secret"); seal != "" && !e.off() {
			if _, _, ok := sealed(seal); ok {
				groups[seal] = append(groups[seal], e)
			}
		}
	}
	if len(groups) == 0 {
		return none()
	}
	var hits []hit
	for _, seal := range sortedKeys(groups) {
		sites := map[string]bool{}
		var names []string
		var evidence []Evidence
		var fix []Command
		for _, e := range groups[seal] {
			sites[n.site(e)] = true
			names = append(names, e.Name)
			evidence = append(evidence, e.Router.note(MenuEoIP, e.Row, "ipsec-secret", say("the same key", "kunci yang sama")))
			fix = append(fix, e.newSecret())
		}
		if len(sites) < 2 {
			continue
		}
		hits = append(hits, hit{
			subject: groups[seal][0].String(), evidence: evidence, fix: fix[1:],
			say: say("%d tunnels to %d sites: %s", "%d terowongan ke %d situs: %s", len(names), len(sites), strings.Join(names, ", ")),
		})
	}
	return perhaps(hits)
}

func checkSA(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	seen := false
	for _, e := range t.ends() {
		if e.off() || e.secret() != secretSet || !e.Remote.IsValid() {
			continue
		}
		seen = true
		remote := e.Remote.String()
		for i := range e.Router.Menus[MenuIPsecPolicy] {
			row := &e.Router.Menus[MenuIPsecPolicy][i]
			if covers(row.Get("dst-address"), e.Remote) && row.Is("invalid") {
				return bad(hit{
					say:      say("the policy on %s is invalid", "policy di %s tidak sah", e),
					evidence: []Evidence{e.Router.fact(MenuIPsecPolicy, row, "invalid"), e.fact("local-address"), e.fact("remote-address")},
					fix:      []Command{e.set("local-address=<this side's address>")},
				})
			}
		}
		count := 0
		for i := range e.Router.Menus[MenuInstalledSA] {
			row := &e.Router.Menus[MenuInstalledSA][i]
			if hostOf(row.Get("dst-address")) == remote || hostOf(row.Get("src-address")) == remote {
				count++
			}
		}
		if count == 0 {
			return bad(hit{
				say: say("%s has no security association with %s", "%s tidak punya security association dengan %s", e, remote),
				evidence: append(t.facts("ipsec-secret", "local-address", "remote-address"),
					e.Router.note(MenuInstalledSA, nil, "count", say("0", "0"))),
				fix: []Command{e.Router.run("/ip/ipsec/active-peers/print where remote-address=%s", remote)},
			})
		}
	}
	if !seen {
		return none()
	}
	return fine()
}

func checkSecretLocal(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var hits []hit
	seen := false
	for _, e := range t.ends() {
		if e.off() || e.secret() != secretSet {
			continue
		}
		seen = true
		if e.Local.IsValid() {
			continue
		}
		hits = append(hits, hit{
			subject: e.String(), routers: []string{e.Router.Name}, say: say("%s has no local-address", "%s tanpa local-address", e.Name),
			evidence: []Evidence{e.fact("local-address"), e.fact("ipsec-secret")}, fix: []Command{e.set("local-address=<this side's address>")},
		})
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}

func checkCryptoDiffers(_ *Network, t *Tunnel) verdict {
	if t.off() || !t.both() {
		return none()
	}
	a, b := t.Ends[0], t.Ends[1]
	sa, sb := a.secret(), b.secret()
	if sa == secretUnknown || sb == secretUnknown {
		return unclear(say("secrets are hidden", "rahasia disembunyikan"))
	}
	if sa == secretNone && sb == secretNone {
		return none()
	}
	if sa != sb {
		bare, with := a, b
		if sa == secretSet {
			bare, with = b, a
		}
		return bad(hit{
			say: say("%s has a key, %s has none", "%s punya kunci, %s tidak", with, bare), evidence: t.facts("ipsec-secret"),
			fix: []Command{bare.set("allow-fast-path=no ipsec-secret=<the key of the other end>")},
		})
	}
	x, y := a.Row.Get("ipsec-secret"), b.Row.Get("ipsec-secret")
	_, _, okA := sealed(x)
	_, _, okB := sealed(y)
	if okA && okB && x != y {
		return bad(hit{
			say: say("the keys are different", "kuncinya berbeda"),
			evidence: []Evidence{
				a.Router.note(MenuEoIP, a.Row, "ipsec-secret", say("different", "berbeda")),
				b.Router.note(MenuEoIP, b.Row, "ipsec-secret", say("different", "berbeda")),
			},
			fix: []Command{a.newSecret(), b.newSecret()},
		})
	}
	return cryptoMenus(a, b)
}
