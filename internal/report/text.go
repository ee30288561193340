package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"jembatan/tunnel/audit"
)

// writeText writes the report for a terminal.
func writeText(w io.Writer, r *audit.Report, opts Options) error {
	t := &textWriter{words: wordsOf(opts.Lang), opts: opts, width: 100}
	if opts.Width > 0 {
		t.width = max(opts.Width, 60)
	}
	t.line("%s · %s · %s", t.bold(t.Title), t.date(r.Made), t.scope(r))
	t.line("%s %d/100 (%s) · %s%s", t.Score, r.Summary.Score, r.Summary.Grade, t.counts(r.Summary), t.also(r))
	t.trend(r)
	for _, group := range groups(r.Findings) {
		t.group(group)
	}
	if len(r.Findings) == 0 {
		t.line("\n%s", t.NoFindings)
	}
	t.outages(r)
	t.rest(r)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type textWriter struct {
	words

	opts  Options
	width int
	b     strings.Builder
}

func (t *textWriter) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

// SGR parameters (ECMA-48).
const (
	sgrBold   = "1"
	sgrDim    = "2"
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
	sgrBlue   = "36"
)

func (t *textWriter) paint(code, s string) string {
	if !t.opts.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *textWriter) bold(s string) string { return t.paint(sgrBold, s) }
func (t *textWriter) dim(s string) string  { return t.paint(sgrDim, s) }

// hue is the colour of a severity.
func hue(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "1;" + sgrRed
	case audit.High:
		return sgrRed
	case audit.Medium:
		return sgrYellow
	case audit.Low:
		return sgrBlue
	case audit.Info, audit.SeverityUnknown:
	}
	return sgrDim
}

// also says what stands beside the findings.
func (t *textWriter) also(r *audit.Report) string {
	var b strings.Builder
	if n := len(r.Accepted); n > 0 {
		fmt.Fprintf(&b, " · %s: %d", strings.ToLower(t.Accepted), n)
	}
	if n := len(r.Unknown); n > 0 {
		fmt.Fprintf(&b, " · %s: %d", strings.ToLower(t.Undecided), n)
	}
	return b.String()
}

func (t *textWriter) trend(r *audit.Report) {
	if r.Trend == nil {
		return
	}
	t.line("%s (%s, %s %d): %d %s, %d %s, %d %s, %d %s", t.Trend, t.date(r.Trend.Made), strings.ToLower(t.Score), r.Trend.Score,
		len(r.Trend.New), t.New, len(r.Trend.Gone), t.Gone, len(r.Trend.Changed), t.Changed, r.Trend.Unchanged, t.Unchanged)
	for _, c := range r.Trend.Gone {
		t.line("  - %s %s %s", t.Gone, c.Rule, clean(c.Subject))
	}
}

// group writes the findings of one rule: what and why once, then each place.
func (t *textWriter) group(group []audit.Finding) {
	first := group[0]
	t.line("\n%s  %s  %s", t.paint(hue(first.Severity), strings.ToUpper(t.severity(first.Severity))), t.bold(first.Rule), t.bold(t.say(first.Title)))
	t.wrapped("  ", t.say(first.Why), true)
	for _, f := range group {
		mark := ""
		if f.New {
			mark = " [" + t.New + "]"
		}
		if f.Waiver != nil {
			mark += " [" + t.Expired + ", " + f.Waiver.Until.Format("2006-01-02") + "]"
		}
		t.wrapped("  • ", clean(f.Subject)+": "+clean(t.say(f.Say))+mark, false)
		for _, side := range sides(f.Evidence) {
			for _, e := range side {
				t.evidence(e)
			}
		}
		for _, c := range f.Fix {
			t.line("      %s %s", t.dim("→ "+clean(c.Router)+":"), clean(c.Line))
		}
	}
}

func (t *textWriter) evidence(e audit.Evidence) {
	what := strings.TrimSpace(clean(e.Menu) + " " + clean(e.Item))
	where := place(e)
	if where != "" {
		where = "  " + t.dim(clean(where))
	}
	t.line("      %s  %s  %s=%s%s", clean(e.Router), what, e.Field, clean(t.say(e.Value)), where)
}

// wrapped writes a paragraph behind a lead, wrapped at the width.
func (t *textWriter) wrapped(lead, s string, dim bool) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	line := ""
	flush := func() {
		if dim {
			line = t.dim(line)
		}
		t.line("%s%s", lead, line)
		lead, line = indent, ""
	}
	for word := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(lead)+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > t.width {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	flush()
}

// mostRows is how many rows of a table of the text form are printed; the other
// forms have them all.
const mostRows = 40

// outages writes the sums of the recovery times, the broken ones first.
func (t *textWriter) outages(r *audit.Report) {
	if len(r.Outages) == 0 {
		return
	}
	t.line("\n%s (%s: %s)", t.bold(t.Outages), strings.ToLower(t.Promise), t.secs(r.Promise, false))
	n := 0
	for _, broken := range []bool{true, false} {
		for _, o := range r.Outages {
			if o.Broken != broken {
				continue
			}
			if n++; n <= mostRows {
				t.outage(&o)
			}
		}
	}
	t.more(n)
}

// outage writes one sum with its terms.
func (t *textWriter) outage(o *audit.Outage) {
	state := t.paint(sgrGreen, "✓")
	if o.Broken {
		state = t.paint(sgrRed, "✗")
	}
	t.line("  %s %-7s %s: %s %s, %s %s", state, o.Kind, clean(o.Subject), t.Typical, t.secs(o.Typical, o.Never), t.Worst, t.secs(o.Worst, o.Never))
	if len(o.Terms) > 1 || o.Broken {
		for _, term := range o.Terms {
			t.line("      %s %s  (%s)", t.secs(term.Worst, term.Never), t.say(term.Name), clean(term.Setting))
		}
	}
	if o.Broken {
		t.line("      %s: %s", t.Blame, clean(t.say(o.Blame)))
	}
}

func (t *textWriter) more(n int) {
	if n > mostRows {
		t.line("  … +%d (-o json, html)", n-mostRows)
	}
}

// rest writes what is not a finding: sources, undecided checks, waivers.
func (t *textWriter) rest(r *audit.Report) {
	t.sources(r)
	if len(r.Unknown) > 0 {
		t.line("\n%s", t.bold(t.Undecided))
		for _, u := range t.undecided(r) {
			t.wrapped("  ? ", strings.Join(u.Rules, ", ")+": "+clean(u.Why)+" ("+clean(strings.Join(u.Subjects, ", "))+")", false)
		}
	}
	if len(r.Skipped) > 0 {
		var ids []string
		for _, s := range r.Skipped {
			ids = append(ids, s.Rule)
		}
		t.line("\n%s: %s", t.bold(t.Skipped), strings.Join(ids, ", "))
	}
	if len(r.Waivers) > 0 {
		t.line("\n%s", t.bold(t.Waiver))
		for _, w := range r.Waivers {
			t.line("  %s %s: %s, %s, %s %s, %d", w.Rule, clean(w.Scope), w.State, clean(w.Who), t.Until, w.Until.Format("2006-01-02"), w.Findings)
		}
	}
}

// sources writes what could not be read, and what was strange about the rest.
func (t *textWriter) sources(r *audit.Report) {
	if len(r.Unread) > 0 {
		t.line("\n%s", t.bold(t.Unread))
		for _, u := range r.Unread {
			t.line("  ! %s: %s", clean(at(u.Where, u.Line)), clean(u.Reason))
		}
	}
	if len(r.Doubts) == 0 {
		return
	}
	t.line("\n%s", t.bold(t.Doubts))
	for i, d := range r.Doubts {
		if i < mostRows {
			t.line("  ~ %s: %s", clean(at(d.File, d.Line)), clean(t.say(d.Say)))
		}
	}
	t.more(len(r.Doubts))
}
