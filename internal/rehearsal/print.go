//go:build linux

package rehearsal

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Form is how a matrix is written.
type Form string

// Forms.
const (
	Text     Form = "text"
	Markdown Form = "markdown"
	JSON     Form = "json"
)

// Print writes rows as a table: a line each, and below it what was broken.
func Print(w io.Writer, rows []Row, form Form) error {
	switch form {
	case JSON:
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	case Markdown:
		return printMarkdown(w, rows)
	case Text:
		return printText(w, rows)
	}
	return fmt.Errorf("rehearsal: no form %q", form)
}

// columns are the heads of a table.
func columns() []string {
	return []string{
		"scenario", "variant", "runs", "pages: gap p50 / p95 / max", "rows: gap p50 / p95 / max", "parts (p50)", "pages lost", "rows lost",
		"false switches", "two writable", "own segment", "machine busy", "ends at",
	}
}

// cells are a row's words.
func cells(r Row) []string {
	return []string{
		r.Scenario, r.Variant, fmt.Sprint(r.Runs), gapWords(r.Pages), gapWords(r.Rows), partWords(r.Parts), fmt.Sprint(r.LostPages),
		fmt.Sprintf("%d of %d", r.LostRows, r.Acked), fmt.Sprint(r.False), fmt.Sprint(r.Two), shortTime(r.Own), fmt.Sprintf("%.0f %%", 100*r.Busy), strings.Join(r.Ends, "; "),
	}
}

func gapWords(s Spread) string {
	if s == (Spread{}) {
		return "–"
	}
	return fmt.Sprintf("%s / %s / %s", shortTime(s.P50), shortTime(s.P95), shortTime(s.Max))
}

// partWords are the parts of a move, joined.
func partWords(parts []PartTime) string {
	var out []string
	for _, p := range parts {
		out = append(out, p.Name+" "+shortTime(p.P50))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

// shortTime writes a time as people read it: 431 ms, 2.41 s.
func shortTime(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// printMarkdown writes a table for each switch and profile.
func printMarkdown(w io.Writer, rows []Row) error {
	var b strings.Builder
	var groups []string
	for _, r := range rows {
		groups = addNew(groups, groupOf(r))
	}
	for i, g := range groups {
		if len(groups) > 1 {
			b.WriteString(strings.Repeat("\n", min(i, 1)) + "### " + g + "\n\n")
		}
		b.WriteString("| " + strings.Join(columns(), " | ") + " |\n" + strings.Repeat("|---", len(columns())) + "|\n")
		for _, r := range rows {
			if groupOf(r) == g {
				b.WriteString("| " + strings.Join(cells(r), " | ") + " |\n")
			}
		}
	}
	notes := notesOf(rows)
	if len(notes) > 0 {
		b.WriteString("\n- " + strings.Join(notes, "\n- ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// groupOf names the switch and the profile of a row, and MySQL.
func groupOf(r Row) string {
	words := strings.Fields(r.Variant)
	group := strings.Join(words[:min(2, len(words))], ", profile ")
	if slices.Contains(words, "mysql") {
		group += ", MySQL"
	}
	return group
}

func printText(w io.Writer, rows []Row) error {
	table := [][]string{columns()}
	for _, r := range rows {
		table = append(table, cells(r))
	}
	width := make([]int, len(columns()))
	for _, line := range table {
		for i, c := range line {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, line := range table {
		for i, c := range line {
			b.WriteString(c + strings.Repeat(" ", width[i]-len([]rune(c))+2))
		}
		b.WriteString("\n")
	}
	for _, n := range notesOf(rows) {
		b.WriteString(n + "\n")
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// notesOf are what does not fit into a table: rivals, and what was broken.
func notesOf(rows []Row) []string {
	var out []string
	for _, r := range rows {
		var names []string
		for name := range r.Rivals {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			out = append(out, fmt.Sprintf("%s beside %s: no page for %s", name, r.Scenario, gapWords(r.Rivals[name])))
		}
	}
	for _, r := range rows {
		if r.Open > 0 {
			out = append(out, fmt.Sprintf("%s: %d times clients of one kind were not served again", r.Scenario, r.Open))
		}
		for _, b := range r.Broken {
			out = append(out, fmt.Sprintf("BROKEN %s: %s", r.Scenario, b))
		}
	}
	return out
}
