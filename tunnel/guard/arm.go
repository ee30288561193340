package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"jembatan/routeros"
)

// Arm guards one router by the best kind that it supports, found out by trying.
// A *RefusedError has the reasons why none can be used, a *HeldError names who
// is in safe mode there. Nothing is left when it fails, as far as the router
// answers.
func Arm(ctx context.Context, connect Connect, j *Job, o *Options) (*Guard, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, armTimeout, fmt.Errorf("no answer within %v", armTimeout))
	defer cancel()
	hasSafeMode, err := nobodyInSafeMode(ctx, connect, j.Router)
	if err != nil {
		return nil, err
	}
	var passed []string
	for _, k := range append(j.Order(), Unguarded) {
		if !o.allows(k) {
			continue
		}
		why := j.Cannot(k)
		if why == "" && k == SafeMode && !hasSafeMode {
			why = "this release has none over the API"
		}
		if why == "" {
			g, err := armKind(ctx, connect, k, j, o)
			if err == nil {
				g.Passed = passed
				return g, nil
			}
			if why = refusal(err); why == "" {
				return nil, fmt.Errorf("arm %s: %w", j.Router, err)
			}
		}
		passed = append(passed, k.String()+": "+why)
	}
	return nil, &RefusedError{Router: j.Router, Why: passed}
}

// armTimeout bounds the arming of one router, its silence included.
const armTimeout = 30 * time.Second

// armKind tries one kind.
func armKind(ctx context.Context, connect Connect, k Kind, j *Job, o *Options) (*Guard, error) {
	switch k {
	case SafeMode:
		return armSafeMode(ctx, connect, j)
	case Scheduler:
		return armScheduler(ctx, connect, j, o)
	case Unguarded, KindUnknown:
	}
	return &Guard{Router: j.Router, Kind: Unguarded}, nil
}

// refusal is the word by which a router refuses a kind; "" for other errors.
func refusal(err error) string {
	if r, ok := errors.AsType[*RefusedError](err); ok {
		return r.Why[0]
	}
	if t, ok := errors.AsType[*routeros.TrapError](err); ok {
		return t.Message
	}
	return ""
}

// Disarm keeps what was changed on a router. ErrFired, wrapped, means that the
// guard was faster. It tries for half a minute and then says where what must be
// removed by hand.
func (g *Guard) Disarm(ctx context.Context, connect Connect) error {
	ctx, cancel := context.WithTimeoutCause(ctx, disarmTimeout, fmt.Errorf("no answer within %v", disarmTimeout))
	defer cancel()
	switch g.Kind {
	case SafeMode:
		return g.disarmSafeMode(ctx)
	case Scheduler:
		return g.disarmScheduler(ctx, connect)
	case Unguarded, KindUnknown:
	}
	return nil
}

// A Set is the guards of one change.
type Set struct {
	Guards  []*Guard // by name of the router
	connect Connect
	byName  map[string]*Guard
}

// ArmAll arms every router at once. If one cannot be armed, none stays so.
func ArmAll(ctx context.Context, connect Connect, jobs map[string]Job, o Options) (*Set, error) {
	o.Routers = len(jobs)
	s := &Set{connect: connect, byName: map[string]*Guard{}}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() {
			g, err := Arm(ctx, connect, &j, &o)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			s.Guards = append(s.Guards, g)
		})
	}
	wg.Wait()
	slices.SortFunc(s.Guards, func(a, b *Guard) int { return cmp.Compare(a.Router, b.Router) })
	for _, g := range s.Guards {
		s.byName[g.Router] = g
	}
	if len(errs) == 0 {
		return s, nil
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	for _, err := range s.DisarmAll(context.WithoutCancel(ctx)) {
		errs = append(errs, ignoreFired(err))
	}
	return nil, errors.Join(errs...)
}

// DisarmAll disarms every router at once and returns what went wrong, by router.
func (s *Set) DisarmAll(ctx context.Context) map[string]error {
	failed := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, g := range s.Guards {
		wg.Go(func() {
			if err := g.Disarm(ctx, s.connect); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[g.Router] = err
			}
		})
	}
	wg.Wait()
	return failed
}

// ErrLost ends a change whose router has lost the session that holds safe mode:
// it takes everything back by itself.
var ErrLost = errors.New("the session that holds safe mode has ended, the router takes the change back")

// Connect returns the connection over which a router is to be changed: the one
// that holds safe mode where that is the guard, ErrLost when it is gone.
func (s *Set) Connect(ctx context.Context, router string) (routeros.Caller, error) {
	g := s.byName[router]
	switch {
	case g == nil || g.Kind != SafeMode:
		return s.connect(ctx, router)
	case g.isLost():
		return nil, fmt.Errorf("%s: %w", router, ErrLost)
	}
	return g.caller, nil
}

// Without returns the guards of all other routers.
func (s *Set) Without(routers map[string]bool) *Set {
	out := &Set{connect: s.connect, byName: map[string]*Guard{}}
	for _, g := range s.Guards {
		if !routers[g.Router] {
			out.Guards = append(out.Guards, g)
			out.byName[g.Router] = g
		}
	}
	return out
}

// Of returns the guard of a router; nil when it has none.
func (s *Set) Of(router string) *Guard { return s.byName[router] }

// Deadline is when the first scheduler entry may fire; zero when there is none.
func (s *Set) Deadline() time.Time {
	var first time.Time
	for _, g := range s.Guards {
		if g.Kind == Scheduler && (first.IsZero() || g.Until.Before(first)) {
			first = g.Until
		}
	}
	return first
}

// Watch calls lost once for every router that loses the session that holds its
// safe mode, until stop is called, which waits for that.
func (s *Set) Watch(lost func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, g := range s.Guards {
		if g.Lost() == nil {
			continue
		}
		wg.Go(func() {
			select {
			case <-g.Lost():
				lost(fmt.Errorf("%s: %w", g.Router, ErrLost))
			case <-ctx.Done():
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// Settled waits until the routers that have lost their session have rolled
// back, and returns who has not within the time that this usually takes.
func (s *Set) Settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*linger, fmt.Errorf("no answer within %v", 2*linger))
	defer cancel()
	var errs []error
	for _, g := range s.Guards {
		if g.Kind != SafeMode || !g.isLost() {
			continue
		}
		err := routeros.Persist(ctx, func() error { return Nobody(ctx, s.connect, g.Router) })
		if err != nil {
			errs = append(errs, fmt.Errorf("%s was not seen to roll back yet; it does when it notices that our session is gone, within 9 minutes: %w", g.Router, err))
		}
	}
	return errors.Join(errs...)
}
