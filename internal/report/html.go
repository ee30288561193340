package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"jembatan/tunnel/audit"
)

//go:embed page.html.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

// A page is what the template writes.
type page struct {
	*audit.Report

	W        words
	Lang     string
	Style    template.CSS
	Draw     drawing
	Groups   []pageGroup
	Unsure   []undecided
	Tiles    []tile
	Arc      string // dash pattern of the score's ring
	Longest  float64
	ShowPlan []audit.Outage // outages, the broken ones first
	MoreRows int            // outages that hold and were left out
}

// A tile counts one severity.
type tile struct {
	Class, Mark, Name string
	Count             int
}

// A pageGroup is the findings of one rule.
type pageGroup struct {
	First    audit.Finding
	Findings []audit.Finding
	More     []string // subjects of those that are only named
	Count    int
	Class    string
	Mark     string
	ID       string
}

// mark is a severity's sign, which tells without colour.
func mark(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "▲▲"
	case audit.High:
		return "▲"
	case audit.Medium:
		return "◆"
	case audit.Low:
		return "●"
	case audit.Info, audit.SeverityUnknown:
	}
	return "○"
}

// writeHTML writes one page that needs nothing else: no scripts, no fonts, no
// pictures from outside.
func writeHTML(w io.Writer, r *audit.Report, opts Options) error {
	l := wordsOf(opts.Lang)
	p := page{Report: r, W: l, Lang: "en", Style: template.CSS(pageStyle), Draw: draw(r, l), Unsure: l.undecided(r)} //nolint:gosec // Our own file.
	if opts.Lang == audit.Indonesian {
		p.Lang = "id"
	}
	for _, s := range audit.Severities() {
		p.Tiles = append(p.Tiles, tile{s.String(), mark(s), l.severity(s), r.Summary.Of(s)})
	}
	for _, g := range groups(r.Findings) {
		p.Groups = append(p.Groups, newPageGroup(g))
	}
	const radius = 42
	around := 2 * math.Pi * radius
	p.Arc = fmt.Sprintf("%.1f %.1f", around*float64(r.Summary.Score)/100, around)
	p.outages()
	return pageTemplate(l).Execute(w, &p)
}

// mostDetailed is how many findings of one rule a page shows in full; the
// others have only their subjects there, and all is in the other forms.
const mostDetailed = 60

func newPageGroup(all []audit.Finding) pageGroup {
	f := all[0]
	g := pageGroup{
		First: f, Findings: all[:min(len(all), mostDetailed)], Count: len(all),
		Class: f.Severity.String(), Mark: mark(f.Severity), ID: f.Rule + "-" + f.Severity.String(),
	}
	for _, more := range all[len(g.Findings):] {
		g.More = append(g.More, more.Subject)
	}
	return g
}

// outages chooses what the table of recovery times shows.
func (p *page) outages() {
	p.Longest = p.Promise
	const most = 60
	for _, broken := range []bool{true, false} {
		for _, o := range p.Outages {
			if o.Broken != broken {
				continue
			}
			if !broken && len(p.ShowPlan) >= most {
				p.MoreRows++
				continue
			}
			p.ShowPlan = append(p.ShowPlan, o)
			if !o.Never {
				p.Longest = max(p.Longest, o.Worst)
			}
		}
	}
}

// pageTemplate parses the page with its functions.
func pageTemplate(l words) *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"say":    l.say,
		"date":   l.date,
		"secs":   l.secs,
		"clean":  clean,
		"place":  place,
		"blocks": blocks,
		"at":     at,
		"join":   strings.Join,
		"sev":    l.severity,
		"mark":   mark,
		"scope":  l.scope,
		"counts": l.counts,
		"f1":     func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) },
		"half":   func(f float64) string { return strconv.FormatFloat(f/2, 'f', 1, 64) },
		"minus":  func(a, b float64) string { return strconv.FormatFloat(a-b, 'f', 1, 64) },
		"plus":   func(a, b float64) string { return strconv.FormatFloat(a+b, 'f', 1, 64) },
		"percent": func(part, whole float64) string {
			if whole <= 0 {
				return "0"
			}
			return strconv.FormatFloat(math.Min(100, math.Max(0.5, part*100/whole)), 'f', 1, 64)
		},
		"day":    func(w audit.Waiver) string { return w.Until.Format("2006-01-02") },
		"isLive": func(k audit.SourceKind) bool { return k == audit.Live },
	}).Parse(pageSource))
}
