package runner

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// A Runner drives one service. Its methods may be called by many at once; they
// do nothing before Run and after it has ended.
type Runner struct {
	o    Options
	in   chan func(*loop)
	done chan struct{} // closed when Run has ended
	now  atomic.Pointer[Writer]
}

// A Writer is who may write now.
type Writer struct {
	Server  string // the only one that may be open for writes; "": none
	Epoch   uint64
	Leading bool // this runner acts
}

// Writer returns who may write at this moment; it never waits.
func (r *Runner) Writer() Writer {
	if w := r.now.Load(); w != nil {
		return *w
	}
	return Writer{}
}

// New returns a runner. The error says what cannot be in its options.
func New(o Options) (*Runner, error) {
	if _, err := failover.New(o.Config, failover.State{}); err != nil {
		return nil, err
	}
	if _, err := health.New(o.Health); err != nil {
		return nil, fmt.Errorf("health of %s: %w", o.Config.Service, err)
	}
	return &Runner{o: o, in: make(chan func(*loop), inbox), done: make(chan struct{})}, nil
}

// ErrEnded says that the runner does not run.
var ErrEnded = errors.New("the runner has ended")

// ErrNotKept is what a Save returns, wrapped, when the store refused or did not
// answer though the term goes on: nothing is done without it.
var ErrNotKept = errors.New("the state could not be kept")

// ErrSuperseded says that a higher epoch was seen: this term can do nothing more.
var ErrSuperseded = errors.New("a higher epoch was seen")

// Run drives the service until ctx ends, and then returns nil. It is called once.
func (r *Runner) Run(ctx context.Context) error {
	defer close(r.done)
	l, err := newLoop(&r.o, &r.now)
	if err != nil {
		return err
	}
	l.life = ctx.Done()
	defer l.end(ErrEnded)
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-r.in:
			f(l)
		case out := <-l.outcomes:
			l.finished(out)
		case <-t.C:
			l.tick(time.Now())
		}
	}
}

// tell hands a message to the loop; false when it has ended or ctx has.
func (r *Runner) tell(ctx context.Context, f func(*loop)) bool {
	select {
	case r.in <- f:
		return true
	case <-ctx.Done():
	case <-r.done:
	}
	return false
}

// call hands a message to the loop and waits until it was taken in. If ctx ends
// before the loop comes to it, it never is; what has begun is waited for.
func (r *Runner) call(ctx context.Context, f func(*loop)) error {
	done := make(chan struct{})
	var taken atomic.Bool // By the loop, or back by us: the first has it.
	message := func(l *loop) {
		if taken.CompareAndSwap(false, true) {
			defer close(done)
			f(l)
		}
	}
	if !r.tell(ctx, message) {
		return cmpErr(context.Cause(ctx))
	}
	ended := ctx.Done()
	for {
		select {
		case <-done:
			return nil
		case <-r.done:
			return ErrEnded
		case <-ended:
			if taken.CompareAndSwap(false, true) {
				return context.Cause(ctx)
			}
			ended = nil
		}
	}
}

func cmpErr(err error) error {
	if err == nil {
		return ErrEnded
	}
	return err
}

// Lead lets the runner act under a term, from the state that the store holds,
// until ctx ends or the term is found to be over. It returns why, and when it
// returns nothing of the term runs any more.
func (r *Runner) Lead(ctx context.Context, t Term, s failover.State) error {
	over := make(chan error, 1)
	var bad error
	if err := r.call(ctx, func(l *loop) { bad = l.begin(ctx, t, s, over) }); err != nil {
		return err
	}
	if bad != nil {
		return bad
	}
	select {
	case <-ctx.Done():
		err := context.Cause(ctx)
		_ = r.call(context.WithoutCancel(ctx), func(l *loop) { l.end(err) }) // It fails only if Run has ended, and with it the term.
		return err
	case err := <-over:
		return err
	case <-r.done:
		return ErrEnded
	}
}

// Sample counts the outcome of a probe.
func (r *Runner) Sample(ctx context.Context, s health.Sample) {
	r.tell(ctx, func(l *loop) { l.observe(l.health.Observe(s)) })
}

// Reference counts the outcome of a vantage's probe of a reference target.
func (r *Runner) Reference(ctx context.Context, s health.Reference) {
	r.tell(ctx, func(l *loop) { l.observe(l.health.Refer(s)) })
}

// Event hands on what else was seen: replication, routers, epochs, partition.
func (r *Runner) Event(ctx context.Context, e failover.Event) {
	r.tell(ctx, func(l *loop) { l.event(e) })
}

// An Answer is what became of a command.
type Answer struct {
	Accepted bool
	Reason   failover.Reason // why not
	Detail   string
}

// Command carries an operator's wish out or refuses it by name. When it returns,
// what follows from it is durable. c.ID and c.Time are filled in if empty.
func (r *Runner) Command(ctx context.Context, c failover.Command) (Answer, error) {
	var a Answer
	err := r.call(ctx, func(l *loop) { a = l.command(c) })
	return a, err
}

// Status returns how things are.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	var s Status
	err := r.call(ctx, func(l *loop) { s = l.status() })
	return s, err
}
