package audit

import (
	"strings"
	"time"
)

func versionRules() []Rule {
	return []Rule{
		{
			ID: "VER-01", Severity: High,
			Title: say("A version with known holes", "Versi dengan lubang yang diketahui"),
			Why:   say("The way in is published.", "Cara masuknya sudah dipublikasikan."),
			Looks: "the version; a table of published vulnerabilities", Fix: say("Upgrade.", "Tingkatkan versi."),
			Ref: "NVD entries named in the finding", Control: "A.8.8", router: checkHoles,
		},
		{
			ID: "VER-02", Severity: Low, Needs: []string{MenuRouterboard}, Live: true,
			Title: say("The firmware is older than the software", "Firmware lebih lama dari perangkat lunak"),
			Why:   say("The upgrade was not finished.", "Peningkatan belum selesai."),
			Looks: "/system/routerboard: current-firmware, upgrade-firmware", Fix: say("Upgrade the firmware, then reboot in a window.", "Tingkatkan firmware, lalu nyalakan ulang pada waktu pemeliharaan."),
			Ref: "MikroTik manual, RouterBOOT", Control: "A.8.8", router: checkFirmware,
		},
		{
			ID: "VER-03", Severity: Medium,
			Title: say("Not upgraded for a long time", "Lama tidak ditingkatkan"),
			Why:   say("Nobody maintains the router.", "Tidak ada yang merawat router."),
			Looks: "/system/resource: build-time; in exports the version's series", Fix: say("Plan an upgrade.", "Rencanakan peningkatan."),
			Ref: "MikroTik release dates", Control: "A.8.8", router: checkAge,
		},
		{
			ID: "VER-04", Severity: Medium,
			Title: say("Releases 6 and 7 in one pair", "Rilis 6 dan 7 dalam satu pasangan"),
			Why:   say("Release 6 lacks VRRP's connection tracking and other defaults; the manual recommends equal versions.", "Rilis 6 tidak punya pelacakan koneksi VRRP dan bawaan lain; manual menyarankan versi sama."),
			Looks: "the versions of both ends of tunnels and of VRRP groups", Fix: say("Align the versions.", "Samakan versi."),
			Ref: "MikroTik manual, VRRP", Control: "A.8.8", whole: checkMixed,
		},
	}
}

// A hole is a published vulnerability: versions in one of the ranges, the first
// number included and the second not, have it.
type hole struct {
	id       string
	severity Severity
	about    Text
	ranges   [][2]string
}

func holes() []hole {
	return []hole{
		{"CVE-2018-14847", Critical, say("reads any file, passwords included, through Winbox", "membaca berkas apa pun, termasuk sandi, lewat Winbox"), [][2]string{{"6.29", "6.40.8"}, {"6.41", "6.42.1"}}},
		{"CVE-2018-1156", High, say("runs code as an authenticated user", "menjalankan kode sebagai pengguna terautentikasi"), [][2]string{{"6.0", "6.40.9"}, {"6.41", "6.42.7"}}},
		{"CVE-2019-3978", High, say("poisons the DNS cache without a login", "meracuni cache DNS tanpa login"), [][2]string{{"6.0", "6.44.6"}, {"6.45", "6.45.7"}}},
		{"CVE-2023-30799", High, say("turns an admin into a super-admin", "menjadikan admin sebagai super-admin"), [][2]string{{"6.0", "6.49.7"}}},
		{"CVE-2023-32154", High, say("runs code from the neighbourhood, where IPv6 advertisements are accepted", "menjalankan kode dari jaringan tetangga, bila iklan IPv6 diterima"), [][2]string{{"6.0", "6.48.7"}, {"6.49", "6.49.8"}, {"7.0", "7.9.1"}}},
	}
}

func (h *hole) has(v version) bool {
	for _, r := range h.ranges {
		from, _ := parseVersion(r[0])
		to, _ := parseVersion(r[1])
		if v.compare(from) >= 0 && v.compare(to) < 0 {
			return true
		}
	}
	return false
}

func (r *Router) versionEvidence() Evidence {
	return r.note(MenuResource, nil, "version", say(r.Version, r.Version))
}

func checkHoles(_ *Network, r *Router) verdict {
	v, ok := parseVersion(r.Version)
	if !ok {
		return unclear(say("the version is not known", "versi tidak diketahui"))
	}
	worst := SeverityUnknown
	var found []string
	var evidence []Evidence
	for _, h := range holes() {
		if h.has(v) {
			worst = max(worst, h.severity)
			found = append(found, h.id)
			evidence = append(evidence, r.note(MenuResource, nil, "version", say("%s: %s %s", "%s: %s %s", r.Version, h.id, h.about)))
		}
	}
	if len(found) == 0 {
		return fine()
	}
	return bad(hit{
		severity: worst, say: say("%s: %s", "%s: %s", r.Version, strings.Join(found, ", ")), evidence: evidence,
		fix: []Command{r.run("/system/package/update/install")},
	})
}

func checkFirmware(_ *Network, r *Router) verdict {
	row := r.single(MenuRouterboard)
	now, next := row.Get("current-firmware"), row.Get("upgrade-firmware")
	if now == "" || next == "" {
		return none()
	}
	if now == next {
		return fine()
	}
	return bad(hit{
		say:      say("%s, could be %s", "%s, bisa %s", now, next),
		evidence: []Evidence{r.fact(MenuRouterboard, row, "current-firmware"), r.fact(MenuRouterboard, row, "upgrade-firmware")},
		fix:      []Command{r.run("/system/routerboard/upgrade")},
	})
}

// series are the months in which series of releases began.
func series() map[string]string {
	return map[string]string{
		"6.40": "2017-07", "6.41": "2017-12", "6.42": "2018-04", "6.43": "2018-09", "6.44": "2019-02", "6.45": "2019-06",
		"6.46": "2019-12", "6.47": "2020-06", "6.48": "2020-12", "6.49": "2021-10",
		"7.1": "2021-12", "7.2": "2022-03", "7.3": "2022-06", "7.4": "2022-07", "7.5": "2022-08", "7.6": "2022-10", "7.7": "2023-01",
		"7.8": "2023-02", "7.9": "2023-05", "7.10": "2023-06", "7.11": "2023-08", "7.12": "2023-11", "7.13": "2023-12", "7.14": "2024-02",
		"7.15": "2024-05", "7.16": "2024-09", "7.17": "2025-01", "7.18": "2025-02", "7.19": "2025-05", "7.20": "2025-09",
	}
}

// released returns when a router's version came out. Exports tell only the
// version: then it is at least the beginning of its series plus four months for
// every patch, which no series has needed.
func (r *Router) released() (time.Time, bool) {
	build := r.single(MenuResource).Get("build-time")
	for _, layout := range []string{"2006-01-02 15:04:05", "Jan/02/2006 15:04:05"} {
		if t, err := time.Parse(layout, capital(build)); err == nil {
			return t, true
		}
	}
	v, ok := parseVersion(r.Version)
	if !ok {
		return time.Time{}, false
	}
	parts := strings.SplitN(r.Version, ".", 3)
	first, err := time.Parse("2006-01", series()[strings.Join(parts[:2], ".")])
	if err != nil {
		first, err = time.Parse("2006-01", series()[parts[0]+"."+leadingDigits(parts[1])])
	}
	if err != nil {
		return time.Time{}, false
	}
	const monthsAPatch = 4
	return first.AddDate(0, v.patch*monthsAPatch, 0), true
}

// capital makes the first letter upper case, as Go wants months.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func leadingDigits(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		return s
	}
	return s[:i]
}

func checkAge(n *Network, r *Router) verdict {
	when, ok := r.released()
	if !ok {
		return unclear(say("the release date of %s is not known", "tanggal rilis %s tidak diketahui", r.Version))
	}
	age := n.Now.Sub(when)
	if age <= n.Policy.MaxUpgrade {
		return fine()
	}
	const month = 30 * 24 * time.Hour
	return bad(hit{
		say:      say("%s is at least %d months old", "%s berumur sedikitnya %d bulan", r.Version, int(age/month)),
		evidence: []Evidence{r.versionEvidence()}, fix: []Command{r.run("/system/package/update/check-for-updates")},
	})
}

func checkMixed(n *Network) verdict {
	var hits []hit
	seen := false
	compare := func(subject string, routers []*Router) {
		first, ok := parseVersion(routers[0].Version)
		if !ok {
			return
		}
		for _, r := range routers[1:] {
			v, ok := parseVersion(r.Version)
			if !ok {
				continue
			}
			seen = true
			if v.major != first.major {
				hits = append(hits, hit{
					subject: subject, routers: []string{routers[0].Name, r.Name},
					say:      say("%s runs %s, %s runs %s", "%s menjalankan %s, %s menjalankan %s", routers[0].Name, routers[0].Version, r.Name, r.Version),
					evidence: []Evidence{routers[0].versionEvidence(), r.versionEvidence()},
					fix:      []Command{r.run("/system/package/update/check-for-updates")},
				})
				return
			}
		}
	}
	pairs := map[string]bool{}
	for _, t := range n.Tunnels {
		if !t.both() || t.off() {
			continue
		}
		key := t.Ends[0].Router.Name + " - " + t.Ends[1].Router.Name
		if !pairs[key] {
			pairs[key] = true
			compare(key, []*Router{t.Ends[0].Router, t.Ends[1].Router})
		}
	}
	for _, g := range n.Groups {
		var routers []*Router
		for _, m := range g.Members {
			routers = append(routers, m.Router)
		}
		compare(g.Subject(), routers)
	}
	if !seen {
		return none()
	}
	return perhaps(hits)
}
