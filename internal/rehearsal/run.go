//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/drill"
	"jembatan/internal/load"
)

// Options are how rehearsals are run.
type Options struct {
	Binary string        // the program
	Every  time.Duration // between two pages of a client; zero: 5 ms
	Answer time.Duration // for a row; zero: 300 ms
	Slack  float64       // by which times may be longer than expected; zero: 1
	// Trace gets a line for every step and the controller's log of what failed; nil:
	// nobody.
	Trace io.Writer
}

type status = runner.Status

// A play is a rehearsal that is going on.
type play struct {
	*ground

	life  context.Context //nolint:containedctx // Of what steps start beside them, which ends with the play.
	s     Scenario
	begun time.Time
	trace io.Writer

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
	if o.Answer == 0 {
		o.Answer = 300 * time.Millisecond
	}
	if o.Slack == 0 {
		o.Slack = 1
	}
	if o.Trace == nil {
		o.Trace = io.Discard
	}
	begun := time.Now()
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
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	r.Took = time.Since(begun)
	return r, nil
}

// run does the steps, waits for what is expected, and counts.
func (p *play) run(ctx context.Context, o Options) (*Result, error) {
	if err := pause(ctx, calm); err != nil {
		return nil, err
	}
	for _, s := range p.s.Steps {
		fmt.Fprintf(p.trace, "%s %7.3fs %s\n", p.s.Name, time.Since(p.begun).Seconds(), s.Name)
		if err := s.do(ctx, p); err != nil {
			history, _ := p.control.history(ctx) // What is known.
			return nil, fmt.Errorf("%s: %w\n%s", s.Name, err, strings.Join(lines(history), "\n"))
		}
	}
	p.mark(false)
	e := p.s.Expect
	_, err := p.control.await(ctx, "the end", p.s.Settle, func(s status) bool {
		return (s.Move == nil || s.Phase == failover.Held) && slices.Contains(e.Phase, s.Phase) && slices.Contains(e.Active, s.Active) &&
			(len(e.Reason) == 0 || slices.Contains(e.Reason, s.Reason))
	})
	fmt.Fprintf(p.trace, "%s %7.3fs settled: %v\n", p.s.Name, time.Since(p.begun).Seconds(), err)
	if err := pause(ctx, p.s.Stay); err != nil {
		return nil, err
	}
	return p.count(ctx, o)
}

// calm is how long clients use the service before the first step.
const calm = 500 * time.Millisecond

// count makes the result.
func (p *play) count(ctx context.Context, o Options) (*Result, error) {
	last, err := p.control.status(ctx)
	if err != nil {
		return nil, fmt.Errorf("the last status: %w", err)
	}
	history, err := p.control.history(ctx)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	saw, err := p.clients.stop()
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	p.mu.Lock()
	at, asides := p.at, errors.Join(p.asides...)
	p.mu.Unlock()
	if asides != nil {
		return nil, asides
	}
	r := &Result{
		Scenario: p.s.Name, Variant: p.s.Variant.String(), At: at, Pages: map[string]Use{}, Rows: map[string]Use{},
		Active: last.Active, Phase: last.Phase, Reason: last.Reason,
	}
	if p.rivals != nil {
		r.Rivals, err = p.rivals.stop(at)
		p.rivals = nil
		if err != nil {
			return nil, fmt.Errorf("rivals: %w", err)
		}
	}
	for name, records := range saw.pages {
		r.Pages[name] = UseOf(records, at)
	}
	for name, records := range saw.rows {
		r.Rows[name] = UseOf(records, at)
	}
	if p.s.Expect.Gap > 0 {
		r.PageGap = worst(r.Pages, p.s.Expect.Ways)
	}
	if p.s.Expect.RowGap > 0 {
		r.RowGap = worst(r.Rows, p.s.Expect.Ways)
	}
	r.tell(history, p.s.Expect.Switches)
	r.sights(saw.sights)
	_ = p.control.end() // From here on nothing is moved any more; its end was looked at.
	r.Starts = p.control.starts
	if err := p.lost(ctx, r, saw); err != nil {
		return nil, err
	}
	r.Broken = p.s.Expect.Check(r, o.Slack)
	if len(r.Broken) > 0 {
		r.History = lines(history)
	}
	return r, nil
}

// lost counts the acknowledged rows that the active server lacks.
func (p *play) lost(ctx context.Context, r *Result, saw seen) error {
	var acked []int64
	for _, records := range saw.rows {
		acked = append(acked, load.Acked(records)...)
	}
	acked = append(acked, load.Acked(saw.local)...)
	r.Acked = len(acked)
	if _, err := p.lab.Fault(ctx, "clear"); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	var have []int64
	for begun := time.Now(); ; { // It may have been switched on just now.
		var err error
		if have, err = p.lab.Acked(ctx, r.Active, 0); err == nil {
			break
		}
		if time.Since(begun) > firstState {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	r.Lost = len(load.Missing(acked, have))
	return nil
}

// tell reads the history.
func (r *Result) tell(history []journal.Entry, expected int) {
	var since []journal.Entry
	for i := range history {
		e := &history[i]
		if e.Kind == journal.KindAlert {
			switch e.Reason { //nolint:exhaustive // Only these are counted.
			case failover.MoveStarted:
				r.Started++
			case failover.MoveDone:
				r.Switched++
			}
			if !slices.Contains(r.Alerts, e.Reason) {
				r.Alerts = append(r.Alerts, e.Reason)
			}
		}
		if !e.At.Before(r.At) {
			since = append(since, *e)
		}
	}
	r.False = max(0, r.Switched-expected)
	move := drill.Tell(since)
	r.Parts = move.Parts
	if !move.Planned && !move.Asked.IsZero() {
		detect := move.Asked.Sub(r.At)
		r.Parts.Detect = &detect
	}
}

// sights looks for servers that took writes at once.
func (r *Result) sights(all []Sight) {
	times := Writables(all)
	public := func(w Writable) bool { return strings.HasPrefix(w.To, publicPrefix) }
	r.Two = Overlaps(times, func(a, b Writable) bool { return public(a) && public(b) })
	r.Own = Overlaps(times, func(a, b Writable) bool { return !public(a) || !public(b) })
}
