package drill

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// writeText writes the report for a terminal.
func writeText(w io.Writer, r *Report) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "drill %s of %s: %s\n", r.ID, r.Service, r.Verdict)
	fmt.Fprintf(b, "%s, %s to %s and back, %s to %s UTC", r.Level, r.From, r.To, r.Began.UTC().Format("2006-01-02 15:04:05"), r.Ended.UTC().Format("15:04:05"))
	if r.By != "" {
		fmt.Fprintf(b, ", by %s", r.By)
	}
	fmt.Fprintf(b, "; left at %s\n\n", or(r.Left, "?"))
	textMeasured(b, r)
	textLegs(b, r)
	textClients(b, r)
	textData(b, r)
	textFindings(b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func textMeasured(b *strings.Builder, r *Report) {
	lost := "not proven"
	switch {
	case r.Measured.Lost != nil:
		lost = fmt.Sprintf("%d transactions lost", *r.Measured.Lost)
	case !r.Before.Made():
		lost = "no database"
	}
	fmt.Fprintf(b, "RTO  promised %s, measured %s\nRPO  promised %s, measured: %s\n", short(r.Objective.RTO), dash(r.Measured.RTO), short(r.Objective.RPO), lost)
	if r.Trend.P50 != nil && len(r.Trend.Past) > 0 {
		fmt.Fprintf(b, "with the %d drills before: P50 %s, P95 %s\n", len(r.Trend.Past), dash(r.Trend.P50), dash(r.Trend.P95))
	}
}

func textLegs(b *strings.Builder, r *Report) {
	if len(r.Legs) == 0 {
		return
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(b)
	head := []string{"move"}
	for _, p := range (&Parts{}).List() {
		head = append(head, p.Name)
	}
	fmt.Fprintln(t, strings.Join(append(head, "total", ""), "\t"))
	for i := range r.Legs {
		m := &r.Legs[i].Move
		row := []string{"to " + m.To}
		for _, p := range m.Parts.List()[:len(head)-1] {
			row = append(row, dash(p.Took))
		}
		fmt.Fprintln(t, strings.Join(append(row, short(m.Parts.Total), endWord(m)), "\t"))
	}
	_ = t.Flush() // Into memory.
}

// endWord says how a move ended, if not as it should.
func endWord(m *Move) string {
	switch m.End {
	case Done:
		return ""
	case Undone, UndoFailed:
		return string(m.End) + ": " + string(m.Why)
	case EndUnknown:
	}
	return "not ended"
}

func textClients(b *strings.Builder, r *Report) {
	fmt.Fprintf(b, "\nclients (the controller's own requests, every %v, given up after %v)\n", r.Client.Every, r.Client.Timeout)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "move\trouter\taddress\tsent\tfailed\tno answer\toutage\tlongest gap")
	for i := range r.Legs {
		for _, p := range r.Legs[i].Paths {
			out := short(p.Longest)
			if !p.Recovered() {
				out += " and not ended"
			}
			fmt.Fprintf(t, "to %s\t%s\t%s %s\t%d\t%d\t%d\t%s\t%s\n", r.Legs[i].Move.To, p.Router, p.How, p.Address, p.Sent, p.Failed, p.Lost, out, short(p.Gap))
		}
	}
	_ = t.Flush() // Into memory.
}

func textData(b *strings.Builder, r *Report) {
	if !r.Before.Made() {
		return
	}
	fmt.Fprintln(b, "\ndata")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "when\tservers\ttransactions\ttables")
	for _, c := range r.checks() {
		fmt.Fprintf(t, "%s\t%s, %s\t%s\t%s\n", wordbook{}.say(c.When), c.Active, c.Standby, transactionsText(c.GTID), tablesText(c.Tables))
	}
	_ = t.Flush() // Into memory.
}

// A namedCheck is a check and the key of when it was made.
type namedCheck struct {
	*DataCheck

	When string
}

// checks returns those that were made, in order.
func (r *Report) checks() []namedCheck {
	all := []namedCheck{{&r.Before, "before-there"}}
	for i, when := range [][2]string{{"", "after-there"}, {"before-back", "after-back"}} {
		if i < len(r.Legs) {
			all = append(all, namedCheck{&r.Legs[i].Before, when[0]}, namedCheck{&r.Legs[i].After, when[1]})
		}
	}
	var out []namedCheck
	for _, c := range all {
		if c.Made() {
			out = append(out, c)
		}
	}
	return out
}

func transactionsText(c GTIDCheck) string {
	switch c.State {
	case Equal:
		return "equal"
	case Differs:
		return fmt.Sprintf("missing %d, surplus %d", c.Missing, c.Surplus)
	case NotCompared:
	}
	return "not compared: " + c.Why
}

func tablesText(c TableCheck) string {
	switch c.State {
	case Equal:
		return fmt.Sprintf("%d equal", c.Equal)
	case Differs:
		return fmt.Sprintf("%d DIFFERENT, %d equal, %d not compared", c.Differ, c.Equal, c.Skipped)
	case NotCompared:
	}
	if c.Equal > 0 {
		return fmt.Sprintf("%d equal, %d not compared: %s", c.Equal, c.Skipped, c.Why)
	}
	return "not compared: " + c.Why
}

func textFindings(b *strings.Builder, r *Report) {
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprintln(b, "\nfindings")
	for _, f := range r.Findings {
		mark := "condition"
		if f.Fails {
			mark = "FAILS"
		}
		fmt.Fprintf(b, "  %-9s  %s: %s\n", mark, f.Code, f.About)
		if f.Advice != "" {
			fmt.Fprintf(b, "             %s\n", f.Advice)
		}
	}
}
