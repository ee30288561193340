package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"jembatan/tunnel/plan"
)

// A deed is a step that was begun, with what undoing it needs beyond the plan.
type deed struct {
	step *plan.Step
	id   string            // of the row, as far as it is known
	row  map[string]string // the whole row before a Remove, secrets included; memory only
}

// A transaction is one unit being carried out.
type transaction struct {
	unit *plan.Unit
	run  *run

	mu    sync.Mutex // guards deeds
	deeds map[string][]*deed
}

// unit carries out one unit and undoes it if it fails.
func (r *run) unit(ctx context.Context, u *plan.Unit) UnitResult {
	tx := &transaction{unit: u, run: r, deeds: map[string][]*deed{}}
	err := strayStep(u)
	if err == nil {
		err = tx.phase(ctx, plan.Prepare)
	}
	if err == nil {
		err = tx.phase(ctx, plan.Commit)
	}
	if err == nil {
		err = tx.verify(ctx)
	}
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done[u.Name] = tx
		return UnitResult{Unit: u.Name, State: Applied}
	}
	// Undoing goes on when the caller has given up: half a tunnel is worse.
	uctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), r.opts.UndoTimeout,
		fmt.Errorf("undoing %s took more than %v", u.Name, r.opts.UndoTimeout))
	defer cancel()
	left := tx.undo(uctx)
	state := Undone
	if len(left) > 0 {
		state = Stuck
	}
	return UnitResult{Unit: u.Name, State: state, Err: err, Leftovers: left}
}

// strayStep is the error of a step on a router that the unit does not name:
// nothing would do it, read it back or undo it.
func strayStep(u *plan.Unit) error {
	for i := range u.Steps {
		if s := &u.Steps[i]; !slices.Contains(u.Routers, s.Router) {
			return fmt.Errorf("%s %s %s is on %s, and the unit is one of %v only: the plan is wrong, make a new one",
				s.Op, s.Menu, s.Name, s.Router, u.Routers)
		}
	}
	return nil
}

// phase does the steps of one phase: routers in parallel, steps of a router in
// order. After the first failure no further step begins.
func (tx *transaction) phase(ctx context.Context, phase plan.Phase) error {
	var failed atomic.Bool
	errs := make([]error, len(tx.unit.Routers))
	var wg sync.WaitGroup
	for i, router := range tx.unit.Routers {
		wg.Go(func() {
			for j := range tx.unit.Steps {
				s := &tx.unit.Steps[j]
				if s.Router != router || s.Phase != phase {
					continue
				}
				if failed.Load() {
					return
				}
				if err := tx.do(ctx, s); err != nil {
					errs[i] = fmt.Errorf("%s %s %s on %s: %w", s.Op, s.Menu, s.Name, s.Router, err)
					failed.Store(true)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// do carries out one step and remembers it, also when its outcome is unknown.
func (tx *transaction) do(ctx context.Context, s *plan.Step) error {
	d := &deed{step: s, id: s.ID}
	if s.ID == "" {
		d.id = tx.addedID(s)
	}
	tx.mu.Lock()
	tx.deeds[s.Router] = append(tx.deeds[s.Router], d)
	tx.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, tx.run.opts.StepTimeout, fmt.Errorf("no answer within %v", tx.run.opts.StepTimeout))
	defer cancel()
	return tx.run.hands.do(ctx, d)
}

// addedID returns the id of the row that an earlier step of the unit added.
func (tx *transaction) addedID(s *plan.Step) string {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for _, d := range tx.deeds[s.Router] {
		if d.step.Op == plan.Add && d.step.Menu == s.Menu && d.step.Mark == s.Mark {
			return d.id
		}
	}
	return ""
}

// verify reads every object of the unit back and compares it with what the
// plan wanted.
func (tx *transaction) verify(ctx context.Context) error {
	errs := make([]error, len(tx.unit.Routers))
	var wg sync.WaitGroup
	for i, router := range tx.unit.Routers {
		wg.Go(func() {
			for _, menu := range menusOf(tx.deeds[router]) {
				err := func() error {
					ctx, cancel := context.WithTimeout(ctx, tx.run.opts.StepTimeout)
					defer cancel()
					return tx.run.hands.verify(ctx, router, menu, tx.deeds[router])
				}()
				if err != nil {
					errs[i] = fmt.Errorf("read back %s on %s: %w", menu, router, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// menusOf returns the menus that deeds touched, each once.
func menusOf(deeds []*deed) []string {
	var menus []string
	for _, d := range deeds {
		if !slices.Contains(menus, d.step.Menu) {
			menus = append(menus, d.step.Menu)
		}
	}
	return menus
}

// undo takes back every deed, last first, on all routers at once, and returns
// what it could not take back.
func (tx *transaction) undo(ctx context.Context) []Leftover {
	lists := make([][]Leftover, len(tx.unit.Routers))
	var wg sync.WaitGroup
	for i, router := range tx.unit.Routers {
		wg.Go(func() {
			for _, d := range slices.Backward(tx.deeds[router]) {
				if err := tx.run.undoing.undo(ctx, d, tx.run.opts.StepTimeout); err != nil {
					lists[i] = append(lists[i], leftover(d, err))
				}
			}
		})
	}
	wg.Wait()
	return slices.Concat(lists...)
}

// leftover describes a deed that could not be undone.
func leftover(d *deed, err error) Leftover {
	what := "may have been changed and was not set back"
	switch d.step.Op {
	case plan.Add:
		what = "may have been added and was not removed"
	case plan.Remove:
		what = "may have been removed and was not added again"
	case plan.Set, plan.OpUnknown:
	}
	if _, short := errors.AsType[*ShortError](err); short {
		what = "is not all that it was"
	}
	return Leftover{
		Router: d.step.Router, Menu: d.step.Menu, Name: d.step.Name, Mark: d.step.Mark, What: what, Err: err,
	}
}
