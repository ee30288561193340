package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
)

// lockName is the script by which a router is locked. RouterOS gives a name to
// one script only, which makes adding it the test and the act in one sentence.
const lockName = guard.LockName

// menuScript is where the lock lives.
const menuScript = "/system/script"

// lockFor is how long a lock holds when its holder has died. It is longer than
// any apply; clocks of controllers may differ by far less.
const lockFor = 30 * time.Minute

// A LockedError says that somebody else is changing a router.
type LockedError struct {
	Router, Holder string
	Until          time.Time // zero when the lock does not say
}

// Error names the holder.
func (e *LockedError) Error() string {
	if e.Until.IsZero() {
		return fmt.Sprintf("%s is being changed by %s (a lock that does not expire: remove the script %s there if it is stale)",
			e.Router, e.Holder, lockName)
	}
	return fmt.Sprintf("%s is being changed by %s (until %s at the latest)", e.Router, e.Holder, e.Until.Format(time.RFC3339))
}

// Lock locks routers for one holder, all or none, and returns what unlocks
// them. Another holder is a *LockedError. A lock whose time has run out is
// taken over. The first router by name is asked before the others, so of two
// that come at once one gets all.
func Lock(ctx context.Context, connect Connect, routers []string, holder string) (unlock func(context.Context) error, err error) {
	return LockOver(ctx, connect, routers, holder, nil)
}

// LockOver is Lock that also takes over the locks of holders of whom dead says
// that they are gone. Nil is nobody.
func LockOver(
	ctx context.Context, connect Connect, routers []string, holder string, dead func(holder string) bool,
) (unlock func(context.Context) error, err error) {
	if dead == nil {
		dead = func(string) bool { return false }
	}
	routers = slices.Sorted(slices.Values(routers))
	l := &locks{connect: connect, holder: CleanHolder(holder), dead: dead, ids: map[string]string{}}
	arbiter := min(1, len(routers))
	for _, part := range [][]string{routers[:arbiter], routers[arbiter:]} {
		if err := l.each(ctx, part, l.take); err != nil {
			return nil, errors.Join(err, l.release(context.WithoutCancel(ctx)))
		}
	}
	return l.release, nil
}

// CleanHolder makes a holder fit into one word of a comment.
func CleanHolder(holder string) string {
	return strings.Join(strings.Fields(holder), "_")
}

type locks struct {
	connect Connect
	holder  string
	dead    func(holder string) bool

	mu  sync.Mutex // guards ids
	ids map[string]string
}

// each runs f for every router at once and joins the errors.
func (l *locks) each(ctx context.Context, routers []string, f func(context.Context, string) error) error {
	errs := make([]error, len(routers))
	var wg sync.WaitGroup
	for i, router := range routers {
		wg.Go(func() { errs[i] = f(ctx, router) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// take locks one router.
func (l *locks) take(ctx context.Context, router string) error {
	c, err := l.connect(ctx, router)
	if err != nil {
		return fmt.Errorf("lock %s: %w", router, err)
	}
	for try := 0; ; try++ {
		until := time.Now().Add(lockFor).UTC().Format(time.RFC3339)
		id, err := routeros.Create(ctx, c, menuScript, routeros.FieldsOf(
			"name", lockName, "policy", "read", "source", "", "comment", guard.LockMark+l.holder+" until "+until))
		switch {
		case err == nil:
			l.keep(router, id)
			return nil
		case errors.Is(err, routeros.ErrOutcomeUnknown) && try == 0:
			if c, err = l.connect(ctx, router); err != nil {
				return fmt.Errorf("lock %s: %w", router, err)
			}
		case !errors.Is(err, routeros.ErrExists):
			return fmt.Errorf("lock %s: %w", router, err)
		}
		if taken, err := l.takeOver(ctx, c, router, try == 0); taken || err != nil {
			return err
		}
	}
}

func (l *locks) keep(router, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids[router] = id
}

// takeOver looks at the lock that is there. One of our own, whose answer was
// lost, is taken; one whose time has run out is removed, to try again; any
// other is a *LockedError.
func (l *locks) takeOver(ctx context.Context, c routeros.Caller, router string, first bool) (taken bool, err error) {
	rows, err := routeros.Print(ctx, c, menuScript, []string{".id", "name", "comment"}, "?name="+lockName)
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", router, err)
	}
	if len(rows) == 0 {
		if first {
			return false, nil // Unlocked in the meantime.
		}
		return false, &LockedError{Router: router, Holder: "somebody else"}
	}
	comment, _ := rows[0].Get("comment")
	holder, until := parseLock(comment)
	if holder == l.holder {
		l.keep(router, rows[0].ID())
		return true, nil
	}
	stale := !until.IsZero() && !time.Now().Before(until) || l.dead(holder)
	if !first || !stale {
		return false, &LockedError{Router: router, Holder: holder, Until: until}
	}
	return false, ignoreGone(routeros.Delete(ctx, c, menuScript, rows[0].ID()))
}

// parseLock reads a lock's comment.
func parseLock(comment string) (holder string, until time.Time) {
	holder, at, _ := strings.Cut(strings.TrimPrefix(comment, guard.LockMark), " until ")
	if holder == "" {
		holder = "an unknown holder"
	}
	until, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return holder, time.Time{}
	}
	return holder, until
}

// release unlocks whatever is locked. What cannot be unlocked is in the error;
// it unlocks itself when its time has run out.
func (l *locks) release(ctx context.Context) error {
	l.mu.Lock()
	ids := l.ids
	l.ids = map[string]string{}
	l.mu.Unlock()
	var routers []string
	for router := range ids {
		routers = append(routers, router)
	}
	return l.each(ctx, routers, func(ctx context.Context, router string) error {
		ctx, cancel := context.WithTimeout(ctx, unlockTimeout)
		defer cancel()
		err := routeros.Persist(ctx, func() error {
			c, err := l.connect(ctx, router)
			if err != nil {
				return err
			}
			return ignoreGone(routeros.Delete(ctx, c, menuScript, ids[router]))
		})
		if err != nil {
			return fmt.Errorf("unlock %s: %w (remove the script %s there)", router, err, lockName)
		}
		return nil
	})
}

// unlockTimeout bounds the unlocking of one router.
const unlockTimeout = 20 * time.Second
