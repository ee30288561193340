package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// rollBack undoes every unit that was applied, units that waited for others
// before those, and then disarms. A guard stays armed where something could not
// be undone: it does what we could not.
func (w *whole) rollBack(ctx context.Context, result *Result, why error) {
	ctx = context.WithoutCancel(ctx)
	result.RolledBack = why
	result.note(w.g.Record(journal.Record{At: time.Now(), What: journal.RollingBack, Why: why.Error()}))
	settled := w.set.Settled(ctx) // Where safe mode was lost, the router does it.
	for _, wave := range waves(w.run.plan) {
		var wg sync.WaitGroup
		for _, i := range wave {
			if result.Units[i].State == Applied {
				wg.Go(func() { w.undoUnit(ctx, &result.Units[i], why) })
			}
		}
		wg.Wait()
	}
	left := w.heal(ctx, result)
	if settled != nil {
		result.note(settled)
		return
	}
	if !left {
		result.Outcome = journal.Undone
	}
}

// undoUnit takes back one unit that was applied.
func (w *whole) undoUnit(ctx context.Context, u *UnitResult, why error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.run.opts.UndoTimeout,
		fmt.Errorf("undoing %s took more than %v", u.Unit, w.run.opts.UndoTimeout))
	defer cancel()
	u.Leftovers = w.run.done[u.Unit].undo(ctx)
	u.State, u.Err = Undone, why
	if len(u.Leftovers) > 0 {
		u.State = Stuck
	}
	w.run.report(Event{Unit: u.Unit, State: u.State, Err: why}, false)
	w.run.tell(u.Unit, u.State)
}

// heal ends the guards: disarmed where everything was undone; where not, safe
// mode is left backwards and a scheduler entry left to fire. It reports whether
// something is still to happen.
func (w *whole) heal(ctx context.Context, result *Result) (pending bool) {
	stuck := map[string]bool{}
	for _, u := range result.Units {
		for _, l := range u.Leftovers {
			if _, short := errors.AsType[*ShortError](l.Err); short && w.scheduled(l.Router) {
				pending = true // Its script finds the object there, and does no more than we did.
				continue
			}
			stuck[l.Router] = true
		}
	}
	for _, err := range w.set.Without(stuck).DisarmAll(ctx) {
		if !errors.Is(err, guard.ErrFired) { // If it has, it did what we did.
			result.note(err)
			pending = true
		}
	}
	for router := range stuck {
		g := w.set.Of(router)
		switch {
		case g == nil || g.Kind == guard.Unguarded || g.Kind == guard.KindUnknown:
			pending = true
		case g.Kind == guard.SafeMode:
			if err := g.Unroll(ctx); err != nil {
				result.note(fmt.Errorf("%s: leave safe mode backwards: %w", router, err))
				pending = true
			} else {
				result.healed(router)
			}
		case g.Kind == guard.Scheduler:
			result.Heals = append(result.Heals, g)
			pending = true
		}
	}
	return pending
}

// scheduled reports whether a router is guarded by its scheduler.
func (w *whole) scheduled(router string) bool {
	g := w.set.Of(router)
	return g != nil && g.Kind == guard.Scheduler
}

// healed forgets the leftovers of a router that has rolled itself back.
func (r *Result) healed(router string) {
	for i := range r.Units {
		u := &r.Units[i]
		var left []Leftover
		for _, l := range u.Leftovers {
			if l.Router != router {
				left = append(left, l)
			}
		}
		if len(left) == 0 && len(u.Leftovers) > 0 {
			u.State = Undone
		}
		u.Leftovers = left
	}
}

// waves are the indexes of a plan's units in the order in which they are undone:
// those of one wave at once, each after all that waited for it.
func waves(p *plan.Plan) [][]int {
	level := map[string]int{}
	top := 0
	for _, u := range p.Units { // Units stand behind those that they wait for.
		for _, name := range u.After {
			level[u.Name] = max(level[u.Name], level[name]+1)
		}
		top = max(top, level[u.Name])
	}
	out := make([][]int, top+1)
	for i, u := range p.Units {
		at := top - level[u.Name]
		out[at] = append(out[at], i)
	}
	return out
}
