package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
)

// Swept is what Sweep found on one router.
type Swept struct {
	Router string
	// Fired are guards that were told to do their work at once, Locks holders
	// whose locks were removed.
	Fired, Locks []string
	// Unrolled says that a safe mode of ours was left backwards.
	Unrolled bool
	// Waiting are applies that wait to be confirmed, and were left alone.
	Waiting []*WaitingError
	// Busy is somebody who is at work there; nothing was touched then.
	Busy *LockedError
}

// Nothing reports whether there was nothing to do.
func (s *Swept) Nothing() bool {
	return len(s.Fired)+len(s.Locks)+len(s.Waiting) == 0 && !s.Unrolled && s.Busy == nil
}

// Sweep cleans one router of what an apply has left, without its journal, by
// our marks alone: guards do their work at once instead of later, stale locks
// and a safe mode of a dead session of ours go. Half tunnels are not its
// business: they carry marks, and the next plan completes or removes them.
func Sweep(ctx context.Context, connect Connect, router string, o RecoverOptions) (*Swept, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, recoverTimeout, fmt.Errorf("not swept within %v", recoverTimeout))
	defer cancel()
	s := &Swept{Router: router}
	c, err := connect(ctx, router)
	if err != nil {
		return s, err
	}
	rows, err := routeros.Print(ctx, c, menuScript, []string{".id", "name", "comment"}, "?name="+lockName)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		comment, _ := row.Get("comment")
		holder, until := parseLock(comment)
		if stale := !until.IsZero() && time.Now().After(until) || o.dead("")(holder); !stale {
			s.Busy = &LockedError{Router: router, Holder: holder, Until: until}
			return s, nil
		}
		s.Locks = append(s.Locks, holder)
	}
	if err := s.safeMode(ctx, connect, o); err != nil {
		return s, err
	}
	if err := s.guards(ctx, c, o); err != nil {
		return s, err
	}
	for _, row := range rows {
		if err := ignoreGone(routeros.Delete(ctx, c, menuScript, row.ID())); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *Swept) safeMode(ctx context.Context, connect Connect, o RecoverOptions) error {
	before := guard.Nobody(ctx, guard.Connect(connect), s.Router)
	if before == nil {
		return nil
	}
	held, ok := errors.AsType[*guard.HeldError](before)
	if !ok {
		return before
	}
	if o.User == nil || held.User != o.User(s.Router) {
		return nil // A person's; none of ours.
	}
	s.Unrolled = true
	return leaveSafeMode(ctx, connect, s.Router, false, o)
}

// guards makes our scheduler entries run now: their interval is what they wait.
func (s *Swept) guards(ctx context.Context, c routeros.Caller, o RecoverOptions) error {
	found, err := guard.Find(ctx, c, s.Router)
	if err != nil {
		return err
	}
	fired := map[string]bool{}
	for _, l := range found {
		if l.Note.Confirm && !o.Undo && time.Now().Before(l.Note.Until) {
			if l.Note.Part == 1 {
				s.Waiting = append(s.Waiting, &WaitingError{ID: l.Note.ID, Holder: l.Note.Holder, Until: l.Note.Until})
			}
			continue
		}
		fired[l.Name] = true
		s.Fired = append(s.Fired, l.Name)
		if err := ignoreGone(routeros.Update(ctx, c, guard.Menu, []string{l.RowID}, routeros.FieldsOf("interval", "1s"))); err != nil {
			return err
		}
	}
	for begun := time.Now(); len(fired) > 0; {
		if found, err = guard.Find(ctx, c, s.Router); err != nil {
			return err
		}
		left := 0
		for _, l := range found {
			if fired[l.Name] {
				left++
			}
		}
		if left == 0 {
			return nil
		}
		if time.Since(begun) > fireTime {
			return fmt.Errorf("%d guards have run and could not take everything back; the router's log says more", left)
		}
		timer := time.NewTimer(fireTime / 50)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}

// fireTime is how long guards that are to run at once may take.
const fireTime = 10 * time.Second
