// Package apply reads routers for a plan and carries a plan out.
//
// A unit of a plan happens wholly or not at all: its steps are prepared on all
// its routers, then committed, then read back; if anything fails, everything
// that was done is undone on all of them, and what could not be undone is
// listed. The package's DESIGN.md says how.
package apply

import (
	"context"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// Connect returns a live connection to a router by its name in the topology. It
// may dial, and it is asked again after a connection has died. It must be safe
// for concurrent use.
type Connect func(ctx context.Context, router string) (routeros.Caller, error)

// Resolve returns the value of a secret.
type Resolve func(ref tunnel.SecretRef) (routeros.Secret, error)

// Options adjust Run. The zero value works.
type Options struct {
	// Parallel is how many units may work on one router at once. Zero means 8.
	Parallel int
	// StepTimeout bounds one sentence, redialing included. Zero means 15 s.
	StepTimeout time.Duration
	// UndoTimeout bounds the undoing of one unit, waiting for a router that
	// reboots included. Zero means 90 s.
	UndoTimeout time.Duration
	// Progress is told of every unit that begins or ends, from one goroutine at
	// a time. Nil means nobody is.
	Progress func(Event)
	// Stop, once closed, lets the units that have begun finish and begins no
	// other. Nil means never.
	Stop <-chan struct{}
}

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = 8
	}
	if o.StepTimeout <= 0 {
		o.StepTimeout = 15 * time.Second
	}
	if o.UndoTimeout <= 0 {
		o.UndoTimeout = 90 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}

// A State is how far a unit came.
type State uint8

// States of a unit.
const (
	StateUnknown State = iota
	Running            // has begun
	Applied            // done and read back on every router
	Undone             // failed; every router is as it was before
	Stuck              // failed, and something could not be undone
	Skipped            // never begun
)

// String returns a word for people.
func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Applied:
		return "applied"
	case Undone:
		return "undone"
	case Stuck:
		return "stuck"
	case Skipped:
		return "skipped"
	case StateUnknown:
	}
	return "unknown"
}

// An Event reports a unit that began or ended.
type Event struct {
	Unit        string
	State       State
	Err         error
	Done, Total int // units that have ended, and all
}

// A Leftover is an object that an undo could not bring back to what it was.
type Leftover struct {
	Router, Menu, Name, Mark string
	// What says what is wrong with it: "was added and is still there".
	What string
	Err  error
}

// A UnitResult is how one unit ended.
type UnitResult struct {
	Unit      string
	State     State
	Err       error // why it is not Applied
	Leftovers []Leftover
}

// A Result is how a plan was carried out, units in the order of the plan.
type Result struct {
	Units []UnitResult

	// Of Guarded only.

	// Guards are what every router was guarded by.
	Guards []*guard.Guard
	// RolledBack is why everything was undone that had been applied; nil when it
	// was not.
	RolledBack error
	// Until is when the guards take the plan back unless a person confirms it;
	// zero when nothing waits for that.
	Until time.Time
	// Outcome is the word for how it ended; empty while something is still to
	// happen on the routers.
	Outcome string
	// Heals are guards that were left armed because something could not be
	// undone: each takes it back at its time.
	Heals []*guard.Guard
	// Alarms are guards that could not be ended, and what else needs a person.
	Alarms []error
}

// Count returns how many units ended in a state.
func (r *Result) Count(s State) int {
	n := 0
	for _, u := range r.Units {
		if u.State == s {
			n++
		}
	}
	return n
}

// Run carries out every unit of p. Units go in parallel, each after the units
// that it waits for; a unit whose predecessor failed is Skipped. Run returns
// when every unit has ended. Cancelling ctx fails the units in hand, which are
// then undone; to stop gently close Options.Stop.
//
// The caller holds the routers' locks (see Lock) and has made sure that the
// routers are as the plan found them (see Recheck).
func Run(ctx context.Context, p *plan.Plan, connect Connect, resolve Resolve, opts Options) *Result {
	r := &run{
		plan: p, opts: opts.withDefaults(), done: map[string]*transaction{},
		record:  func(journal.Record) error { return nil },
		hands:   hands{connect: connect, resolve: resolve},
		undoing: hands{connect: connect, resolve: resolve},
	}
	return r.units(ctx)
}
