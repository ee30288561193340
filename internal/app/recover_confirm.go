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
)

// errTooLate is a confirmation that came when guards had begun to fire.
var errTooLate = errors.New("too late: not every guard is armed any more, and the others take the rest back by themselves")

// guardSlack is how much of a guard's time must be left for a confirmation.
const guardSlack = 2 * time.Second

// Confirm keeps what was applied with Confirm: it finds the guards on the
// routers by their marks and removes them. It returns how many routers there
// were. When some guard has already fired nothing is touched. Each guard says on
// how many routers its change is, so a router that does not answer is an error
// only where it may have a part in what waits; of others Notices tell.
func (a *App) Confirm(ctx context.Context) (routers int, err error) {
	groups, away := a.waiting(ctx)
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		n, err := a.confirmOne(ctx, id, groups[id], away)
		if err != nil {
			return routers, err
		}
		routers += n
	}
	if routers == 0 && len(away) > 0 {
		return 0, errors.Join(away...)
	}
	for _, err := range away {
		a.notices = append(a.notices, err.Error())
	}
	return routers, a.endStanding(ctx)
}

// waiting finds the guards that wait to be confirmed, by apply, and says of the
// routers that do not answer why.
func (a *App) waiting(ctx context.Context) (groups map[string][]guard.Leftover, away []error) {
	var mu sync.Mutex // guards groups and away
	groups = map[string][]guard.Leftover{}
	_ = a.eachRouter(func(router string) error { // Errors are gathered in away.
		var found []guard.Leftover
		c, err := a.connect(ctx, router)
		if err == nil {
			found, err = guard.Find(ctx, c, router)
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			away = append(away, fmt.Errorf("%s: %w", router, err))
		}
		for _, l := range found {
			if l.Note.Confirm {
				groups[l.Note.ID] = append(groups[l.Note.ID], l)
			}
		}
		return nil
	})
	return groups, away
}

// confirmOne keeps one apply whose guards were found.
func (a *App) confirmOne(ctx context.Context, id string, found []guard.Leftover, away []error) (int, error) {
	parts := map[string]int{}
	for _, l := range found {
		parts[l.Router]++
	}
	whole := true
	for _, l := range found {
		if time.Until(l.Note.Until) < guardSlack {
			return 0, errTooLate
		}
		whole = whole && len(parts) == l.Note.Routers && parts[l.Router] == l.Note.Parts
	}
	switch {
	case whole:
	case len(away) > 0:
		return 0, fmt.Errorf("%d of the %d routers on which %s waits to be confirmed answer, and it is kept on all or on none: %w",
			len(parts), found[0].Note.Routers, id, errors.Join(away...))
	case !a.halfConfirmed(ctx, id):
		return 0, errTooLate
	}
	err := a.eachRouter(func(router string) error {
		for _, l := range found {
			if l.Router != router {
				continue
			}
			if err := a.disarm(ctx, &l); err != nil {
				return fmt.Errorf("remove the scheduler entry %s: %w", l.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(parts), a.endConfirmed(func(s *journal.Story) bool { return s.Begin.ID == id })
}

// disarm removes one guard. One that is gone before its time went by our own
// command, whose answer was lost, or by another who confirms.
func (a *App) disarm(ctx context.Context, l *guard.Leftover) error {
	err := routeros.Persist(ctx, func() error {
		c, err := a.connect(ctx, l.Router)
		if err != nil {
			return err
		}
		return routeros.Delete(ctx, c, guard.Menu, l.RowID)
	})
	if errors.Is(err, routeros.ErrNotFound) && time.Until(l.Note.Until) >= guardSlack {
		return nil
	}
	return err
}

// halfConfirmed reports whether a confirmation of an apply of ours ended half
// way: guards are missing, and everything that it did is in place.
func (a *App) halfConfirmed(ctx context.Context, id string) bool {
	pending, err := a.Pending()
	for _, s := range pending {
		if s.Begin.ID != id || s.Live || !awaits(s) {
			continue
		}
		missing, merr := apply.Missing(ctx, a.connect, s.Begin.Plan, nil)
		return err == nil && merr == nil && len(missing) == 0
	}
	return false
}

// endStanding ends the journals here of applies that somebody else has
// confirmed, as far as the routers answer.
func (a *App) endStanding(ctx context.Context) error {
	return a.endConfirmed(func(s *journal.Story) bool {
		if !awaits(s) {
			return false
		}
		stands, err := apply.Stands(ctx, a.connect, s)
		return err == nil && stands
	})
}

// awaits reports whether the last word of a journal is that it waits to be
// confirmed.
func awaits(s *journal.Story) bool {
	_, waiting := s.Last(journal.Awaiting)
	_, rolling := s.Last(journal.RollingBack)
	return waiting && !rolling
}

// endConfirmed ends the journals that have been confirmed.
func (a *App) endConfirmed(confirmed func(*journal.Story) bool) error {
	pending, err := a.Pending()
	for _, s := range pending {
		if s.Live || !confirmed(s) {
			continue
		}
		w, oerr := journal.Open(s.Path)
		if oerr == nil {
			oerr = errors.Join(w.Append(journal.Record{At: time.Now(), What: journal.End, Result: journal.Done, Why: "confirmed"}), w.Close())
		}
		err = errors.Join(err, oerr)
	}
	return err
}
