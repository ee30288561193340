package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/tunnel/audit"
)

// words are the fixed texts of reports.
type words struct {
	lang audit.Lang

	Title, Score, Grade, Summary, Routers, Tunnels, Findings, Accepted, Unread, Doubts, Outages, Undecided, Skipped,
	Trend, New, Gone, Changed, Unchanged, Fix, FixReview, Why, Evidence, Reference, Control, Typical, Worst, Never, Promise,
	Waiver, Expired, Name, Version, Model, Source, Read, State, Made, Tool, Subject, Severity, Rule, Reason, Who, Until,
	Topology, Legend, Broken, Holds, Other, Field, Value, Where, Router, File, Line, Blame, Term, Setting, NoFindings,
	Checks, Scope, Site, Advice, Date, NotRead, Baseline, Contents, LegendFine, LegendCross, LegendOff, LegendDashed, LegendLeft, OutageAbout string
}

func wordsOf(l audit.Lang) words {
	if l == audit.Indonesian {
		return words{
			lang: l, Title: "Laporan audit terowongan", Score: "Nilai", Grade: "Predikat", Summary: "Ringkasan", Routers: "Router", Tunnels: "Terowongan",
			Findings: "Temuan", Accepted: "Risiko yang diterima", Unread: "Tidak terbaca", Doubts: "Catatan tentang sumber", Outages: "Waktu pulih",
			Undecided: "Tidak dapat diputuskan", Skipped: "Perlu router langsung", Trend: "Dibanding audit sebelumnya", New: "baru", Gone: "hilang",
			Changed: "berubah", Unchanged: "tetap", Fix: "Perbaikan", FixReview: "Perbaikan, untuk ditinjau sebelum dijalankan", Why: "Mengapa penting", Evidence: "Bukti",
			Reference: "Rujukan", Control: "Kontrol ISO/IEC 27001", Typical: "biasanya", Worst: "paling lama", Never: "tidak pernah", Promise: "Yang dijanjikan",
			Waiver: "Pengecualian", Expired: "pengecualian sudah lewat", Name: "Nama", Version: "Versi", Model: "Model", Source: "Sumber", Read: "Dibaca",
			State: "Keadaan", Made: "Dibuat", Tool: "Alat", Subject: "Perihal", Severity: "Tingkat", Rule: "Aturan", Reason: "Alasan", Who: "Penanggung jawab",
			Until: "Sampai", Topology: "Topologi", Legend: "Keterangan", Broken: "melanggar", Holds: "terpenuhi", Other: "lain", Field: "Properti", Value: "Nilai",
			Where: "Di mana", Router: "Router", File: "Berkas", Line: "Baris", Blame: "Ubah", Term: "Suku", Setting: "Pengaturan",
			NoFindings: "Tidak ada temuan.", Checks: "pemeriksaan", Scope: "Lingkup", Site: "Situs", Advice: "Saran", Date: "Tanggal", NotRead: "tidak terbaca",
			Baseline: "Audit sebelumnya", Contents: "Isi",
			LegendFine: "baik (garis: pasangan, keaktifan, MTU, lapis 2; kotak: semua temuan)", LegendCross: "putus, tidak cocok, atau satu sisi", LegendOff: "dimatikan", LegendDashed: "tidak terbaca atau tidak dikenal", LegendLeft: "bagian yang tidak digambar",
			OutageAbout: "Berapa lama tiap terowongan, bond, grup, dan layanan mati bila jalur atau router gagal, dari pengaturannya. Garis tegak adalah janji.",
		}
	}
	return words{
		lang: l, Title: "Tunnel audit report", Score: "Score", Grade: "Grade", Summary: "Summary", Routers: "Routers", Tunnels: "Tunnels",
		Findings: "Findings", Accepted: "Accepted risks", Unread: "Not read", Doubts: "Notes on the sources", Outages: "Recovery time",
		Undecided: "Could not be decided", Skipped: "Need a live router", Trend: "Against the last audit", New: "new", Gone: "gone",
		Changed: "changed", Unchanged: "unchanged", Fix: "Fix", FixReview: "Fix, to be reviewed before it is run", Why: "Why it matters", Evidence: "Evidence",
		Reference: "Reference", Control: "ISO/IEC 27001 control", Typical: "typical", Worst: "worst", Never: "never", Promise: "Promised",
		Waiver: "Waiver", Expired: "its waiver has expired", Name: "Name", Version: "Version", Model: "Model", Source: "Source", Read: "Read",
		State: "State", Made: "Made", Tool: "Tool", Subject: "Subject", Severity: "Severity", Rule: "Rule", Reason: "Reason", Who: "Who",
		Until: "Until", Topology: "Topology", Legend: "Legend", Broken: "broken", Holds: "holds", Other: "other", Field: "Property", Value: "Value",
		Where: "Where", Router: "Router", File: "File", Line: "Line", Blame: "Change", Term: "Term", Setting: "Setting",
		NoFindings: "No findings.", Checks: "checks", Scope: "Scope", Site: "Site", Advice: "Advice", Date: "Date", NotRead: "not read",
		Baseline: "Last audit", Contents: "Contents",
		LegendFine: "fine (lines: pairing, liveness, MTU, layer 2; boxes: all findings)", LegendCross: "down, mismatched or one-sided", LegendOff: "disabled", LegendDashed: "not read, or not known", LegendLeft: "parts not drawn",
		OutageAbout: "How long every tunnel, bond, group and service is out when a path or a router fails, by its settings. The upright line is the promise.",
	}
}

// say picks the language of a text.
func (w words) say(t audit.Text) string { return t.In(w.lang) }

// severity is a severity's word.
func (w words) severity(s audit.Severity) string { return w.say(s.Text()) }

// scope is the first line: how many of what.
func (w words) scope(r *audit.Report) string {
	live := 0
	for _, x := range r.Routers {
		if x.Source.Kind == audit.Live {
			live++
		}
	}
	if w.lang == audit.Indonesian {
		return fmt.Sprintf("%d router (%d langsung, %d ekspor), %d tidak terbaca, %d terowongan, %d pemeriksaan",
			len(r.Routers), live, len(r.Routers)-live, len(r.Unread), len(r.Tunnels), r.Summary.Checks)
	}
	return fmt.Sprintf("%s (%d live, %s), %d not read, %s, %s",
		plural(len(r.Routers), "router"), live, plural(len(r.Routers)-live, "export"), len(r.Unread), plural(len(r.Tunnels), "tunnel"), plural(r.Summary.Checks, "check"))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// counts is "1 critical, 4 high, …".
func (w words) counts(s audit.Summary) string {
	var parts []string
	for _, v := range audit.Severities() {
		if n := s.Of(v); n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+w.severity(v))
		}
	}
	if len(parts) == 0 {
		return w.NoFindings
	}
	return strings.Join(parts, ", ")
}

// secs is a number of seconds for people.
func (w words) secs(s float64, never bool) string {
	if never {
		return w.Never
	}
	unit := "s"
	if w.lang == audit.Indonesian {
		unit = "d"
	}
	return strconv.FormatFloat(s, 'f', -1, 64) + " " + unit
}

// date is a day and a time, UTC.
func (w words) date(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// place is where evidence stands: file and line, or the live router.
func place(e audit.Evidence) string {
	if e.File == "" {
		return ""
	}
	if e.Line == 0 {
		return e.File
	}
	return e.File + ":" + strconv.Itoa(e.Line)
}

// sides groups evidence by router, in the order in which routers come up: the
// two ends of a tunnel side by side.
func sides(all []audit.Evidence) [][]audit.Evidence {
	var out [][]audit.Evidence
	at := map[string]int{}
	for _, e := range all {
		i, ok := at[e.Router]
		if !ok {
			i = len(out)
			at[e.Router] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// blocks are sides in which facts of one row stand together.
func blocks(all []audit.Evidence) [][][]audit.Evidence {
	var out [][][]audit.Evidence
	for _, side := range sides(all) {
		var rows [][]audit.Evidence
		for i, e := range side {
			if i > 0 && side[i-1].Menu == e.Menu && side[i-1].Item == e.Item && side[i-1].Line == e.Line {
				rows[len(rows)-1] = append(rows[len(rows)-1], e)
				continue
			}
			rows = append(rows, []audit.Evidence{e})
		}
		out = append(out, rows)
	}
	return out
}

// groups puts findings of one rule and severity together, in their order.
func groups(all []audit.Finding) [][]audit.Finding {
	var out [][]audit.Finding
	for i, f := range all {
		if i > 0 && all[i-1].Rule == f.Rule && all[i-1].Severity == f.Severity {
			out[len(out)-1] = append(out[len(out)-1], f)
			continue
		}
		out = append(out, []audit.Finding{f})
	}
	return out
}

// An undecided is a reason for which checks could not be decided.
type undecided struct {
	Why             string
	Rules, Subjects []string
}

// undecided groups the checks that could not be decided by their reason.
func (w words) undecided(r *audit.Report) []undecided {
	var out []undecided
	at := map[string]int{}
	for _, u := range r.Unknown {
		why := w.say(u.Why)
		i, ok := at[why]
		if !ok {
			i = len(out)
			at[why] = i
			out = append(out, undecided{Why: why})
		}
		g := &out[i]
		if !slices.Contains(g.Rules, u.Rule) {
			g.Rules = append(g.Rules, u.Rule)
		}
		if len(g.Subjects) < mostRows && !slices.Contains(g.Subjects, u.Subject) {
			g.Subjects = append(g.Subjects, u.Subject)
		}
	}
	return out
}

// clean keeps control characters of other people's texts off terminals and
// tables.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
