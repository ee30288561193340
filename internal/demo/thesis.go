package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/internal/drill"
)

// thesis prints the table of all that was measured.
func (d *demo) thesis(all []*outcome) error {
	d.chapter("What that came to, all of it measured just now")
	d.say("%s", table(thesisRows(all)))
	if all[0].databases {
		d.say("At no moment did two servers take writes: a checker tried each of them all the time,\n" +
			"from the segment, from every site and as users do. Every acknowledged write is on all\n" +
			"three databases, compared row by row.")
	} else {
		d.say("No MariaDB is installed here, so the servers had web pages only and the rows about\n" +
			"writes are missing. make demo, as root, installs it.")
	}
	d.say("Pings are not counted: users ping the routers' own addresses, which answer all along.")
	return nil
}

// thesisRows are the rows of the table, its head first: a column for each move.
func thesisRows(all []*outcome) [][]string {
	head := []string{""}
	var legs []*leg
	for _, o := range all {
		head = append(head, o.way.name+": failover", o.way.name+": failback")
		legs = append(legs, &o.legs[0], &o.legs[1])
	}
	rows := [][]string{head}
	row := func(name string, cell func(*leg) string) {
		line := []string{name}
		for _, l := range legs {
			line = append(line, cell(l))
		}
		rows = append(rows, line)
	}
	for _, name := range partNames(legs) {
		row(name, func(l *leg) string { return partOf(l, name) })
	}
	row("sum of these", func(l *leg) string { return short(l.move.Parts.Total) })
	row("users without a page", func(l *leg) string { return short(l.pages.gap) })
	if all[0].databases {
		row("users without a write", func(l *leg) string { return short(l.rows.gap) })
	}
	row("pages asked for, lost", func(l *leg) string { return fmt.Sprintf("%d, %d", l.pages.sent, l.pages.lost) })
	name := "healthy after its return"
	if all[0].databases {
		row("writes acknowledged, lost", func(l *leg) string { return fmt.Sprintf("%d, %d", len(l.rows.acked), l.rows.missing) })
		name = "in sync after its return"
	}
	last := []string{name}
	for _, o := range all {
		last = append(last, short(o.well), "")
	}
	return append(rows, last)
}

// partNames are the parts that any of the moves had, in their order.
func partNames(legs []*leg) []string {
	var out []string
	for _, p := range new(drill.Parts).List() {
		if slices.ContainsFunc(legs, func(l *leg) bool { return partOf(l, p.Name) != none }) {
			out = append(out, p.Name)
		}
	}
	return out
}

// none stands where a move had no such part.
const none = "–"

func partOf(l *leg, name string) string {
	for _, p := range l.move.Parts.List() {
		if p.Name == name && p.Took != nil {
			return short(*p.Took)
		}
	}
	return none
}

// table writes rows so that they are read as text and as Markdown.
func table(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		b.WriteString("|")
		for i, cell := range row {
			b.WriteString(" " + cell + strings.Repeat(" ", width[i]-len([]rune(cell))) + " |")
		}
		b.WriteString("\n")
		if n == 0 {
			b.WriteString("|")
			for _, w := range width {
				b.WriteString(strings.Repeat("-", w+2) + "|")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// apart is the time between two moments, for people.
func apart(from, to time.Time) string { return short(to.Sub(from)) }
