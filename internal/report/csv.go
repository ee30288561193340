package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"jembatan/tunnel/audit"
)

// writeCSV writes one line a finding, accepted ones included.
func writeCSV(w io.Writer, r *audit.Report, opts Options) error {
	l := wordsOf(opts.Lang)
	c := csv.NewWriter(w)
	rows := [][]string{{
		"rule", "severity", "state", "subject", "routers", "title", "finding", "evidence", "fix", "why", "reference", "control", "waiver_who", "waiver_until",
	}}
	for _, part := range []struct {
		state string
		all   []audit.Finding
	}{{"open", r.Findings}, {"accepted", r.Accepted}} {
		for _, f := range part.all {
			state := part.state
			if f.New {
				state = "new"
			}
			row := []string{
				f.Rule, f.Severity.String(), state, f.Subject, strings.Join(f.Routers, " "), l.say(f.Title), l.say(f.Say),
				evidenceText(l, f.Evidence), fixText(f.Fix), l.say(f.Why), f.Ref, f.Control, "", "",
			}
			if f.Waiver != nil {
				row[12], row[13] = f.Waiver.Who, f.Waiver.Until.Format("2006-01-02")
			}
			rows = append(rows, row)
		}
	}
	for _, u := range r.Unread {
		if r.Findings == nil {
			rows = append(rows, []string{"COV-01", "high", "open", u.Name, u.Name, l.Unread, u.Reason, u.Where, "", "", "", "", "", ""})
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// cell makes a text safe for spreadsheets, which run what begins like a
// formula.
func cell(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
		return "'" + s
	}
	return s
}

func evidenceText(l words, all []audit.Evidence) string {
	parts := make([]string, len(all))
	for i, e := range all {
		parts[i] = strings.TrimSpace(e.Router + " " + e.Menu + " " + e.Item + " " + e.Field + "=" + l.say(e.Value))
		if e.Line > 0 {
			parts[i] += " (" + e.File + ":" + strconv.Itoa(e.Line) + ")"
		}
	}
	return strings.Join(parts, "; ")
}

func fixText(all []audit.Command) string {
	parts := make([]string, len(all))
	for i, c := range all {
		parts[i] = c.Router + ": " + c.Line
	}
	return strings.Join(parts, "; ")
}
