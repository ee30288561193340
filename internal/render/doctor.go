package render

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"jembatan/internal/doctor"
)

// Doctor writes checks as a table, one router after the other.
func Doctor(w io.Writer, checks []doctor.Check, colour bool) {
	t := newTable(w, "router", "check", "state", "found", "what to do")
	last := ""
	count := map[doctor.State]int{}
	for _, c := range checks {
		name := c.Router
		switch {
		case name == last:
			name = ""
		case last != "":
			t.AppendSeparator()
		}
		last = c.Router
		count[c.State]++
		t.AppendRow(table.Row{name, c.Name, checkState(c.State, colour), c.Found, c.Do})
	}
	t.Render()
	fmt.Fprintf(w, "\n%d checks: %d ok, %d to look at, %d bad, %d unknown\n",
		len(checks), count[doctor.Good], count[doctor.Warn], count[doctor.Bad], count[doctor.Unknown])
}

func checkState(s doctor.State, colour bool) string {
	codes := map[doctor.State]string{doctor.Unknown: yellow, doctor.Good: green, doctor.Warn: yellow, doctor.Bad: red}
	if paint := painter(colour, codes[s]); paint != nil {
		return paint(s.String())
	}
	return s.String()
}
