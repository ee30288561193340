package report

import (
	"fmt"
	"io"
	"strings"

	"jembatan/tunnel/audit"
)

// writeMarkdown writes the report as GitHub-flavoured Markdown.
func writeMarkdown(w io.Writer, r *audit.Report, opts Options) error {
	m := &markdown{words: wordsOf(opts.Lang)}
	m.line("# %s\n", m.Title)
	m.line("%s: %s · %s · %s\n", m.Made, m.date(r.Made), md(r.Tool), m.scope(r))
	m.line("**%s %d/100 (%s)** — %s\n", m.Score, r.Summary.Score, r.Summary.Grade, m.counts(r.Summary))
	if t := r.Trend; t != nil {
		m.line("%s (%s, %d): %d %s, %d %s, %d %s, %d %s\n", m.Trend, m.date(t.Made), t.Score,
			len(t.New), m.New, len(t.Gone), m.Gone, len(t.Changed), m.Changed, t.Unchanged, m.Unchanged)
	}
	m.line("## %s\n", m.Findings)
	if len(r.Findings) == 0 {
		m.line("%s\n", m.NoFindings)
	}
	for _, group := range groups(r.Findings) {
		m.group(group)
	}
	m.outages(r)
	m.sources(r)
	m.accepted(r)
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct {
	words

	b strings.Builder
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// md escapes a text for Markdown outside of code.
func md(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", ">", "&gt;", "`", "\\`", "[", `\[`, "]", `\]`, "#", `\#`).Replace(clean(s))
}

// code is a text in a code span.
func code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(clean(s), "`", "'"), "|", `\|`)
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func (m *markdown) group(group []audit.Finding) {
	first := group[0]
	m.line("### %s · %s · %s\n", strings.ToUpper(m.severity(first.Severity)), first.Rule, md(m.say(first.Title)))
	m.line("%s\n", md(m.say(first.Why)))
	for _, f := range group {
		mark := ""
		if f.New {
			mark = " (" + m.New + ")"
		}
		if f.Waiver != nil {
			mark += " (" + m.Expired + ", " + f.Waiver.Until.Format("2006-01-02") + ")"
		}
		m.line("**%s**: %s%s\n", md(f.Subject), md(m.say(f.Say)), mark)
		if len(f.Evidence) > 0 {
			m.line("| %s | %s | %s | %s |\n| --- | --- | --- | --- |", m.Router, m.Where, m.Field, m.Value)
			for _, e := range f.Evidence {
				where := strings.TrimSpace(e.Menu + " " + e.Item)
				if p := place(e); p != "" {
					where += " (" + p + ")"
				}
				m.line("| %s | %s | %s | %s |", md(e.Router), md(where), md(e.Field), md(m.say(e.Value)))
			}
			m.line("")
		}
		if len(f.Fix) > 0 {
			m.line("%s:\n\n```", m.FixReview)
			for _, c := range f.Fix {
				m.line("# %s\n%s", clean(c.Router), strings.ReplaceAll(clean(c.Line), "```", "'''"))
			}
			m.line("```\n")
		}
	}
	if first.Ref != "" {
		m.line("%s: %s. %s: %s\n", m.Reference, md(first.Ref), m.Control, md(first.Control))
	}
}

func (m *markdown) outages(r *audit.Report) {
	if len(r.Outages) == 0 {
		return
	}
	m.line("## %s\n\n%s: %s\n", m.Outages, m.Promise, m.secs(r.Promise, false))
	m.line("| | %s | %s | %s | %s |\n| --- | --- | --- | --- | --- |", m.Subject, m.Typical, m.Worst, m.Blame)
	for _, o := range r.Outages {
		state := m.Holds
		if o.Broken {
			state = "**" + m.Broken + "**"
		}
		m.line("| %s | %s %s | %s | %s | %s |", state, o.Kind, md(o.Subject), m.secs(o.Typical, o.Never), m.secs(o.Worst, o.Never), md(m.say(o.Blame)))
	}
	m.line("")
}

func (m *markdown) sources(r *audit.Report) {
	m.line("## %s\n\n| %s | %s | %s | %s | %s |\n| --- | --- | --- | --- | --- |", m.Routers, m.Name, m.Version, m.Model, m.Source, m.Date)
	for _, x := range r.Routers {
		m.line("| %s | %s | %s | %s %s | %s |", md(x.Name), md(x.Version), md(x.Model), x.Source.Kind, code(x.Source.Where), m.date(x.Source.Time))
	}
	m.line("")
	if len(r.Unread) > 0 {
		m.line("### %s\n", m.Unread)
		for _, u := range r.Unread {
			m.line("- %s: %s", code(at(u.Where, u.Line)), md(u.Reason))
		}
		m.line("")
	}
	if len(r.Doubts) > 0 {
		m.line("### %s\n", m.Doubts)
		for _, d := range r.Doubts {
			m.line("- %s: %s", code(at(d.File, d.Line)), md(m.say(d.Say)))
		}
		m.line("")
	}
	if len(r.Unknown) > 0 {
		m.line("### %s\n", m.Undecided)
		for _, u := range m.undecided(r) {
			m.line("- %s: %s (%s)", strings.Join(u.Rules, ", "), md(u.Why), md(strings.Join(u.Subjects, ", ")))
		}
		m.line("")
	}
}

func (m *markdown) accepted(r *audit.Report) {
	if len(r.Waivers) == 0 {
		return
	}
	m.line("## %s\n\n| %s | %s | %s | %s | %s | %s |\n| --- | --- | --- | --- | --- | --- |", m.Accepted, m.Rule, m.Scope, m.Reason, m.Who, m.Until, m.State)
	for _, w := range r.Waivers {
		m.line("| %s | %s | %s | %s | %s | %s (%d) |", md(w.Rule), md(w.Scope), md(w.Reason), md(w.Who), w.Until.Format("2006-01-02"), w.State, w.Findings)
	}
	m.line("")
}

// at is a place in a file.
func at(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
