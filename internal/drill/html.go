package drill

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"jembatan/tunnel/audit"
)

//go:embed page.html.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

// A page is what the template writes.
type page struct {
	*Report

	Lang  string
	Style template.CSS
	Class string // of the verdict
	RTO   meter
	Legs  []pageLeg // hides the report's
	Named []namedCheck
	Lost  int // requests, in both legs
	Sent  int
	Trend []pageTrend // hides the report's
}

// A meter shows a measured time against a promised one.
type meter struct {
	Known    bool
	Over     bool
	At, Mark float64 // percent of its width
}

// A pageTrend is one drill of the history as a bar.
type pageTrend struct {
	Past

	Class string
	Width float64 // percent
	This  bool
}

// writeHTML writes one page that needs nothing else: no scripts, no fonts, no
// pictures from outside.
func writeHTML(w io.Writer, r *Report, lang audit.Lang) error {
	p := page{Report: r, Lang: "en", Style: template.CSS(pageStyle), Class: classOf(r.Verdict), Named: r.checks()} //nolint:gosec // Our own file.
	if lang == audit.Indonesian {
		p.Lang = "id"
	}
	if rto := r.Measured.RTO; rto != nil {
		widest := max(*rto, r.Objective.RTO)
		p.RTO = meter{true, *rto > r.Objective.RTO, share(*rto, widest), share(r.Objective.RTO, widest)}
	}
	for i := range r.Legs {
		p.Legs = append(p.Legs, newPageLeg(&r.Legs[i], i))
		for _, path := range r.Legs[i].Paths {
			p.Lost, p.Sent = p.Lost+path.Failed, p.Sent+path.Sent
		}
	}
	p.trend()
	return pageTemplate(wordbook{lang}).Execute(w, &p)
}

func (p *page) trend() {
	all := make([]pageTrend, 0, len(p.Report.Trend.Past)+1)
	for _, past := range p.Report.Trend.Past {
		all = append(all, pageTrend{Past: past, Class: classOf(past.Verdict)})
	}
	all = append(all, pageTrend{Past: PastOf(p.Report), Class: p.Class, This: true})
	longest := time.Duration(1)
	for _, t := range all {
		if t.RTO != nil {
			longest = max(longest, *t.RTO)
		}
	}
	for i := range all {
		if all[i].RTO != nil {
			all[i].Width = share(*all[i].RTO, longest)
		}
	}
	p.Trend = all
}

func classOf(v Verdict) string {
	switch v {
	case Pass:
		return "pass"
	case Conditions:
		return "cond"
	case Fail:
		return "fail"
	case VerdictUnknown:
	}
	return "none"
}

// share is a part of a whole in percent.
func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return min(100, max(0, float64(part)*100/float64(whole)))
}

// pageTemplate parses the page with its functions.
func pageTemplate(l wordbook) *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"say":   l.say,
		"means": l.means,
		"sayf":  func(key string, args ...any) string { return fmt.Sprintf(l.say(key), args...) },
		"short": short,
		"dash":  func(d *time.Duration) string { return strings.Replace(dash(d), "-", "–", 1) },
		"pc":    func(f float64) string { return fmt.Sprintf("%.2f", f) },
		"date":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
		"day":   func(t time.Time) string { return t.UTC().Format("2006-01-02") },
		"hash":  func(h string) string { return h[:min(12, len(h))] },
		"entry": entryText,
	}).Parse(pageSource))
}
