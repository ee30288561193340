package drill

import (
	"time"

	"jembatan/failover"
)

// Parts are the pieces of a move's time. Nil: there was no such part, which is
// not the same as a part that took no time. Promote is the opening of the new
// server; Undo what taking back took.
type Parts struct {
	Detect  *time.Duration `json:"detect"`  // from the first miss to certainty; nil for what was commanded
	Decide  *time.Duration `json:"decide"`  // until the first effect began: the gate, and making the intent durable
	Fence   *time.Duration `json:"fence"`   // until nobody can write to the old server or reach it
	Drain   *time.Duration `json:"drain"`   // until the new one holds everything
	Promote *time.Duration `json:"promote"` // until it accepts writes
	Switch  *time.Duration `json:"switch"`  // until the routers lead to it and old connections are gone
	Verify  *time.Duration `json:"verify"`  // until it answered through the public addresses
	Undo    *time.Duration `json:"undo"`
	// Total is from the first miss, or the command, to the end of the last part
	// that the journal knows: the sum of all.
	Total time.Duration `json:"total"`
}

// of returns the part that a step's time belongs to.
func (p *Parts) of(phase failover.Phase) **time.Duration {
	switch phase { //nolint:exhaustive // Only these are steps.
	case failover.Fence:
		return &p.Fence
	case failover.Drain:
		return &p.Drain
	case failover.Promote:
		return &p.Promote
	case failover.Switch:
		return &p.Switch
	case failover.Verify:
		return &p.Verify
	}
	return &p.Undo
}

// A Part is one of Parts by its name.
type Part struct {
	Name string
	Took *time.Duration
}

// List returns the parts in their order; Undo only if there was one.
func (p *Parts) List() []Part {
	out := []Part{
		{"detect", p.Detect}, {"decide", p.Decide}, {"fence", p.Fence}, {"drain", p.Drain}, {"promote", p.Promote}, {"switch", p.Switch}, {"verify", p.Verify},
	}
	if p.Undo != nil {
		out = append(out, Part{"undo", p.Undo})
	}
	return out
}

// split turns the times that were collected into parts. A step that was gone
// through twice has the sum; one that waits is still that step.
func (t *teller) split() {
	if !t.started || t.m.Asked.IsZero() {
		return
	}
	p := &t.m.Parts
	from := t.m.Asked
	if !t.m.Planned && !t.missed.IsZero() && t.missed.Before(from) {
		add(&p.Detect, from.Sub(t.missed))
	}
	if t.first.IsZero() && len(t.steps) > 0 {
		t.first = t.steps[0].at
	}
	if !t.first.IsZero() {
		add(&p.Decide, t.first.Sub(from))
	}
	for i, s := range t.steps {
		begin, end := s.at, t.m.Ended
		if begin.Before(t.first) {
			begin = t.first
		}
		if i+1 < len(t.steps) {
			end = t.steps[i+1].at
		}
		if !end.IsZero() {
			add(p.of(s.phase), max(0, end.Sub(begin)))
		}
	}
	for _, part := range p.List() {
		if part.Took != nil {
			p.Total += *part.Took
		}
	}
}

func add(to **time.Duration, d time.Duration) {
	if *to == nil {
		*to = new(time.Duration)
	}
	**to += d
}
