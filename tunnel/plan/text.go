package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Style paints parts of a plan's text. The zero value paints nothing.
type Style struct {
	Add, Set, Remove, Warn, Dim func(string) string
}

// Text writes a plan for people: units in the order in which they would be done,
// both ends of a link side by side, secrets never shown.
func (p *Plan) Text(style Style) string {
	t := texter{style: style}
	for _, r := range p.Routers {
		if r.Unread != "" {
			t.line("%s", style.paint(style.Warn, "! "+r.Name+": "+r.Unread))
		}
	}
	for i := range p.Units {
		t.unit(&p.Units[i])
	}
	t.notes(p.Notes)
	t.line("%s", p.Summary())
	return t.String()
}

func (s Style) paint(f func(string) string, text string) string {
	if f == nil {
		return text
	}
	return f(text)
}

func (s Style) op(op Op) func(string) string {
	switch op {
	case Add:
		return s.Add
	case Set:
		return s.Set
	case Remove:
		return s.Remove
	case OpUnknown:
	}
	return nil
}

// A texter builds the text of one plan.
type texter struct {
	strings.Builder
	style Style
}

func (t *texter) line(format string, args ...any) {
	fmt.Fprintf(t, format, args...)
	t.WriteByte('\n')
}

// A cell is one line of one end, and the operation that colours it.
type cell struct {
	op   Op
	text string
}

// columnWidth is the width of the left end when two are side by side.
const columnWidth = 52

// unit writes one unit: a heading, then its routers' steps side by side.
func (t *texter) unit(u *Unit) {
	t.line("%s  %s", u.Name, t.style.paint(t.style.Dim, u.Title))
	columns := make([][]cell, len(u.Routers))
	for i, router := range u.Routers {
		columns[i] = cells(u.Steps, router)
	}
	height := 0
	for _, c := range columns {
		height = max(height, len(c))
	}
	if len(columns) > 1 {
		t.line("  %s%s", pad(u.Routers[0], columnWidth), strings.Join(u.Routers[1:], "  "))
	}
	for y := range height {
		var b strings.Builder
		for x, column := range columns {
			var c cell
			if y < len(column) {
				c = column[y]
			}
			s := c.text
			if x < len(columns)-1 {
				s = pad(s, columnWidth)
			}
			b.WriteString(t.style.paint(t.style.op(c.op), s))
		}
		t.line("  %s", strings.TrimRight(b.String(), " "))
	}
	for _, why := range disruptions(u.Steps) {
		t.line("  %s", t.style.paint(t.style.Warn, "! "+why))
	}
	t.line("")
}

// disruptions lists what traffic notices of a unit, each once.
func disruptions(steps []Step) []string {
	var out []string
	for _, s := range steps {
		if why := s.Router + ": " + s.Disruptive; s.Disruptive != "" && !slices.Contains(out, why) {
			out = append(out, why)
		}
	}
	return out
}

// cells renders the steps of one router. Enabling what the unit adds is part of
// adding it and has no lines of its own.
func cells(steps []Step, router string) []cell {
	var out []cell
	for i := range steps {
		s := &steps[i]
		if s.Router != router || s.isEnable() {
			continue
		}
		m := menuOf(s.Menu)
		sign := map[Op]string{Add: "+", Set: "~", Remove: "-"}[s.Op]
		adopted := ""
		if s.Adopt {
			adopted = "  adopted"
		}
		out = append(out, cell{s.Op, fmt.Sprintf("%s %s %s%s", sign, m.title, s.Name, adopted)})
		if s.Op == Remove {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(s.Want)) {
			if text := propertyText(s, name); text != "" {
				out = append(out, cell{s.Op, "    " + text})
			}
		}
		for _, name := range s.Unset {
			out = append(out, cell{s.Op, "    " + name + ": none"})
		}
		for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
			out = append(out, cell{s.Op, fmt.Sprintf("    %s: [redacted], from %s", name, s.Secrets[name].Ref())})
		}
	}
	return out
}

// propertyText shows one property: its value for Add, the change for Set. What
// every object of ours has is not worth a line.
func propertyText(s *Step, name string) string {
	if s.Adopt && name == "comment" {
		return ""
	}
	if s.Op == Set {
		was, ok := s.Was[name]
		if !ok {
			was = "(unset)"
		}
		return fmt.Sprintf("%s: %s → %s", name, was, s.Want[name])
	}
	switch name {
	case "name", "comment", "disabled", "bridge", "interface", "dst-address", "gateway", "dont-fragment", "auto-mac",
		"action", placeBefore:
		return ""
	case "dst-port", "address":
		return "" // Part of the name.
	case "horizon":
		if s.Want[name] == "none" {
			return ""
		}
	}
	return name + ": " + s.Want[name]
}

func (t *texter) notes(notes []Note) {
	for _, n := range notes {
		sign, paint := "·", t.style.Dim
		if n.Level != Info {
			sign, paint = "!", t.style.Warn
		}
		t.line("%s", t.style.paint(paint, fmt.Sprintf("%s %s: %s: %s", sign, n.Level, n.Subject, n.Text)))
	}
	if len(notes) > 0 {
		t.line("")
	}
}

// Summary is a plan in one line.
func (p *Plan) Summary() string {
	c := p.Counts()
	switch {
	case !p.Empty():
		units := "1 unit"
		if len(p.Units) > 1 {
			units = fmt.Sprintf("%d units", len(p.Units))
		}
		adopt := ""
		if c.Adopt > 0 {
			adopt = fmt.Sprintf(", %d to adopt", c.Adopt)
		}
		return fmt.Sprintf("Plan: %d to add, %d to change, %d to remove%s, in %s.", c.Add, c.Set, c.Remove, adopt, units)
	case p.IsBlocked():
		return "Nothing could be planned for what is listed above; everything else is as the topology says."
	case p.Destroy:
		return "Nothing to do: nothing of ours is left in these segments and services."
	default:
		return "Nothing to do: the routers are as the topology says."
	}
}

// pad fills s with spaces to width runes.
func pad(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n >= width {
		return s + " "
	}
	return s + strings.Repeat(" ", width-n)
}
