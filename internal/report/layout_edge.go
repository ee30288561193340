package report

import (
	"fmt"
	"math"
	"strconv"

	"jembatan/tunnel/audit"
)

// edge draws the i-th of n tunnels between two nodes: parallel ones bend away
// from each other.
func (g *graph) edge(t *audit.TunnelRow, a, b *node, i, n int) edge {
	const bend = 50.0
	dx, dy := b.X-a.X, b.Y-a.Y
	length := math.Max(1, math.Hypot(dx, dy))
	off := (float64(i) - float64(n-1)/2) * bend
	mx, my := (a.X+b.X)/2-dy/length*off*2, (a.Y+b.Y)/2+dx/length*off*2
	e := edge{
		Path:  fmt.Sprintf("M%.1f %.1fQ%.1f %.1f %.1f %.1f", a.X, a.Y, mx, my, b.X, b.Y),
		Class: "ok", Label: "id " + strconv.Itoa(t.Ends[0].ID), Title: clean(t.Subject) + ": " + g.words.say(t.Why),
	}
	// The middle of a quadratic curve.
	e.CX, e.CY = (a.X+2*mx+b.X)/4, (a.Y+2*my+b.Y)/4
	e.LX, e.LY = e.CX-dy/length*off*0.35, e.CY+dx/length*off*0.35-6
	if n > 1 && dx/length*off > 0 {
		e.LY += 20
	}
	severity := g.broken[t.Subject]
	switch {
	case disabled(t):
		e.Class = "off"
	case severity >= audit.Medium:
		e.Class = severity.String()
	}
	switch t.State {
	case audit.Mismatched, audit.OneSided, audit.Ambiguous:
		e.Cross = true
		if e.Class != "off" && severity < audit.High {
			e.Class = "high"
		}
	case audit.Foreign, audit.PeerUnread:
		e.Class += " dashed"
	case audit.Paired, audit.PairUnknown:
		e.Cross = severity == audit.Critical || down(t) || halfOff(t)
	}
	if len(t.Ends) > 1 && t.Ends[0].ID != t.Ends[1].ID {
		e.Label += " ≠ " + strconv.Itoa(t.Ends[1].ID)
	}
	return e
}

func disabled(t *audit.TunnelRow) bool {
	for _, e := range t.Ends {
		if !e.Disabled {
			return false
		}
	}
	return true
}

// halfOff reports whether one end is disabled and the other is not.
func halfOff(t *audit.TunnelRow) bool {
	return len(t.Ends) > 1 && t.Ends[0].Disabled != t.Ends[1].Disabled
}

// down reports whether an end is known not to run.
func down(t *audit.TunnelRow) bool {
	for _, e := range t.Ends {
		if e.Running != nil && !*e.Running && !e.Disabled {
			return true
		}
	}
	return false
}
