//go:build linux

package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/failover/runner"
)

// Options are how rehearsals are run.
type Options struct {
	Binary string // the program
	// MySQLRoot is a root directory that has MySQL, for the scenarios that want it.
	MySQLRoot string
	Every     time.Duration // between two pages of a client; zero: 5 ms
	Answer    time.Duration // for a row; zero: 300 ms
	Slack     float64       // by which times may be longer than expected; zero: 1
	// Trace gets a line for every step and the controller's log of what failed; nil:
	// nobody.
	Trace io.Writer
}

// What a rehearsal may take: a lab that answers no more must not hold all others up.
const (
	runLimit  = 5 * time.Minute
	onceLimit = time.Hour
)

type status = runner.Status

// A play is a rehearsal that is going on.
type play struct {
	*ground

	life  context.Context //nolint:containedctx // Of what steps start beside them, which ends with the play.
	s     Scenario
	begun time.Time
	trace io.Writer
	// counting: the step that is done now is the moment that is counted from.
	counting bool
	first    time.Time // when the first step was begun

	mu     sync.Mutex // guards what follows
	at     time.Time
	asides []error
	wait   sync.WaitGroup
}

// mark sets the moment that is counted from, unless it has been set.
func (p *play) mark(again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.IsZero() || again {
		p.at = time.Now()
	}
}

// aside does something while the steps go on.
func (p *play) aside(f func(context.Context) error) {
	p.wait.Go(func() {
		if err := f(p.life); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asides = append(p.asides, err)
		}
	})
}

// Run carries one scenario out in a lab of its own, and returns what came of it,
// with the expectations that were broken. An error says that there is no result:
// the lab could not be made, or a step could not be done.
func Run(ctx context.Context, s Scenario, o Options) (*Result, error) {
	if o.Every == 0 {
		o.Every = 5 * time.Millisecond
	}
	o.Every = max(o.Every, s.Every)
	if o.Answer == 0 {
		o.Answer = 300 * time.Millisecond
	}
	if o.Slack == 0 {
		o.Slack = 1
	}
	if o.Trace == nil {
		o.Trace = io.Discard
	}
	limit := runLimit
	if s.Once {
		limit = onceLimit
	}
	ctx, end := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it takes longer than %v", limit))
	defer end()
	begun, then := time.Now(), ticksNow()
	g, err := prepare(ctx, s.Name+".yaml", s.Variant, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if s.Rivals {
		if g.rivals, err = startRivals(ctx, g, o); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", s.Name, err), g.end())
		}
	}
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &play{ground: g, life: life, s: s, begun: begun, trace: o.Trace}
	r, err := p.run(ctx, o)
	if err != nil || len(r.Broken) > 0 {
		fmt.Fprintf(o.Trace, "controller of %s:\n", s.Name)
		g.keep(o.Trace)
	}
	cancel()
	p.wait.Wait()
	if err = errors.Join(err, g.end()); err != nil {
		fmt.Fprintf(o.Trace, "lab of %s:\n%s\n", s.Name, g.log)
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	r.Took, r.Busy, r.Build, r.Machine = time.Since(begun), busySince(then), buildOf(o.Binary), Machine()
	return r, nil
}

// run does the steps, waits for what is expected, and counts.
func (p *play) run(ctx context.Context, o Options) (*Result, error) {
	if err := pause(ctx, calm); err != nil {
		return nil, err
	}
	p.first = time.Now()
	for _, s := range p.s.Steps {
		fmt.Fprintf(p.trace, "%s %7.3fs %s\n", p.s.Name, time.Since(p.begun).Seconds(), s.Name)
		if err := s.do(ctx, p); err != nil {
			history, _ := p.control.history(ctx) // What is known.
			return nil, fmt.Errorf("%s: %w\n%s", s.Name, err, strings.Join(lines(history), "\n"))
		}
	}
	p.mark(false)
	// Twice: what is only so for a moment is not so, and a probe that was missed on a
	// busy machine after that is no verdict.
	for _, stay := range []time.Duration{p.s.Stay, 0} {
		err := p.control.await(ctx, "the end", p.s.Settle, p.s.Expect.settled)
		fmt.Fprintf(p.trace, "%s %7.3fs settled: %v\n", p.s.Name, time.Since(p.begun).Seconds(), err)
		if err != nil {
			p.show(ctx)
			break
		}
		if err := pause(ctx, stay); err != nil {
			return nil, err
		}
	}
	return p.count(ctx, o)
}

// show traces how the service is, for whoever looks for the reason.
func (p *play) show(ctx context.Context) {
	if now, err := p.control.status(ctx); err == nil {
		_ = json.NewEncoder(p.trace).Encode(now)
	}
}

// settled reports whether a status is what is expected of the end.
func (e Expect) settled(s status) bool {
	return (s.Move == nil || s.Phase == failover.Held) && slices.Contains(e.Phase, s.Phase) && slices.Contains(e.Active, s.Active) &&
		(len(e.Reason) == 0 || slices.Contains(e.Reason, s.Reason))
}

// calm is how long clients use the service before the first step.
const calm = 500 * time.Millisecond
