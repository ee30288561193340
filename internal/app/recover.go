package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"jembatan/tunnel/apply"
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
type Recovered struct {
	Title string
	*apply.Recovery
}

// RecoverOptions say what Recover does beyond finishing what was interrupted.
type RecoverOptions struct {
	// Undo takes back what waits to be confirmed, too.
	Undo bool
	// Forget are routers that are given up where they do not answer.
	Forget []string
}

func (a *App) recoverOptions(o RecoverOptions) apply.RecoverOptions {
	return apply.RecoverOptions{
		Holder: holder(), Dead: isDead, Undo: o.Undo, Forget: o.Forget,
		User: func(router string) string { return a.routers[router].Options.User },
	}
}

// Recover brings every interrupted apply to routers of this topology to its
// end, by its journal, newest first. Those that it cannot are in the error, an
// *UnrecoveredError, and so are applies that wait to be confirmed unless Undo is
// true.
func (a *App) Recover(ctx context.Context, o RecoverOptions) ([]Recovered, error) {
	pending, err := a.Pending()
	if err != nil {
		return nil, err
	}
	if err := knowsAll(pending, o.Forget); err != nil {
		return nil, err
	}
	var done []Recovered
	var not UnrecoveredError
	for _, s := range slices.Backward(pending) {
		if s.Live {
			if s.Begin.Plan == nil || s.Touches(a.addresses(nil)) {
				not.Applies = append(not.Applies, Unrecovered{s.Title(), nameList(s.Begin.Addresses), errLive})
			}
			continue
		}
		r, err := a.recoverOne(ctx, s, o)
		if err != nil {
			not.Applies = append(not.Applies, Unrecovered{s.Title(), pendingOn(s, err), err})
			continue
		}
		done = append(done, Recovered{s.Title(), r})
	}
	if len(not.Applies) > 0 {
		return done, &not
	}
	return done, nil
}

func (a *App) recoverOne(ctx context.Context, s *journal.Story, o RecoverOptions) (*apply.Recovery, error) {
	w, err := journal.Open(s.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }() // All that matters was synced.
	r, err := apply.Recover(ctx, a.connect, s, a.recoverOptions(o))
	if err != nil {
		return nil, a.gone(err)
	}
	why := "recovered"
	if len(r.Forgotten) > 0 {
		why += " without " + strings.Join(r.Forgotten, ", ")
	}
	if len(r.LeftAlone) > 0 {
		why += ", left alone on " + strings.Join(nameList(r.LeftAlone), ", ")
	}
	return r, w.Append(journal.Record{At: time.Now(), What: journal.End, Result: r.Outcome, Why: why})
}

// Sweep cleans the routers by our marks alone.
func (a *App) Sweep(ctx context.Context, o RecoverOptions) ([]*apply.Swept, error) {
	out := make([]*apply.Swept, len(a.Topology.Routers))
	errs := make([]error, len(out))
	var wg sync.WaitGroup
	for i, r := range a.Topology.Routers {
		wg.Go(func() {
			var err error
			if out[i], err = apply.Sweep(ctx, a.connect, r.Name, a.recoverOptions(o)); err != nil {
				errs[i] = fmt.Errorf("%s: %w", r.Name, err)
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

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
