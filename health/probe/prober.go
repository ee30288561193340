package probe

import (
	"context"
	"time"

	"jembatan/health"
)

// A Prober looks at one server once. Probe returns when the answer is in or the
// prober's timeout is over, and at the latest soon after ctx ends. It is safe
// for concurrent use.
type Prober interface {
	Probe(ctx context.Context) health.Sample
}

// An ID is what samples of a prober are called.
type ID struct {
	Server  string // "" for a reference target of the vantage
	Probe   string // for a reference: the target's name
	Vantage string
}

// defaultTimeout is that of a prober that has none.
const defaultTimeout = time.Second

// AsReference returns a sample of a prober without a server as what it is.
func AsReference(s health.Sample) (r health.Reference, ok bool) {
	return health.Reference{Vantage: s.Vantage, Target: s.Probe, At: s.At, OK: s.OK}, s.Server == "" && s.Reason != health.ProberFailed
}

// look runs one probe: it bounds it, times it and gives the outcome a reason.
// slow is the time above which a good answer is Slow; zero for never.
func look(ctx context.Context, id ID, timeout, slow time.Duration, f func(context.Context) error) health.Sample {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := f(bounded)
	now := time.Now()
	s := health.Sample{Server: id.Server, Probe: id.Probe, Vantage: id.Vantage, At: now, RTT: now.Sub(start), OK: err == nil}
	switch {
	case ctx.Err() != nil: // We were told to stop: it says nothing about the server.
		s.OK, s.Reason = false, health.ProberFailed
	case err != nil:
		s.Reason = reasonOf(err)
	case slow > 0 && s.RTT > slow:
		s.Reason = health.Slow
	}
	return s
}
