package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
)

// A trace is what there is of one apply on a router.
type trace struct {
	guards int
	locked bool // by the apply, or by somebody who recovered it
}

// isThere reports whether the trace proves that nobody has changed the router
// with us since the apply: its lock, in force or run out, goes only when another
// takes it over, and routers on which a guard waits are refused to every other
// apply. A guard that fires takes both away, and then nothing is left to undo.
func (t trace) isThere() bool { return t.guards > 0 || t.locked }

// look reads the trace of an apply on one router.
func look(ctx context.Context, connect Connect, router string, story *journal.Story) (t trace, err error) {
	c, err := connect(ctx, router)
	if err != nil {
		return t, err
	}
	found, err := guard.Find(ctx, c, router)
	if err != nil {
		return t, fmt.Errorf("read %s: %w", guard.Menu, err)
	}
	for _, l := range found {
		if l.Note.ID == story.Begin.ID {
			t.guards++
		}
	}
	rows, err := routeros.Print(ctx, c, menuScript, []string{".id", "name", "comment"}, "?name="+lockName)
	if err != nil {
		return t, fmt.Errorf("read %s: %w", menuScript, err)
	}
	for _, row := range rows {
		comment, _ := row.Get("comment")
		t.locked = t.locked || isLockOf(story, comment)
	}
	return t, nil
}

// isLockOf reports whether a lock is that of an apply. A process of the same
// name may have come before or after its writer: numbers of processes repeat.
func isLockOf(story *journal.Story, comment string) bool {
	holder, until := parseLock(comment)
	if strings.HasPrefix(holder, recovererPrefix(story)) {
		return true
	}
	if story.Begin.Holder == "" || holder != CleanHolder(story.Begin.Holder) {
		return false
	}
	if until.IsZero() {
		return true
	}
	taken := until.Add(-lockFor) // in whole seconds, by the clock that wrote the journal
	if taken.Before(story.Begin.At.Truncate(time.Second)) {
		return false
	}
	armed, ok := story.Last(journal.Armed)
	return !ok || armed.At.IsZero() || !taken.After(armed.At)
}

// recovererPrefix begins the holders of locks of those who recover an apply, so
// that the lock of one who dies at it still tells of which apply it is.
func recovererPrefix(story *journal.Story) string {
	return CleanHolder("recovery of " + story.Begin.ID + " by ")
}

// A claim is one router on which an apply is recovered.
type claim struct {
	router string
	// err is why the router could not be looked at, or locked.
	err error
	// ours says that the state of the apply may still be there, and unlock ends
	// the lock that then holds the router.
	ours   bool
	unlock func(context.Context) error
}

// claimRouter looks at one router, and locks it if there is a trace of the apply.
// Where there is none nothing is to be done, and so no lock is needed. The lock
// of the apply is read a moment before it is taken over; in that moment another
// would have to take it over, carry out all of a plan, and unlock. Whoever dies
// between the end of that lock and its own leaves no proof: then nothing more is
// undone.
func (rc *recovery) claimRouter(ctx context.Context, router string) *claim {
	cl := &claim{router: router}
	before, err := look(ctx, rc.connect, router, rc.story)
	if err != nil || !before.isThere() {
		cl.err = err
		return cl
	}
	if cl.unlock, err = rc.lock(ctx, router); err != nil {
		cl.err = err
		return cl
	}
	cl.ours = true
	if before.locked {
		return cl
	}
	after, err := look(ctx, rc.connect, router, rc.story) // The guard may have fired meanwhile.
	cl.err, cl.ours = err, err == nil && after.guards > 0
	if !cl.ours {
		cl.err = errors.Join(cl.err, cl.unlock(context.WithoutCancel(ctx)))
	}
	return cl
}

// lock locks one router in the name of the apply that is recovered.
func (rc *recovery) lock(ctx context.Context, router string) (unlock func(context.Context) error, err error) {
	prefix, gone := recovererPrefix(rc.story), rc.o.dead(rc.story.Begin.Holder)
	// Whoever has the journal is the only one who recovers it.
	dead := func(holder string) bool { return gone(holder) || strings.HasPrefix(holder, prefix) }
	return LockOver(ctx, rc.connect, []string{router}, prefix+rc.o.Holder, dead)
}

// Stands reports whether everything that an apply has done is in place on all
// its routers with no guard of it left: whoever ended the guards has kept it. It
// reads and changes nothing; a router that does not answer is an error.
func Stands(ctx context.Context, connect Connect, story *journal.Story) (bool, error) {
	routers := slices.Sorted(routersOf(story))
	guarded := make([]bool, len(routers))
	err := each(routers, func(router string) error {
		t, err := look(ctx, connect, router, story)
		guarded[slices.Index(routers, router)] = t.guards > 0
		return err
	})
	if err != nil || slices.Contains(guarded, true) {
		return false, err
	}
	missing, err := Missing(ctx, connect, doneOf(story, story.Begin.Plan), nil)
	return err == nil && len(missing) == 0, err
}
