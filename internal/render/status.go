package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"jembatan/tunnel/status"
)

// Status writes a status report as tables.
func Status(w io.Writer, r *status.Report, colour bool) {
	tunnels := newTable(w, "link", "tunnel", "end", "interface", "state", "mtu", "since", "rx", "tx")
	for _, l := range r.Links {
		name := l.Segment + "/" + l.Name
		if l.Kind != "tunnel" {
			name += " (" + l.Kind + ", " + l.Health.String() + ")"
		}
		for _, t := range l.Tunnels {
			for _, e := range t.Ends {
				tunnels.AppendRow(table.Row{
					name, fmt.Sprintf("%d", t.ID), e.Router, e.Interface, health(e.Health, e.Why, colour),
					dash(e.MTU), cmp.Or(e.Changed, "-"), bytesText(e.RxBytes), bytesText(e.TxBytes),
				})
				name = ""
			}
		}
		tunnels.AppendSeparator()
	}
	tunnels.Render()
	fmt.Fprintln(w)
	bridges := newTable(w, "bridge", "router", "state", "mtu", "local ports")
	for _, b := range r.Bridges {
		var ports []string
		for _, p := range b.Ports {
			ports = append(ports, p.Interface+" "+p.Health.String())
		}
		bridges.AppendRow(table.Row{
			b.Segment + "/" + b.Name, b.Router, health(b.Health, b.Why, colour), dash(b.MTU), strings.Join(ports, ", "),
		})
	}
	bridges.Render()
	fmt.Fprintln(w)
	for _, router := range r.Routers {
		if router.Unread != "" {
			fmt.Fprintf(w, "! %s could not be read: %s\n", router.Name, router.Unread)
		}
	}
	fmt.Fprintln(w, Summary(r))
}

// Summary is one line on a report.
func Summary(r *status.Report) string {
	count := map[status.Health]int{}
	for _, l := range r.Links {
		count[l.Health]++
	}
	parts := []string{fmt.Sprintf("%d of %d links up", count[status.Up], len(r.Links))}
	for _, h := range []status.Health{status.Degraded, status.Down, status.Missing, status.Unknown} {
		if count[h] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[h], h))
		}
	}
	return strings.Join(parts, ", ")
}

func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options = table.Options{SeparateColumns: false, SeparateHeader: true}
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

func health(h status.Health, why string, colour bool) string {
	s := h.String()
	if why != "" {
		s += " (" + why + ")"
	}
	codes := map[status.Health]string{
		status.Unknown: yellow, status.Up: green, status.Degraded: yellow, status.Down: red, status.Missing: red,
	}
	if paint := painter(colour, codes[h]); paint != nil {
		return paint(s)
	}
	return s
}

func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d", n)
}

// bytesText shows a number of bytes with a binary prefix.
func bytesText(n uint64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	v, prefixes := float64(n)/step, "KMGTPE"
	for v >= step && len(prefixes) > 1 {
		v, prefixes = v/step, prefixes[1:]
	}
	return fmt.Sprintf("%.1f %ciB", v, prefixes[0])
}
