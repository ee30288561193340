package audit

import (
	"slices"
	"strings"
)

// obsolete are the words of profiles and proposals that should not be there.
func obsolete(row *Row, fields ...string) []string {
	var out []string
	for _, f := range fields {
		for _, w := range row.List(f) {
			switch w {
			case "3des", "des", "md5", "sha1", "modp768", "modp1024", "null":
				out = append(out, f)
			}
		}
	}
	return slices.Compact(out)
}

func checkAlgorithms(n *Network, r *Router) verdict {
	uses := false
	for _, e := range r.ends {
		uses = uses || !e.off() && (e.secret() == secretSet || e.Under.IPsec)
	}
	if !uses {
		return none()
	}
	var hits []hit
	for _, c := range []struct {
		menu   string
		fields []string
		fix    string
	}{
		{MenuIPsecProfile, []string{"enc-algorithm", "hash-algorithm", "dh-group"}, "/ip/ipsec/profile/set [find name=%s] enc-algorithm=aes-256 hash-algorithm=sha256 dh-group=modp2048,ecp256"},
		{MenuIPsecProposal, []string{"enc-algorithms", "auth-algorithms", "pfs-group"}, "/ip/ipsec/proposal/set [find name=%s] enc-algorithms=aes-256-gcm,aes-256-cbc auth-algorithms=sha256 pfs-group=modp2048"},
	} {
		if why, ok := r.Known(c.menu); !ok {
			return unclear(why)
		}
		row := r.find(c.menu, "name", "default")
		if row == nil {
			row = r.find(c.menu, "default", "true")
		}
		if row == nil {
			row = &Row{absent: absences(c.menu)}
		}
		fields := obsolete(row, c.fields...)
		if len(fields) == 0 {
			continue
		}
		var evidence []Evidence
		for _, f := range fields {
			evidence = append(evidence, r.fact(c.menu, row, f))
		}
		name := row.Get("name")
		if name == "" {
			name = "default"
		}
		hits = append(hits, hit{
			subject: r.Name + " " + c.menu, evidence: evidence, fix: []Command{r.run(c.fix, word(name))},
			say: say("%s %s: %s", "%s %s: %s", c.menu, name, strings.Join(fields, ", ")),
		})
	}
	return perhaps(hits)
}

// cryptoMenus compares the default profile and proposal, which ipsec-secret
// uses.
func cryptoMenus(a, b *End) verdict {
	for _, c := range []struct {
		menu   string
		fields []string
	}{
		{MenuIPsecProfile, []string{"enc-algorithm", "hash-algorithm", "dh-group"}},
		{MenuIPsecProposal, []string{"enc-algorithms", "auth-algorithms", "pfs-group"}},
	} {
		menu, fields := c.menu, c.fields
		x, y := a.Router.find(menu, "name", "default"), b.Router.find(menu, "name", "default")
		if x == nil || y == nil {
			continue // Defaults of one of them: no common value can be told.
		}
		for _, f := range fields {
			if !shareWord(x.List(f), y.List(f)) {
				return bad(hit{
					say:      say("%s: the %s of the default entries have nothing in common", "%s: %s pada entri bawaan tidak punya kesamaan", menu, f),
					evidence: []Evidence{a.Router.fact(menu, x, f), b.Router.fact(menu, y, f)},
					fix:      []Command{b.Router.run("%s/set [find name=default] %s=%s", menu, f, x.Get(f))},
				})
			}
		}
	}
	return fine()
}

func shareWord(a, b []string) bool {
	if len(a) == 0 && len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(w string) bool { return slices.Contains(b, w) })
}
