package runner

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"jembatan/failover"
	"jembatan/failover/effect"
	"jembatan/failover/journal"
	"jembatan/health"
)

// A loop is what the one goroutine owns.
type loop struct {
	o       *Options
	life    <-chan struct{} // closed when Run is to end
	health  *health.Detector
	machine *failover.Machine
	saved   failover.State // as it is on disk, for the term
	marked  time.Time      // when it was saved last

	// What was seen last, for a machine that begins anew.
	changes map[string]health.Change
	repl    map[string]failover.ReplicationChanged
	routers *failover.RoutersChanged
	split   *failover.PartitionSuspected

	term     *term
	outcomes chan outcome
	detail   string // of the present phase
	commands uint64
	writer   *atomic.Pointer[Writer]
	flaps    flaps
	failing  map[failover.Debt]failover.Failure // of tries since something went on: told once
	at       standing                           // where failing is about
}

// A term is a Term under way.
type term struct {
	Term

	ctx     context.Context //nolint:containedctx // A term is a span of time: what is begun in it ends with it.
	cancel  context.CancelCauseFunc
	effects sync.WaitGroup
	over    chan<- error
}

// A standing is where a service stands, between two steps of a move or of none.
type standing struct {
	began time.Time
	step  failover.Phase
}

// An outcome is what became of an action.
type outcome struct {
	effect.Outcome

	action failover.Action
	took   time.Duration
}

func newLoop(o *Options, w *atomic.Pointer[Writer]) (*loop, error) {
	l := &loop{
		o: o, writer: w, changes: map[string]health.Change{}, repl: map[string]failover.ReplicationChanged{}, outcomes: make(chan outcome),
		failing: map[failover.Debt]failover.Failure{}, flaps: newFlaps(),
	}
	var err error
	if l.health, err = health.New(o.Health); err != nil {
		return nil, err
	}
	l.machine, err = failover.New(o.Config, failover.State{})
	return l, err
}

// begin starts a term from what the store holds. Its effects end with ctx at once,
// whatever the loop is at.
func (l *loop) begin(ctx context.Context, t Term, s failover.State, over chan<- error) error {
	l.end(errAnew)
	m, err := failover.New(l.o.Config, s)
	if err != nil {
		return err
	}
	l.machine, l.saved = m, m.State()
	clear(l.failing)
	for _, c := range l.changes {
		m.Step(failover.VerdictOf(c))
	}
	for _, r := range l.repl {
		m.Step(r)
	}
	if l.routers != nil {
		m.Step(*l.routers)
	}
	if l.split != nil {
		m.Step(*l.split)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l.term = &term{Term: t, ctx: ctx, cancel: cancel, over: over}
	l.step(failover.LeaseChanged{Time: time.Now(), Epoch: t.Epoch, Held: true})
	return nil
}

// end ends the term, if there is one, and waits for its effects. People are told
// when the right to act is lost, not when this runner ends or begins anew.
func (l *loop) end(why error) {
	t := l.term
	if t == nil {
		return
	}
	l.term = nil
	t.cancel(why)
	l.o.Effect.Renew("", t.Epoch)
	l.publish()
	t.effects.Wait()
	l.o.Effect.Rest()
	t.over <- why
	actions := l.machine.Step(failover.LeaseChanged{Time: time.Now(), Epoch: t.Epoch})
	if !goesOn(why) {
		l.tellOf(actions, time.Now())
	}
}

// goesOn reports whether the right to act is not lost with a term that ends so: it
// begins anew, or is given up on purpose.
func goesOn(why error) bool {
	for _, known := range []error{ErrEnded, ErrNotKept, errAnew, context.Canceled} {
		if errors.Is(why, known) {
			return true
		}
	}
	return false
}

// errAnew ends a term for the next one.
var errAnew = errors.New("the next term begins")

// facts are those of the alerts that say how something is, which is so whether or
// not anything can be kept or done.
func facts(actions []failover.Action) []failover.Action {
	var out []failover.Action
	for _, a := range actions {
		if a.Kind != failover.Alert {
			continue
		}
		switch a.Reason { //nolint:exhaustive // The others say what is done.
		case failover.ServerSuspect, failover.ServerFailed, failover.ServerBack, failover.DatabaseRestarted, failover.TwoWriters,
			failover.ErrantWrites, failover.ForkFound, failover.ReplicationLost, failover.ReplicationBack, failover.Astray,
			failover.TwoMasters, failover.OneMaster:
			out = append(out, a)
		}
	}
	return out
}

func (l *loop) tick(now time.Time) {
	l.observe(l.health.Tick(now))
	l.step(failover.Tick{Time: now})
}

func (l *loop) observe(changes []health.Change) {
	for _, c := range changes {
		l.changes[c.Server] = c
		l.step(failover.VerdictOf(c))
	}
}

func (l *loop) event(e failover.Event) {
	switch e := e.(type) {
	case failover.ReplicationChanged:
		l.repl[e.Server] = e
	case failover.RoutersChanged:
		l.routers = &e
	case failover.PartitionSuspected:
		l.split = &e
	}
	l.step(e)
}

func (l *loop) finished(o outcome) {
	var entries []journal.Entry
	if !l.toldBefore(o) {
		entries = append(entries, outcomeEntry(o))
	}
	l.step(failover.ActionDone{
		Time: time.Now(), ID: o.action.ID, Err: o.Err, Routers: o.Routers, Behind: o.Behind, LastRenewal: o.LastRenewal,
	}, entries...)
}

// toldBefore reports whether the history says already that this effect fails so.
// A debt, or the fence of a site that is lost, is tried for days; the tries would
// drown what happened before.
func (l *loop) toldBefore(o outcome) bool {
	d := failover.Debt{Kind: o.action.Kind, Server: o.action.Server}
	was, known := l.failing[d]
	if o.Err == failover.Done {
		delete(l.failing, d)
		return false
	}
	l.failing[d] = o.Err
	return known && was == o.Err
}

// quiet reports whether an action is one more try of what is known to fail. Its
// intent is in the state all the same.
func (l *loop) quiet(a failover.Action) bool {
	_, failing := l.failing[failover.Debt{Kind: a.Kind, Server: a.Server}]
	return failing && a.Kind.Effect()
}

// stands notes where the service stands. When that is elsewhere, every failure is
// worth telling again.
func (l *loop) stands(s failover.State) {
	var now standing
	if s.Move != nil {
		now = standing{s.Move.Began, s.Move.Step}
	}
	if now != l.at {
		l.at = now
		clear(l.failing)
	}
}

func (l *loop) command(c failover.Command) Answer {
	l.commands++
	if c.Time.IsZero() {
		c.Time = time.Now()
	}
	if c.ID == "" {
		c.ID = strconv.FormatInt(c.Time.UnixNano(), 36) + "-" + strconv.FormatUint(l.commands, 10)
	}
	for _, a := range l.step(c, commandEntry(l.o.Config.Service, c)) {
		if (a.Kind == failover.Accept || a.Kind == failover.Refuse) && a.Command == c.ID {
			return Answer{a.Kind == failover.Accept, a.Reason, a.Detail}
		}
	}
	return Answer{Reason: failover.NotLeader} // The term ended in it.
}

// step lets the machine take one event, makes what follows durable, and only
// then carries it out. It returns the actions, none if they could not be kept.
func (l *loop) step(e failover.Event, entries ...journal.Entry) []failover.Action {
	now := time.Now()
	phase := l.machine.State().Phase
	actions := l.machine.Step(e)
	if l.term == nil {
		l.tellOf(actions, now)
		return actions
	}
	state := l.machine.State()
	l.stands(state)
	if v, ok := e.(failover.VerdictChanged); ok && !l.flaps.doubt(v, now) {
		entries = append(entries, verdictEntry(l.o.Config.Service, v))
	}
	for _, a := range actions {
		if !l.quiet(a) && !l.flaps.passing(a, phase, now) {
			entries = append(entries, actionEntry(a, now))
		}
	}
	if len(entries) > 0 || l.worthSaving(state, now) {
		if err := l.save(state, entries, now); err != nil {
			l.end(fmt.Errorf("journal of %s: %w", l.o.Config.Service, err))
			l.tellOf(facts(actions), now) // The machine tells a change once.
			return nil
		}
	}
	l.o.Effect.Renew(l.machine.RenewFor(), l.term.Epoch)
	l.publish()
	l.tellOf(actions, now)
	for _, a := range actions {
		if a.Kind.Effect() {
			l.start(a)
		}
	}
	if !l.machine.Leads() {
		l.end(fmt.Errorf("in phase %s: %w", phase, ErrSuperseded))
	}
	return actions
}

// publish says who may write now.
func (l *loop) publish() {
	s := l.machine.State()
	l.writer.Store(&Writer{Server: s.Writable, Epoch: s.Epoch, Leading: l.term != nil})
}

// worthSaving reports whether a state differs from the saved one in more than
// the time, or its marks of being in sync are getting old.
func (l *loop) worthSaving(s failover.State, now time.Time) bool {
	was := l.saved
	was.At, was.Synced, was.ReadySince = s.At, s.Synced, s.ReadySince
	return !reflect.DeepEqual(was, s) || now.Sub(l.marked) >= markEvery && !reflect.DeepEqual(l.saved.Synced, s.Synced)
}

func (l *loop) save(s failover.State, entries []journal.Entry, now time.Time) error {
	ctx, cancel := context.WithTimeoutCause(l.term.ctx, saveLimit, fmt.Errorf("not saved within %v", saveLimit))
	defer cancel()
	if err := l.term.Save(ctx, s, entries); err != nil {
		return err
	}
	l.saved, l.marked = s, now
	return nil
}

// start carries an effect out beside the loop.
func (l *loop) start(a failover.Action) {
	t := l.term
	t.effects.Go(func() {
		began := time.Now()
		out := outcome{Outcome: l.o.Effect.Do(t.ctx, a), action: a}
		out.took = time.Since(began)
		select {
		case l.outcomes <- out:
		case <-t.ctx.Done():
		}
	})
}

// tellOf hands alerts on and keeps the words of the phase.
func (l *loop) tellOf(actions []failover.Action, now time.Time) {
	silent := l.o.Notify == nil || l.term == nil && l.o.Other != nil && l.o.Other()
	for _, a := range actions {
		switch a.Kind { //nolint:exhaustive // The others are effects and answers.
		case failover.Record, failover.Hold:
			l.detail = a.Detail
		case failover.Alert:
			if !silent {
				l.o.Notify(a, now)
			}
		}
	}
}
