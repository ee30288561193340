package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// Pending returns the journals of applies to routers of this topology that have
// not ended, oldest first. Live ones are being carried out right now.
func (a *App) Pending() ([]*journal.Story, error) {
	all, err := journal.Pending(a.stateDir())
	if err != nil {
		return nil, err
	}
	addresses := a.addresses(nil)
	return slices.DeleteFunc(all, func(s *journal.Story) bool { return !s.Live && !s.Touches(addresses) }), nil
}

// Notices say what the last reading of the routers, and the journals here, tell
// of applies that have not ended. Nothing is empty.
func (a *App) Notices() []string {
	notices := slices.Clone(a.notices)
	pending, err := a.Pending()
	if err != nil {
		return append(notices, err.Error())
	}
	for _, s := range pending {
		if !s.Live && s.Begin.Plan != nil {
			notices = append(notices, s.Title()+" "+stand(s))
		}
	}
	return notices
}

// stand says in words how far a journal came.
func stand(s *journal.Story) string {
	const and = ", and was interrupted: jembatan recover"
	last := s.Begin
	for _, r := range s.Records {
		if r.What != journal.Unit {
			last = r
		}
	}
	switch last.What {
	case journal.Begin:
		return "had begun to arm the routers" + and
	case journal.Armed:
		return "was changing them" + and
	case journal.Verified:
		return "was done and was disarming them" + and
	case journal.RollingBack:
		return "was being undone" + and
	case journal.Awaiting:
		if last.Until != nil && time.Now().Before(*last.Until) {
			return "waits to be confirmed until " + last.Until.Local().Format(time.TimeOnly) + ": jembatan confirm"
		}
		return "was not confirmed in time and has been taken back by the routers"
	case journal.Unit, journal.End:
	}
	return "has not ended"
}

// findings says what is left on routers by applies.
func (a *App) findings(all []*plan.Observed) []string {
	var out []string
	for _, o := range all {
		holder, until, locked := apply.LeftLock(o)
		if locked && (isDead(holder) || !until.IsZero() && time.Now().After(until)) {
			out = append(out, fmt.Sprintf("%s: a lock of %s, who is gone: jembatan recover", o.Router, holder))
			locked = false
		}
		for _, l := range apply.LeftGuards(o) {
			if locked || l.Note.Part > 1 {
				continue // Somebody is at work.
			}
			if l.Note.Confirm {
				out = append(out, fmt.Sprintf("%s: what %s applied waits to be confirmed until %s: jembatan confirm",
					o.Router, l.Note.Holder, l.Note.Until.Local().Format(time.TimeOnly)))
				continue
			}
			out = append(out, fmt.Sprintf("%s: the guard %s of %s is still armed: jembatan recover", o.Router, l.Name, l.Note.Holder))
		}
	}
	return out
}

// A Recovered is one apply that was brought to an end.
type Recovered struct{ Title, Outcome string }

func (a *App) recoverOptions(undo bool) apply.RecoverOptions {
	return apply.RecoverOptions{Holder: holder(), Dead: isDead, Undo: undo, User: func(router string) string {
		return a.routers[router].Options.User
	}}
}

// Recover brings every interrupted apply to routers of this topology to its
// end, by its journal, newest first. Applies that wait to be confirmed are left
// unless undo is true, and are in the error as *apply.WaitingError.
func (a *App) Recover(ctx context.Context, undo bool) ([]Recovered, error) {
	pending, err := a.Pending()
	if err != nil {
		return nil, err
	}
	var done []Recovered
	var errs []error
	for _, s := range slices.Backward(pending) {
		if s.Live {
			if s.Begin.Plan == nil || s.Touches(a.addresses(nil)) {
				errs = append(errs, fmt.Errorf("%s is still at work", s.Title()))
			}
			continue
		}
		outcome, err := a.recoverOne(ctx, s, undo)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Title(), err))
			continue
		}
		done = append(done, Recovered{s.Title(), outcome})
	}
	return done, errors.Join(errs...)
}

func (a *App) recoverOne(ctx context.Context, s *journal.Story, undo bool) (string, error) {
	w, err := journal.Open(s.Path)
	if err != nil {
		return "", err
	}
	defer func() { _ = w.Close() }() // All that matters was synced.
	outcome, err := apply.Recover(ctx, a.connect, s, a.recoverOptions(undo))
	if err != nil {
		return "", err
	}
	return outcome, w.Append(journal.Record{At: time.Now(), What: journal.End, Result: outcome, Why: "recovered"})
}

// Sweep cleans the routers by our marks alone.
func (a *App) Sweep(ctx context.Context, undo bool) ([]*apply.Swept, error) {
	out := make([]*apply.Swept, len(a.Topology.Routers))
	errs := make([]error, len(out))
	var wg sync.WaitGroup
	for i, r := range a.Topology.Routers {
		wg.Go(func() {
			var err error
			if out[i], err = apply.Sweep(ctx, a.connect, r.Name, a.recoverOptions(undo)); err != nil {
				errs[i] = fmt.Errorf("%s: %w", r.Name, err)
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// errTooLate is a confirmation that came when guards had begun to fire.
var errTooLate = errors.New("too late: not every guard is armed any more, and the others take the rest back by themselves")

// Confirm keeps what was applied with Confirm: it finds the guards on the
// routers by their marks and removes them. It returns how many routers there
// were. When some guard has already fired nothing is touched.
func (a *App) Confirm(ctx context.Context) (routers int, err error) {
	var mu sync.Mutex
	groups := map[string][]guard.Leftover{}
	err = a.eachRouter(func(router string) error {
		c, err := a.connect(ctx, router)
		if err != nil {
			return err
		}
		found, err := guard.Find(ctx, c, router)
		mu.Lock()
		defer mu.Unlock()
		for _, l := range found {
			if l.Note.Confirm {
				groups[l.Note.ID] = append(groups[l.Note.ID], l)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		n, err := a.confirmOne(ctx, id, groups[id])
		if err != nil {
			return routers, err
		}
		routers += n
	}
	return routers, nil
}

func (a *App) confirmOne(ctx context.Context, id string, found []guard.Leftover) (int, error) {
	parts := map[string]int{}
	for _, l := range found {
		parts[l.Router]++
	}
	for _, l := range found {
		if len(parts) != l.Note.Routers || parts[l.Router] != l.Note.Parts || time.Until(l.Note.Until) < guardSlack {
			return 0, errTooLate
		}
	}
	err := a.eachRouter(func(router string) error {
		for _, l := range found {
			if l.Router != router {
				continue
			}
			err := routeros.Persist(ctx, func() error {
				c, err := a.connect(ctx, router)
				if err != nil {
					return err
				}
				return routeros.Delete(ctx, c, guard.Menu, l.RowID)
			})
			if err != nil {
				return fmt.Errorf("remove the scheduler entry %s: %w", l.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	pending, err := a.Pending()
	for _, s := range pending {
		if s.Begin.ID != id || s.Live {
			continue
		}
		w, oerr := journal.Open(s.Path)
		if oerr == nil {
			oerr = errors.Join(w.Append(journal.Record{At: time.Now(), What: journal.End, Result: journal.Done, Why: "confirmed"}), w.Close())
		}
		err = errors.Join(err, oerr)
	}
	return len(parts), err
}

// guardSlack is how much of a guard's time must be left for a confirmation.
const guardSlack = 2 * time.Second

// eachRouter runs f for every router of the topology at once.
func (a *App) eachRouter(f func(router string) error) error {
	errs := make([]error, len(a.Topology.Routers))
	var wg sync.WaitGroup
	for i, r := range a.Topology.Routers {
		wg.Go(func() {
			if err := f(r.Name); err != nil {
				errs[i] = fmt.Errorf("%s: %w", r.Name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
