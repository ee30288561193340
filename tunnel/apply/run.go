package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// errStopped is why a unit was not begun after Options.Stop was closed.
var errStopped = errors.New("stopped before it began")

// A run schedules the units of one plan.
type run struct {
	plan  *plan.Plan
	opts  Options
	hands hands
	// undoing are the hands that undo: they may use other connections.
	undoing hands
	record  func(journal.Record) error

	mu    sync.Mutex // guards all below and calls of Progress
	ended int
	done  map[string]*transaction // units that were applied, by name
}

// units runs every unit in its own goroutine and waits for all.
func (r *run) units(ctx context.Context) *Result {
	results := make([]UnitResult, len(r.plan.Units))
	ended := map[string]chan struct{}{}
	index := map[string]int{}
	slots := map[string]chan struct{}{}
	for i, u := range r.plan.Units {
		ended[u.Name] = make(chan struct{})
		index[u.Name] = i
		for _, router := range u.Routers {
			if slots[router] == nil {
				slots[router] = make(chan struct{}, r.opts.Parallel)
			}
		}
	}
	var wg sync.WaitGroup
	for i := range r.plan.Units {
		u := &r.plan.Units[i]
		wg.Go(func() {
			defer close(ended[u.Name])
			why := r.wait(ctx, u, ended, func(name string) State { return results[index[name]].State })
			if why == nil {
				why = r.enter(ctx, u, slots)
			}
			if why != nil {
				results[i] = UnitResult{Unit: u.Name, State: Skipped, Err: why}
			} else {
				r.report(Event{Unit: u.Name, State: Running}, false)
				r.tell(u.Name, Running)
				results[i] = r.unit(ctx, u)
				r.tell(u.Name, results[i].State)
				leave(u, slots)
			}
			r.report(Event{Unit: u.Name, State: results[i].State, Err: results[i].Err}, true)
		})
	}
	wg.Wait()
	return &Result{Units: results}
}

// wait returns nil when every predecessor of u has been applied.
func (r *run) wait(ctx context.Context, u *plan.Unit, ended map[string]chan struct{}, state func(string) State) error {
	for _, name := range u.After {
		done, ok := ended[name]
		if !ok {
			return fmt.Errorf("it waits for %s, which the plan does not have", name)
		}
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if s := state(name); s != Applied {
			return fmt.Errorf("%s was not applied", name)
		}
	}
	return nil
}

// enter takes a slot on every router of u, in one order for all units, so that
// no two wait for each other.
func (r *run) enter(ctx context.Context, u *plan.Unit, slots map[string]chan struct{}) error {
	routers := slices.Sorted(slices.Values(u.Routers))
	for i, router := range routers {
		var err error
		select {
		case slots[router] <- struct{}{}:
			continue
		case <-r.opts.Stop:
			err = errStopped
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		for _, taken := range routers[:i] {
			<-slots[taken]
		}
		return err
	}
	select {
	case <-r.opts.Stop:
		leave(u, slots)
		return errStopped
	default:
		return nil
	}
}

func leave(u *plan.Unit, slots map[string]chan struct{}) {
	for _, router := range u.Routers {
		<-slots[router]
	}
}

// tell writes a unit into the journal, for people: whoever recovers asks the
// routers, so an error there changes nothing.
func (r *run) tell(unit string, s State) {
	_ = r.record(journal.Record{At: time.Now(), What: journal.Unit, Unit: unit, State: s.String()})
}

// report tells Progress of an event.
func (r *run) report(e Event, ended bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ended {
		r.ended++
	}
	e.Done, e.Total = r.ended, len(r.plan.Units)
	r.opts.Progress(e)
}
