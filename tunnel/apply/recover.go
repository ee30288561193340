package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// RecoverOptions say how an apply that was interrupted is recovered.
type RecoverOptions struct {
	// Holder is who recovers.
	Holder string
	// Dead says which holders of locks are known to be gone; nil is nobody but
	// whoever wrote the journal.
	Dead func(holder string) bool
	// User is the name under which we log in to a router: a safe mode that it
	// holds although nobody of ours is at work is a leftover.
	User func(router string) string
	// Undo takes back what waits for a confirmation, too.
	Undo bool
}

func (o RecoverOptions) dead(writer string) func(string) bool {
	return func(holder string) bool {
		return writer != "" && holder == CleanHolder(writer) || o.Dead != nil && o.Dead(holder)
	}
}

// A WaitingError says that an apply waits for a person to confirm it.
type WaitingError struct {
	ID, Holder string
	Until      time.Time
}

// Error says until when.
func (e *WaitingError) Error() string {
	return fmt.Sprintf("the apply %s waits to be confirmed until %s", e.ID, e.Until.Local().Format("15:04:05"))
}

// Recover brings an apply that was interrupted to one of its ends: to what was
// planned if that had been verified and is still in place everywhere, else to
// what was before. It asks the routers what is true and believes the journal
// only about what was intended. Nothing of the apply is left when it returns
// without an error. The outcome is journal.Done, journal.Undone or
// journal.Reverted.
//
// An apply that may still be confirmed is a *WaitingError, one whose lock is
// somebody else's a *LockedError.
func Recover(ctx context.Context, connect Connect, story *journal.Story, o RecoverOptions) (outcome string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, recoverTimeout, fmt.Errorf("not recovered within %v", recoverTimeout))
	defer cancel()
	p, now := story.Begin.Plan, time.Now()
	waits, waiting := story.Last(journal.Awaiting)
	_, rolling := story.Last(journal.RollingBack)
	if waiting && !rolling && !o.Undo && waits.Until != nil && now.Before(*waits.Until) {
		return "", &WaitingError{ID: story.Begin.ID, Holder: story.Begin.Holder, Until: *waits.Until}
	}
	inverses := p.Inverses()
	routers := slices.Sorted(maps.Keys(inverses))
	unlock, err := LockOver(ctx, connect, routers, o.Holder, o.dead(story.Begin.Holder))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock(context.WithoutCancel(ctx))) }()
	verified, forward := story.Last(journal.Verified)
	forward = forward && !rolling && !waiting
	if err := each(routers, func(router string) error { return leaveSafeMode(ctx, connect, router, forward, o) }); err != nil {
		return "", err
	}
	if forward {
		missing, err := Missing(ctx, connect, doneOf(story, p), nil)
		if err != nil {
			return "", err
		}
		if len(missing) == 0 {
			return verified.Result, removeGuards(ctx, connect, routers, story.Begin.ID)
		}
	}
	var mu sync.Mutex
	var left []Leftover
	err = each(routers, func(router string) error {
		l, err := undoInverses(ctx, connect, inverses[router])
		mu.Lock()
		defer mu.Unlock()
		left = append(left, l...)
		return err
	})
	if err == nil && len(left) > 0 {
		err = &StuckError{Leftovers: left}
	}
	if err != nil {
		return "", err
	}
	outcome = journal.Undone
	if waiting && !o.Undo {
		outcome = journal.Reverted
	}
	return outcome, removeGuards(ctx, connect, routers, story.Begin.ID)
}

// recoverTimeout bounds a recovery, silent routers included.
const recoverTimeout = 2 * time.Minute

// A StuckError lists what could not be undone.
type StuckError struct{ Leftovers []Leftover }

// Error counts.
func (e *StuckError) Error() string {
	return fmt.Sprintf("%d objects could not be brought back to what they were", len(e.Leftovers))
}

// doneOf is the plan with only the units that the journal knows to be applied.
// Whatever was told before the plan was verified is on the disk with that.
func doneOf(story *journal.Story, p *plan.Plan) *plan.Plan {
	last := map[string]string{}
	for _, r := range story.Records {
		if r.What == journal.Unit {
			last[r.Unit] = r.State
		}
	}
	out := *p
	out.Units = nil
	for _, u := range p.Units {
		if last[u.Name] == Applied.String() {
			out.Units = append(out.Units, u)
		}
	}
	return &out
}

// each runs f for every router at once and joins the errors, each with its
// router.
func each(routers []string, f func(router string) error) error {
	errs := make([]error, len(routers))
	var wg sync.WaitGroup
	for i, router := range routers {
		wg.Go(func() {
			if err := f(router); err != nil {
				errs[i] = fmt.Errorf("%s: %w", router, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// leaveSafeMode ends a safe mode that a session of ours has left behind: kept
// when the change goes forward, else rolled back. One that somebody else holds
// is a *guard.HeldError.
func leaveSafeMode(ctx context.Context, connect Connect, router string, keep bool, o RecoverOptions) error {
	err := guard.Nobody(ctx, guard.Connect(connect), router)
	held, ok := errors.AsType[*guard.HeldError](err)
	if !ok || o.User == nil || held.User != o.User(router) {
		return err
	}
	c, err := connect(ctx, router)
	if err != nil {
		return err
	}
	command := "/safe-mode/unroll"
	if keep {
		command = "/safe-mode/release"
	}
	_, err = routeros.Command(ctx, c, command, nil)
	return err
}

// removeGuards removes the scheduler entries of an apply.
func removeGuards(ctx context.Context, connect Connect, routers []string, id string) error {
	return each(routers, func(router string) error {
		return routeros.Persist(ctx, func() error {
			c, err := connect(ctx, router)
			if err != nil {
				return err
			}
			found, err := guard.Find(ctx, c, router)
			for _, l := range found {
				if err == nil && l.Note.ID == id {
					err = ignoreGone(routeros.Delete(ctx, c, guard.Menu, l.RowID))
				}
			}
			return err
		})
	})
}

// undoInverses carries out inverses over the API as a guard's script would, and
// returns what could not be brought back.
func undoInverses(ctx context.Context, connect Connect, inverses []plan.Inverse) ([]Leftover, error) {
	var left []Leftover
	for i := range inverses {
		inv := &inverses[i]
		var changed bool
		err := routeros.Persist(ctx, func() (err error) {
			changed, err = undoInverse(ctx, connect, inv)
			return err
		})
		if err == nil && changed && inv.Secret {
			err = errors.New("its secret is not known here and was not given back")
		}
		if _, refused := errors.AsType[*routeros.TrapError](err); err != nil && !refused && !inv.Secret {
			return left, err // It does not answer; the rest would not either.
		}
		if err != nil {
			left = append(left, Leftover{Router: inv.Router, Menu: inv.Menu, Name: inv.Name, Mark: inv.Mark, What: "was not brought back", Err: err})
		}
	}
	return left, nil
}

// undoInverse does one inverse where there is something to do.
func undoInverse(ctx context.Context, connect Connect, inv *plan.Inverse) (changed bool, err error) {
	c, err := connect(ctx, inv.Router)
	if err != nil {
		return false, err
	}
	var query []string
	for _, name := range slices.Sorted(maps.Keys(inv.Where)) {
		if query = append(query, "?"+name+"="+inv.Where[name]); len(query) > 1 {
			query = append(query, "?#&")
		}
	}
	rows, err := routeros.Print(ctx, c, inv.Menu, plan.Proplist(inv.Menu), query...)
	if err != nil {
		return false, err
	}
	fields := inverseFields(inv)
	switch inv.Op {
	case plan.Remove:
		for _, row := range rows {
			err = errors.Join(err, ignoreGone(routeros.Delete(ctx, c, inv.Menu, row.ID())))
		}
		return len(rows) > 0, err
	case plan.Set:
		want := plan.Step{Menu: inv.Menu, Want: inv.Want, Unset: inv.Unset}
		for _, row := range rows {
			if plan.Mismatch(&want, row.Map()) != "" || inv.Secret {
				changed = true
				err = errors.Join(err, routeros.Update(ctx, c, inv.Menu, []string{row.ID()}, fields))
			}
		}
		return changed, err
	case plan.Add:
		if len(rows) > 0 {
			return false, nil
		}
		_, err = routeros.Create(ctx, c, inv.Menu, fields)
		return true, err
	case plan.OpUnknown:
	}
	return false, nil
}

func inverseFields(inv *plan.Inverse) routeros.Fields {
	var f routeros.Fields
	for _, name := range slices.Sorted(maps.Keys(inv.Want)) {
		f = f.With(name, inv.Want[name])
	}
	for _, name := range inv.Unset {
		f = f.NoValue(name)
	}
	return f
}
