package drill

import (
	"slices"
	"strings"
	"time"

	"jembatan/failover/journal"
)

// A pageLeg is a move as a drawing on one axis of time, which begins when it was
// commanded.
type pageLeg struct {
	*Leg

	Key   string // there or back
	Span  time.Duration
	Bars  []bar // the parts, one behind the other
	Lanes []*lane
	Ticks []bar
}

// A lane is one line of the drawing.
type lane struct {
	Label, Note string
	Client      bool
	Bars        []bar
}

// Before reports whether the note stands before the first bar and not behind it,
// where there is no room.
func (l *lane) Before() bool {
	return len(l.Bars) > 0 && l.Bars[0].From > 15 && l.Bars[0].From+l.Bars[0].Width > 80
}

// A bar is a piece of time; From and Width are percent of the span.
type bar struct {
	Class, Label string
	From, Width  float64
}

func newPageLeg(leg *Leg, i int) pageLeg {
	p := pageLeg{Leg: leg, Key: []string{"there", "back"}[min(i, 1)]}
	start := leg.Move.Asked
	end := start.Add(leg.Move.Parts.Total)
	for _, e := range leg.Move.Effects {
		end = later(end, e.Began.Add(e.Took))
	}
	for _, path := range leg.Paths {
		for _, o := range path.Outages {
			end = later(end, o.To)
		}
	}
	p.Span = end.Sub(start) * 102 / 100
	piece := func(class, label string, from, to time.Time) bar {
		return bar{class, label, share(from.Sub(start), p.Span), max(0.25, share(to.Sub(from), p.Span))}
	}
	at := start
	for _, part := range leg.Move.Parts.List() {
		if part.Took == nil || part.Name == "detect" { // Detection was before the axis.
			continue
		}
		p.Bars = append(p.Bars, piece(part.Name, part.Name, at, at.Add(*part.Took)))
		at = at.Add(*part.Took)
	}
	for _, e := range slices.SortedStableFunc(slices.Values(leg.Move.Effects), func(a, b Effect) int { return a.Began.Compare(b.Began) }) {
		class := e.Phase.String()
		if e.Failure != "" {
			class += " bad"
		}
		p.Lanes = append(p.Lanes, &lane{Label: e.Kind + " " + e.Server, Note: strings.TrimSpace(short(e.Took) + " " + string(e.Failure)), Bars: []bar{piece(class, "", e.Began, e.Began.Add(e.Took))}})
	}
	for _, path := range leg.Paths {
		l := &lane{Label: path.Router + " " + path.Address, Client: true, Note: short(path.Longest)}
		for _, o := range path.Outages {
			to := o.To
			if to.IsZero() {
				to = end
			}
			l.Bars = append(l.Bars, piece("out", "", o.From, to))
		}
		p.Lanes = append(p.Lanes, l)
	}
	p.Ticks = ticks(p.Span)
	return p
}

// ticks are round times on an axis, about five of them.
func ticks(span time.Duration) []bar {
	step := time.Millisecond
	for _, ms := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000} {
		if span/step <= 6 {
			break
		}
		step = time.Duration(ms) * time.Millisecond
	}
	var out []bar
	for t := time.Duration(0); t < span; t += step {
		out = append(out, bar{Label: short(t), From: share(t, span)})
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// entryText is an entry of the history in one line.
func entryText(e journal.Entry) string {
	parts := []string{}
	if e.Action != nil {
		parts = append(parts, e.Action.Kind.String())
	}
	if e.Kind == journal.KindPhase {
		parts = append(parts, e.Phase.String())
	}
	parts = append(parts, string(e.Reason), e.Server)
	if e.Outcome != nil {
		parts = append(parts, or(string(e.Outcome.Failure), "done"), short(e.Outcome.Took), strings.Join(e.Outcome.Routers, ","), e.Outcome.Detail)
	} else {
		parts = append(parts, e.Detail)
	}
	if e.By != "" {
		parts = append(parts, "by "+e.By)
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
