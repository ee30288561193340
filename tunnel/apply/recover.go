package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

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
	// Forget are routers that are given up where they do not answer: the apply
	// ends without them.
	Forget []string
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

// A PendingError says on which routers an interrupted apply is not at an end
// yet, and why. Everything that could be done on the others is done.
type PendingError struct {
	Routers map[string]error
	// Stuck is what could not be undone; nil when nothing was tried in vain.
	Stuck *StuckError
}

// Error lists the routers.
func (e *PendingError) Error() string {
	var lines []string
	for _, router := range slices.Sorted(maps.Keys(e.Routers)) {
		lines = append(lines, fmt.Sprintf("%s: %v", router, e.Routers[router]))
	}
	return "not recovered yet on " + strings.Join(lines, "; ")
}

// Unwrap returns the reasons, Stuck among them.
func (e *PendingError) Unwrap() []error {
	var errs []error
	if e.Stuck != nil {
		errs = append(errs, e.Stuck)
	}
	for _, router := range slices.Sorted(maps.Keys(e.Routers)) {
		errs = append(errs, e.Routers[router])
	}
	return errs
}

// A Recovery is how an interrupted apply was brought to its end.
type Recovery struct {
	// Outcome is journal.Done, Partly, Undone, Reverted or Superseded.
	Outcome string
	// LeftAlone are the names of objects, by router, that are not what they were
	// before the apply, and that were not touched: neither a lock nor a guard of
	// the apply is there, so whatever is there may be somebody else's by now.
	LeftAlone map[string][]string
	// Forgotten are the routers that did not answer and were given up.
	Forgotten []string
}

// Recover brings an apply that was interrupted to one of its ends: to what was
// planned if that had been verified and is still in place everywhere, else to
// what was before. It asks the routers what is true and believes the journal
// only about what was intended. A router is changed only where a lock or a guard
// of this very apply is still there; elsewhere somebody else may have worked
// since, and the next plan finds what differs. No lock and
// no guard of the apply is left when it returns without an error.
//
// An apply that may still be confirmed is a *WaitingError. Routers that do not
// answer, or that somebody else has locked, are in a *PendingError; the others
// are recovered all the same, except that what was verified, and is in place as
// far as can be seen, is neither kept nor undone before all have answered.
func Recover(ctx context.Context, connect Connect, story *journal.Story, o RecoverOptions) (*Recovery, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, recoverTimeout, fmt.Errorf("not recovered within %v", recoverTimeout))
	defer cancel()
	waits, waiting := story.Last(journal.Awaiting)
	_, rolling := story.Last(journal.RollingBack)
	verified, forward := story.Last(journal.Verified)
	if waiting && !rolling {
		// Whoever confirmed it may have no journal; an error is met again below.
		if stands, err := Stands(ctx, connect, story); err == nil && stands {
			return &Recovery{Outcome: cmp.Or(verified.Result, journal.Done)}, nil
		}
		if !o.Undo && waits.Until != nil && time.Now().Before(*waits.Until) {
			return nil, &WaitingError{ID: story.Begin.ID, Holder: story.Begin.Holder, Until: *waits.Until}
		}
	}
	rc := &recovery{
		connect: connect, story: story, o: o, inverses: story.Begin.Plan.Inverses(),
		result:  &Recovery{LeftAlone: map[string][]string{}},
		pending: &PendingError{Routers: map[string]error{}},
	}
	rc.claimAll(ctx)
	if forward && !rolling && !waiting && rc.forward(ctx) {
		rc.result.Outcome = verified.Result
		return rc.end()
	}
	if rc.undecided {
		return rc.end()
	}
	rc.backward(ctx)
	rc.result.Outcome = journal.Undone
	switch {
	case len(rc.result.LeftAlone) > 0:
		rc.result.Outcome = journal.Superseded
	case waiting && !o.Undo:
		rc.result.Outcome = journal.Reverted
	}
	return rc.end()
}

// A recovery is one run of Recover.
type recovery struct {
	connect  Connect
	story    *journal.Story
	o        RecoverOptions
	inverses map[string][]plan.Inverse

	claims    []*claim // of routers that answered, by name
	undecided bool     // whether what was done is kept or undone cannot be known yet

	mu      sync.Mutex // guards result and pending
	result  *Recovery
	pending *PendingError
}

// end is the result, or who is pending.
func (rc *recovery) end() (*Recovery, error) {
	if len(rc.pending.Routers) > 0 {
		return nil, rc.pending
	}
	return rc.result, nil
}

// claimAll looks at every router and locks those with a trace of the apply. Who
// does not answer is pending, or forgotten if o says so.
func (rc *recovery) claimAll(ctx context.Context) {
	routers := slices.Sorted(routersOf(rc.story))
	claims := make([]*claim, len(routers))
	var wg sync.WaitGroup
	for i, router := range routers {
		wg.Go(func() { claims[i] = rc.claimRouter(ctx, router) })
	}
	wg.Wait()
	for _, cl := range claims {
		_, locked := errors.AsType[*LockedError](cl.err)
		switch {
		case cl.err == nil:
			rc.claims = append(rc.claims, cl)
		case slices.Contains(rc.o.Forget, cl.router) && !locked:
			rc.result.Forgotten = append(rc.result.Forgotten, cl.router)
		default:
			rc.pending.Routers[cl.router] = cl.err
		}
	}
}

// forward keeps what was verified if it is in place everywhere, and reports
// whether it is. Where that cannot be known yet, undecided says so.
func (rc *recovery) forward(ctx context.Context) bool {
	if len(rc.pending.Routers) == 0 {
		rc.leaveSafeModes(ctx, true)
	}
	answer := map[string]bool{}
	for _, cl := range rc.claims {
		answer[cl.router] = true
	}
	missing, err := Missing(ctx, rc.connect, doneOf(rc.story, rc.story.Begin.Plan), answer)
	switch {
	case err != nil:
		rc.wait(err)
		return false
	case len(missing) > 0:
		return false
	case len(rc.pending.Routers) > 0:
		away := strings.Join(slices.Sorted(maps.Keys(rc.pending.Routers)), ", ")
		rc.wait(fmt.Errorf("done, and kept or undone once it is known how %s is", away))
		return false
	}
	rc.eachOfOurs(ctx, func(router string) error { return removeGuards(ctx, rc.connect, router, rc.story.Begin.ID) })
	return true
}

// wait leaves the routers of ours as they are until the others answer.
func (rc *recovery) wait(why error) {
	rc.undecided = true
	for _, cl := range rc.claims {
		if cl.ours && rc.pending.Routers[cl.router] == nil {
			rc.pending.Routers[cl.router] = why
		}
	}
	if len(rc.pending.Routers) == 0 { // None is ours, and one has just gone.
		for _, cl := range rc.claims {
			rc.pending.Routers[cl.router] = why
		}
	}
}

// leaveSafeModes ends the safe modes that a session of ours has left: on routers
// of ours kept or rolled back, on others waited for, because whoever of us is
// there may be at work. Where one stays the router is pending.
func (rc *recovery) leaveSafeModes(ctx context.Context, keep bool) {
	var wg sync.WaitGroup
	for _, cl := range rc.claims {
		wg.Go(func() {
			var err error
			if cl.ours {
				err = leaveSafeMode(ctx, rc.connect, cl.router, keep, rc.o)
			} else {
				err = guard.Nobody(ctx, guard.Connect(rc.connect), cl.router)
			}
			if err != nil {
				rc.fail(cl.router, err)
			}
		})
	}
	wg.Wait()
}

// fail says why a router is pending.
func (rc *recovery) fail(router string, err error) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.pending.Routers[router] = err
}

// backward undoes the apply on the routers where it may still be, and says what
// it leaves alone on the others.
func (rc *recovery) backward(ctx context.Context) {
	var stuck []Leftover
	rc.leaveSafeModes(ctx, false)
	rc.eachOfOurs(ctx, func(router string) error {
		left, err := undoInverses(ctx, rc.connect, rc.inverses[router])
		if err != nil {
			return err
		}
		if len(left) > 0 {
			rc.mu.Lock()
			defer rc.mu.Unlock()
			stuck = append(stuck, left...)
			return &StuckError{Leftovers: left}
		}
		return removeGuards(ctx, rc.connect, router, rc.story.Begin.ID)
	})
	if len(stuck) > 0 {
		rc.pending.Stuck = &StuckError{Leftovers: stuck}
	}
	var wg sync.WaitGroup
	for _, cl := range rc.claims {
		if cl.ours {
			continue
		}
		wg.Go(func() {
			names, err := notBefore(ctx, rc.connect, rc.inverses[cl.router])
			if err != nil {
				rc.fail(cl.router, err)
				return
			}
			rc.mu.Lock()
			defer rc.mu.Unlock()
			if len(names) > 0 {
				rc.result.LeftAlone[cl.router] = names
			}
		})
	}
	wg.Wait()
}

// eachOfOurs runs f for every router of ours at once and unlocks where it has
// ended well. Elsewhere the lock stays: it proves that the state of the apply is
// still there, as long as nobody takes it over.
func (rc *recovery) eachOfOurs(ctx context.Context, f func(router string) error) {
	claims := slices.DeleteFunc(slices.Clone(rc.claims), func(cl *claim) bool {
		return !cl.ours || rc.pending.Routers[cl.router] != nil
	})
	var wg sync.WaitGroup
	for _, cl := range claims {
		wg.Go(func() {
			err := f(cl.router)
			if err == nil {
				err = cl.unlock(context.WithoutCancel(ctx))
			}
			if err != nil {
				rc.fail(cl.router, err)
			}
		})
	}
	wg.Wait()
}

// routersOf are the routers that the plan of a journal changes.
func routersOf(story *journal.Story) iter.Seq[string] { return maps.Keys(story.Begin.Plan.Inverses()) }

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
