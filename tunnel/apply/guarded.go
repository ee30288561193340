package apply

import (
	"context"
	"errors"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// GuardOptions say how a whole plan is guarded.
type GuardOptions struct {
	// ID names the apply on routers and in the journal; it is one word.
	ID string
	// Holder is whoever holds the routers' locks.
	Holder string
	// Kinds are the guards that may be used, see guard.Options. Empty means safe
	// mode and scheduler.
	Kinds []guard.Kind
	// For is how long scheduler guards wait before they take the plan back. Zero
	// means 3 minutes. The plan must be carried out in less.
	For time.Duration
	// Confirm leaves the guards armed until a person confirms.
	Confirm bool
	// VerifyTimeout bounds the wait for tunnels and fresh connections when all
	// units are done. Zero means 30 s.
	VerifyTimeout time.Duration
	// AllowDown accepts new tunnels that do not run.
	AllowDown bool
	// Fresh dials a router anew, past any connection that there is. Nil means
	// that Connect must do.
	Fresh func(ctx context.Context, router string) (c routeros.Caller, hangUp func(), err error)
	// Before is what Recheck saw: it tells which tunnels ran.
	Before []*plan.Observed
	// Record is told what happens, and must have it on disk when it returns; nil
	// keeps nothing. An error before the first step ends the apply.
	Record func(journal.Record) error
	// Armed is told the guards once all are there. Nil means nobody is.
	Armed func([]*guard.Guard)
}

func (g GuardOptions) withDefaults() GuardOptions {
	if g.For <= 0 {
		g.For = DefaultGuardTime
	}
	if g.VerifyTimeout <= 0 {
		g.VerifyTimeout = 30 * time.Second
	}
	if g.Record == nil {
		g.Record = func(journal.Record) error { return nil }
	}
	if g.Armed == nil {
		g.Armed = func([]*guard.Guard) {}
	}
	return g
}

// DefaultGuardTime is how long a scheduler guard waits if nobody says.
const DefaultGuardTime = 3 * time.Minute

// undoReserve is how much of a guard's time is kept for undoing: units that are
// still running then are undone.
func undoReserve(guardTime time.Duration) time.Duration {
	return min(30*time.Second, guardTime/4)
}

// Guarded carries out p as one transaction over all its routers: it arms every
// one, runs the units (see Run), makes sure that tunnels run and that every
// router answers on a fresh connection, and disarms all. If that cannot be
// seen, everything is undone at once, with the guards behind it.
//
// The error means that nothing was begun. Everything else is in the Result; once
// the routers are unlocked its End goes into the journal.
func Guarded(ctx context.Context, p *plan.Plan, connect Connect, resolve Resolve, opts Options, g GuardOptions) (*Result, error) {
	g = g.withDefaults()
	set, err := guard.ArmAll(ctx, guard.Connect(connect), guard.Jobs(p), guard.Options{
		ID: g.ID, Holder: CleanHolder(g.Holder), For: g.For, Kinds: g.Kinds, Confirm: g.Confirm,
	})
	if err != nil {
		return nil, err
	}
	if err := g.Record(armed(set)); err != nil {
		for _, failed := range set.DisarmAll(context.WithoutCancel(ctx)) {
			err = errors.Join(err, failed)
		}
		return nil, err
	}
	g.Armed(set.Guards)
	w := &whole{
		g: g, set: set, connect: connect,
		run: &run{
			plan: p, opts: opts.withDefaults(), record: g.Record, done: map[string]*transaction{},
			hands:   hands{connect: set.Connect, resolve: resolve},
			undoing: hands{connect: connect, resolve: resolve},
		},
	}
	return w.carry(ctx), nil
}

// A whole is one plan being carried out under guards.
type whole struct {
	g       GuardOptions
	set     *guard.Set
	run     *run
	connect Connect
}

var errTooLong = errors.New("it took so long that the guards were about to take it back")

// carry runs the units and decides what becomes of them.
func (w *whole) carry(ctx context.Context) *Result {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d := w.set.Deadline(); !d.IsZero() {
		var end context.CancelFunc
		work, end = context.WithDeadlineCause(work, d.Add(-undoReserve(w.g.For)), errTooLong)
		defer end()
	}
	stop := w.set.Watch(cancel)
	result := w.run.units(work)
	result.Guards = w.set.Guards
	var why error
	switch {
	case result.Count(Stuck) > 0:
		why = errors.New("a unit could neither be done nor undone")
	case result.Count(Applied) > 0:
		why = w.verify(work, result)
	}
	stop()
	if why == nil && work.Err() != nil && ctx.Err() == nil {
		why = context.Cause(work) // A hold was lost, or time ran out, after the last look.
	}
	if why != nil {
		w.rollBack(ctx, result, why)
		return result
	}
	w.commit(ctx, result)
	return result
}

// commit keeps what was done.
func (w *whole) commit(ctx context.Context, result *Result) {
	ctx = context.WithoutCancel(ctx)
	outcome := journal.Done
	switch {
	case result.Count(Applied) == 0:
		outcome = journal.Undone
	case result.Count(Applied) < len(result.Units):
		outcome = journal.Partly
	}
	if result.Count(Applied) > 0 {
		if err := w.g.Record(journal.Record{At: time.Now(), What: journal.Verified, Result: outcome}); err != nil {
			w.rollBack(ctx, result, err)
			return
		}
		if w.g.Confirm {
			until := w.set.Deadline()
			result.Until = until
			result.note(w.g.Record(journal.Record{At: time.Now(), What: journal.Awaiting, Until: &until}))
			return
		}
	}
	failed := w.set.DisarmAll(ctx)
	if len(failed) > 0 && w.rolledBackMeanwhile(ctx, result, failed) {
		return
	}
	for _, g := range w.set.Guards {
		result.note(failed[g.Router])
	}
	if len(failed) == 0 {
		result.Outcome = outcome
	}
}

// rolledBackMeanwhile looks at what is true where disarming did not end well. If
// some guard has fired, everything else is undone too and it returns true. What
// turned out to be in place is no failure.
func (w *whole) rolledBackMeanwhile(ctx context.Context, result *Result, failed map[string]error) bool {
	ctx, cancel := context.WithTimeout(ctx, w.run.opts.UndoTimeout)
	defer cancel()
	if err := w.set.Settled(ctx); err != nil {
		result.note(err)
	}
	looked := map[string]bool{}
	for router, err := range failed {
		if errors.Is(err, guard.ErrFired) || errors.Is(err, routeros.ErrOutcomeUnknown) || errors.Is(err, routeros.ErrClosed) {
			looked[router] = true
		}
	}
	missing, err := Missing(ctx, w.connect, w.applied(result), looked)
	if err != nil {
		result.note(err)
		return false
	}
	if len(missing) > 0 {
		for _, err := range failed {
			w.rollBack(ctx, result, err)
			break
		}
		return true
	}
	for router := range looked {
		delete(failed, router)
	}
	return false
}

// applied is the plan without the units that were not applied.
func (w *whole) applied(result *Result) *plan.Plan {
	p := *w.run.plan
	p.Units = nil
	for i, u := range w.run.plan.Units {
		if result.Units[i].State == Applied {
			p.Units = append(p.Units, u)
		}
	}
	return &p
}

func armed(set *guard.Set) journal.Record {
	r := journal.Record{At: time.Now(), What: journal.Armed, Guards: map[string]string{}}
	for _, g := range set.Guards {
		r.Guards[g.Router] = g.Kind.String()
	}
	if d := set.Deadline(); !d.IsZero() {
		r.Until = &d
	}
	return r
}

// End is what ends the journal when the routers have been unlocked; ok is false
// when something is still to happen to them, for Recover to look after.
func (r *Result) End() (rec journal.Record, ok bool) {
	rec = journal.Record{At: time.Now(), What: journal.End, Result: r.Outcome}
	if r.RolledBack != nil {
		rec.Why = r.RolledBack.Error()
	}
	return rec, r.Outcome != ""
}

// note keeps an error of the guards for the result; nil is none.
func (r *Result) note(err error) {
	if err != nil {
		r.Alarms = append(r.Alarms, err)
	}
}
