package audit

import (
	"net/netip"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

func hygieneRules() []Rule {
	return []Rule{
		{
			ID: "HYG-01", Severity: Low, Needs: []string{MenuEoIP},
			Title: say("A disabled leftover", "Sisa yang dimatikan"),
			Why:   say("Nobody knows whether it may go.", "Tidak ada yang tahu boleh dihapus atau tidak."),
			Looks: "/interface/eoip: disabled", Fix: say("Remove it after its owner agrees.", "Hapus setelah pemiliknya setuju."),
			Ref: "practice", Control: "A.5.9", tunnel: checkLeftover,
		},
		{
			ID: "HYG-02", Severity: Low, Needs: []string{MenuEoIP, MenuInterface}, Live: true,
			Title: say("No traffic", "Tanpa lalu lintas"),
			Why:   say("It is not used, or broken and nobody noticed.", "Tidak dipakai, atau rusak tanpa disadari."),
			Looks: "/interface: rx-byte, tx-byte", Fix: say("Ask the owner.", "Tanyakan pemiliknya."),
			Ref: "practice", Control: "A.5.9", tunnel: checkIdle,
		},
		{
			ID: "HYG-03", Severity: Low, Needs: []string{MenuEoIP},
			Title: say("No comment", "Tanpa komentar"),
			Why:   say("Nobody can tell at three in the morning what it is for.", "Jam tiga pagi tidak ada yang tahu untuk apa ini."),
			Looks: "/interface/eoip: comment", Fix: say("Write site and path into the comment.", "Tulis situs dan jalur di komentar."),
			Ref: "practice", Control: "A.5.37", tunnel: checkComment,
		},
		{
			ID: "HYG-04", Severity: Low, Needs: []string{MenuEoIP},
			Title: say("A name that says nothing", "Nama yang tidak berarti"),
			Why:   say("Default names, or names that disagree at the two ends, confuse whoever reads an alert.", "Nama bawaan, atau nama yang tidak sejalan di kedua ujung, membingungkan pembaca peringatan."),
			Looks: "/interface/eoip of both ends: name", Fix: say("Name it after the other site: eoip-<site>, with -bu for the backup.", "Beri nama situs lawan: eoip-<situs>, dengan -bu untuk cadangan."),
			Ref: "practice", Control: "A.5.9", tunnel: checkName,
		},
		{
			ID: "HYG-05", Severity: Medium, Needs: []string{MenuEoIP, MenuAddress},
			Title: say("Public addresses inside a tunnel", "Alamat publik di dalam terowongan"),
			Why:   say("If they belong to somebody else, their true owner cannot be reached from here.", "Bila milik orang lain, pemilik aslinya tidak terjangkau dari sini."),
			Looks: "/ip/address on EoIP interfaces and their bridges and bonds", Fix: say("Renumber into 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, unless the range is yours.", "Pindah ke 10.0.0.0/8, 172.16.0.0/12, atau 192.168.0.0/16, kecuali rentang itu milik Anda."),
			Ref: "RFC 1918", Control: "A.8.20", tunnel: checkPublic,
		},
		{
			ID: "HYG-06", Severity: Medium, Needs: []string{MenuEoIP},
			Title: say("Not in the topology file", "Tidak ada di berkas topologi"),
			Why:   say("It is not documented, and no plan keeps it right.", "Tidak terdokumentasi, dan tidak ada rencana yang menjaganya."),
			Looks: "/interface/eoip: comment; the topology", Fix: say("Adopt it into the topology, or remove it.", "Masukkan ke topologi, atau hapus."),
			Ref: "practice", Control: "A.8.9", tunnel: checkUndesired,
		},
		{
			ID: "HYG-07", Severity: Medium,
			Title: say("Differs from the topology file", "Berbeda dari berkas topologi"),
			Why:   say("Somebody edited it by hand; the next plan will surprise.", "Ada yang mengubah dengan tangan; rencana berikutnya akan mengejutkan."),
			Looks: "/interface/eoip of both ends and the topology: addresses, id, mtu, keepalive, mac-address, disabled", Fix: say("Run jembatan plan, read it, then apply.", "Jalankan jembatan plan, baca, lalu apply."),
			Ref: "practice", Control: "A.8.9", whole: checkDrift,
		},
	}
}

func checkLeftover(_ *Network, t *Tunnel) verdict {
	if !t.off() {
		return fine()
	}
	var fix []Command
	for _, e := range t.ends() {
		fix = append(fix, e.Router.run("/interface/eoip/remove [find name=%s]", word(e.Name)))
	}
	return bad(hit{say: say("disabled: %s", "dimatikan: %s", t.Subject()), evidence: t.facts("disabled"), fix: fix})
}

// idleBytes is what keepalives and discovery alone make of a counter soon
// after a start; below it nothing of users has passed. Assumed.
const idleBytes = 10_000

func checkIdle(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var evidence []Evidence
	for _, e := range t.ends() {
		row := e.Router.iface(e.Name)
		if row == nil || !row.Has("rx-byte") || !e.Row.Is("running") {
			return none()
		}
		uptime, ok := duration(e.Router.single(MenuResource).Get("uptime"))
		const day = 24
		if !ok || uptime.Hours() < 7*day || row.Int("rx-byte")+row.Int("tx-byte") > idleBytes {
			return fine()
		}
		evidence = append(evidence, e.Router.fact(MenuInterface, row, "rx-byte"), e.Router.fact(MenuInterface, row, "tx-byte"),
			e.Router.fact(MenuResource, e.Router.single(MenuResource), "uptime"))
	}
	return bad(hit{say: say("next to nothing since the start, more than a week ago", "hampir tidak ada sejak dinyalakan, lebih dari seminggu lalu"), evidence: evidence})
}

func checkComment(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var fix []Command
	for _, e := range t.ends() {
		if e.Row.Get("comment") == "" {
			fix = append(fix, e.set(`comment="<site and path>"`))
		}
	}
	if len(fix) == 0 {
		return fine()
	}
	return bad(hit{say: say("none at %d of %d ends", "tidak ada di %d dari %d ujung", len(fix), len(t.ends())), evidence: t.facts("comment"), fix: fix})
}

// isDefaultName reports whether a name is what RouterOS gives: eoip-tunnel1.
func isDefaultName(name string) bool {
	rest, ok := strings.CutPrefix(name, "eoip-tunnel")
	_, err := strconv.Atoi(rest)
	return ok && (rest == "" || err == nil)
}

func checkName(_ *Network, t *Tunnel) verdict {
	if t.off() {
		return none()
	}
	var fix []Command
	var names []string
	for _, e := range t.ends() {
		names = append(names, e.Name)
		if isDefaultName(e.Name) {
			fix = append(fix, e.set("name=eoip-<site>"))
		}
	}
	if len(fix) > 0 {
		return bad(hit{say: say("default names: %s", "nama bawaan: %s", strings.Join(names, ", ")), evidence: t.facts("name"), fix: fix})
	}
	if !t.both() {
		return fine()
	}
	a, b := backup(t.Ends[0].Name), backup(t.Ends[1].Name)
	if a != b {
		return bad(hit{
			say:      say("one end is named as a backup, the other is not: %s", "satu ujung bernama cadangan, yang lain tidak: %s", strings.Join(names, ", ")),
			evidence: t.facts("name"), fix: []Command{t.Ends[0].set("name=eoip-<site>[-bu]")},
		})
	}
	return fine()
}

// backup reports whether a name says that it is the second path.
func backup(name string) bool {
	name = strings.ToLower(name)
	for _, end := range []string{"-bu", "-backup", "_bu", "_backup", "-bk", "-cadangan"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func checkPublic(_ *Network, t *Tunnel) verdict {
	var hits []hit
	for _, e := range t.ends() {
		if e.off() {
			continue
		}
		for _, a := range e.Router.addrs {
			inside := a.iface == e.Name || e.Bridge != nil && a.iface == e.Bridge.Name || e.Bond != nil && a.iface == e.Bond.Get("name")
			if !inside || a.row == nil || !isPublic(a.prefix.Addr()) {
				continue
			}
			hits = append(hits, hit{
				subject: e.String(), routers: []string{e.Router.Name}, say: say("%v on %s", "%v di %s", a.prefix, a.iface),
				evidence: []Evidence{e.Router.fact(MenuAddress, a.row, "address")},
				fix:      []Command{e.Router.run("/ip/address/set [find address=%s] address=<private address>", word(a.prefix.String()))},
			})
		}
	}
	return perhaps(hits)
}

// isPublic reports whether an address is somebody's on the Internet: not
// private (RFC 1918), shared (RFC 6598), for documentation or benchmarks.
func isPublic(a netip.Addr) bool {
	if !a.Is4() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, s := range []string{"100.64.0.0/10", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "0.0.0.0/8"} {
		if netip.MustParsePrefix(s).Contains(a) {
			return false
		}
	}
	return true
}

func checkUndesired(n *Network, t *Tunnel) verdict {
	if n.Topology == nil || t.off() {
		return none()
	}
	if n.desired == nil && len(n.Topology.Segments) > 0 {
		return unclear(say("the topology cannot be expanded; see jembatan validate", "topologi tidak bisa dikembangkan; lihat jembatan validate"))
	}
	for _, e := range t.ends() {
		if e.Mark != "" && n.wanted(e.Mark) != nil {
			return fine()
		}
	}
	var fix []Command
	for _, e := range t.ends() {
		fix = append(fix, e.set("disabled=yes"))
	}
	return bad(hit{say: say("no tunnel of the topology has this mark", "tidak ada terowongan topologi dengan tanda ini"), evidence: t.facts("comment", "remote-address"), fix: fix})
}

// wanted returns the tunnel of the topology that has the mark.
func (n *Network) wanted(mark string) *tunnel.Tunnel {
	for i := range n.desired {
		for j := range n.desired[i].Tunnels {
			if t := &n.desired[i].Tunnels[j]; t.Mark() == mark {
				return t
			}
		}
	}
	return nil
}

func checkDrift(n *Network) verdict {
	if len(n.desired) == 0 {
		return none()
	}
	have := map[string]*End{}
	for _, e := range n.ends {
		if e.Mark != "" {
			have[e.Router.Name+" "+e.Mark] = e
		}
	}
	var hits []hit
	for i := range n.desired {
		for j := range n.desired[i].Tunnels {
			hits = append(hits, n.drift(&n.desired[i].Tunnels[j], have)...)
		}
	}
	return perhaps(hits)
}

// drift compares a tunnel of the topology with its ends.
func (n *Network) drift(want *tunnel.Tunnel, have map[string]*End) []hit {
	var hits []hit
	for i, end := range want.Ends {
		r := n.router(end.Router)
		if r == nil {
			continue // COV-01 tells.
		}
		if _, ok := r.Known(MenuEoIP); !ok {
			continue
		}
		e := have[end.Router+" "+want.Mark()]
		h := hit{subject: end.Router + "/" + end.Interface, routers: []string{end.Router, want.Ends[1-i].Router}}
		if e == nil {
			h.say = say("missing", "tidak ada")
			h.evidence = []Evidence{r.note(MenuEoIP, nil, "comment", say("no tunnel with the mark %s", "tidak ada terowongan bertanda %s", want.Mark()))}
			hits = append(hits, h)
			continue
		}
		h.subject = e.String()
		var fields []string
		for _, c := range wishes(want, &end) {
			if c.fits(e.Row.Get(c.field)) {
				continue
			}
			fields = append(fields, c.field)
			h.evidence = append(h.evidence, e.fact(c.field), r.note(MenuEoIP, e.Row, c.field+" (topology)", say(c.want, c.want)))
			h.fix = append(h.fix, e.set(c.field+"="+c.want))
		}
		if len(fields) > 0 {
			h.say = say("%s", "%s", strings.Join(fields, ", "))
			hits = append(hits, h)
		}
	}
	return hits
}

// A wish is one property as the topology wants it.
type wish struct{ field, want string }

func (w wish) fits(got string) bool {
	switch w.field {
	case "disabled":
		return (got == "true" || got == "yes") == (w.want == "yes")
	case "keepalive":
		gd, gr, _ := strings.Cut(got, ",")
		wd, wr, _ := strings.Cut(w.want, ",")
		a, _ := duration(gd)
		b, _ := duration(wd)
		return a == b && gr == wr
	}
	return strings.EqualFold(got, w.want)
}

func wishes(t *tunnel.Tunnel, end *tunnel.End) []wish {
	out := []wish{
		{"remote-address", end.Remote.String()},
		{"local-address", end.Local.String()},
		{"tunnel-id", strconv.Itoa(int(t.ID))},
		{"mtu", strconv.Itoa(t.MTU)},
		{"disabled", "no"},
	}
	if t.Keepalive.Retries > 0 {
		out = append(out, wish{"keepalive", t.Keepalive.Interval.String() + "," + strconv.Itoa(t.Keepalive.Retries)})
	}
	return out
}
