package actuator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options adjust a Crew. The zero value works.
type Options struct {
	// Timeout bounds one call, and each later attempt on a router that is
	// behind. Zero means 2s.
	Timeout time.Duration
	// Patience is how long the first write of a call waits for routers that have
	// not been read yet, so that a higher epoch on any of them stops all. Zero
	// means 50ms.
	Patience time.Duration
	// Brief bounds a call on a router that did not answer the one before. Zero
	// means 250ms.
	Brief time.Duration
	// RetryMin and RetryMax bound the pause between attempts on a router that is
	// behind: it starts at the first and doubles up to the second. Zero means
	// 250ms and 15s.
	RetryMin, RetryMax time.Duration
	// Leads says whether the caller may still act, at this moment. It is asked
	// right before something is written: a process that was stopped for a while
	// goes on in the middle of what it did. Nil: it may.
	Leads func() bool
	// Caught is told of each router that was behind and no longer is, because it
	// is proven or refused. It may be nil; Run calls it.
	Caught func(r RouterReport)
}

// WithDefaults returns o with every zero replaced by what it means.
func (o Options) WithDefaults() Options {
	for _, d := range []struct {
		at   *time.Duration
		zero time.Duration
	}{
		{&o.Timeout, 2 * time.Second},
		{&o.Patience, 50 * time.Millisecond},
		{&o.Brief, 250 * time.Millisecond},
		{&o.RetryMin, 250 * time.Millisecond},
		{&o.RetryMax, 15 * time.Second},
	} {
		if *d.at <= 0 {
			*d.at = d.zero
		}
	}
	return o
}

// May reports whether the caller may act at this moment.
func (o Options) May() bool { return o.Leads == nil || o.Leads() }

// A Work makes one router as wanted, once, and says how far it is. It looks
// before it writes, so it may be repeated.
type Work func(ctx context.Context, router string) RouterReport

// A Crew is the routers of one service. Calls take turns; a router that is
// behind when a call ends is tried for ever by Run, always with the work of the
// last call. It is safe for concurrent use.
type Crew struct {
	routers []string
	opts    Options
	turn    chan struct{} // holds a token while a call or a round of Run is under way
	kick    chan struct{} // holds a token when Run has something to look at

	mu      sync.Mutex // guards all below
	work    Work
	behind  map[string]RouterReport
	waiting int    // calls that wait for their turn
	stop    func() // ends the round of Run that is under way
}

// NewCrew returns the crew of a service's routers.
func NewCrew(routers []string, opts Options) *Crew {
	return &Crew{
		routers: slices.Clone(routers), opts: opts.WithDefaults(),
		turn: make(chan struct{}, 1), kick: make(chan struct{}, 1),
		behind: map[string]RouterReport{}, stop: func() {},
	}
}

// Do makes first's report the state of the crew and work what Run does for
// routers that are behind, unless first says that the call is void: then all
// stays as it was. It ends what Run is at, so that nothing older is written
// after it began. First has Options.Timeout. The error is for a call that ended
// before its turn came.
func (c *Crew) Do(
	ctx context.Context, work Work, first func(ctx context.Context) (reports []RouterReport, void bool),
) ([]RouterReport, error) {
	c.mu.Lock()
	c.waiting++
	c.stop()
	c.mu.Unlock()
	var err error
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.mu.Lock()
	c.waiting--
	c.mu.Unlock()
	if err != nil {
		c.wake()
		return nil, fmt.Errorf("wait for the call before: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, fmt.Errorf("no answer within %v", c.opts.Timeout))
	defer cancel()
	reports, void := first(ctx)
	c.mu.Lock()
	if !void {
		c.work = work
		clear(c.behind)
	}
	for _, r := range reports {
		if r.State == Behind && !void {
			c.behind[r.Router] = r
		}
	}
	c.mu.Unlock()
	<-c.turn
	c.wake()
	return reports, nil
}

// All does work on every router at once and returns when each is proven,
// refused or out of time.
func (c *Crew) All(ctx context.Context, work Work) []RouterReport {
	reports := make([]RouterReport, len(c.routers))
	brief, cancel := context.WithTimeoutCause(ctx, c.opts.Brief, fmt.Errorf("no answer within %v, nor before", c.opts.Brief))
	defer cancel()
	var wg sync.WaitGroup
	for i, router := range c.routers {
		limit := ctx
		if c.silent(router) {
			limit = brief
		}
		wg.Go(func() { reports[i] = c.press(limit, router, work) })
	}
	wg.Wait()
	return reports
}

// silent reports whether a router did not answer the call before: those that do
// answer need not wait for it again, since Run goes on with it.
func (c *Crew) silent(router string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, behind := c.behind[router]
	return behind && (r.Reason == Unreachable || r.Reason == OutcomeUnknown)
}

// firstPause is how soon an attempt that lost its connection is repeated within
// a call.
const firstPause = 5 * time.Millisecond

// Drop ends what Run is at and forgets what is behind: who asked for it acts no
// more. When it returns nothing of it runs, and until the next call nothing is
// written. A call that is under way is waited for.
func (c *Crew) Drop() {
	c.mu.Lock()
	c.waiting++
	c.stop()
	c.mu.Unlock()
	c.turn <- struct{}{}
	c.mu.Lock()
	c.waiting--
	c.work = nil
	clear(c.behind)
	c.mu.Unlock()
	<-c.turn
}

// press repeats work while that may help and ctx lasts.
func (c *Crew) press(ctx context.Context, router string, work Work) RouterReport {
	pause, removed, trips := firstPause, 0, 0
	for {
		r := work(ctx, router)
		removed, trips = removed+r.Removed, trips+r.Trips
		r.Removed, r.Trips = removed, trips
		if r.State != Behind || !r.Reason.soon() || !rest(ctx, pause) {
			return r
		}
		pause = min(2*pause, c.opts.RetryMin)
	}
}

// Behind returns what is known of the routers that are tried for ever, sorted
// by name.
func (c *Crew) Behind() []RouterReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]RouterReport, 0, len(c.behind))
	for _, r := range c.behind {
		out = append(out, r)
	}
	return NewReport(Target{}, out).Routers
}

// Run tries the routers that are behind until ctx ends, which is its only
// error. Whoever starts it waits for it; without it nothing is tried again.
func (c *Crew) Run(ctx context.Context) error {
	for {
		select {
		case <-c.kick:
		case <-ctx.Done():
			return ctx.Err()
		}
		c.round(ctx)
	}
}

// round tries every router that is behind until it no longer is, or a call
// comes.
func (c *Crew) round(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-c.turn }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c.mu.Lock()
	if c.waiting > 0 || c.work == nil {
		c.mu.Unlock()
		return // The call will wake us.
	}
	c.stop = stop
	work, routers := c.work, make([]string, 0, len(c.behind))
	for name := range c.behind {
		routers = append(routers, name)
	}
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, router := range routers {
		wg.Go(func() { c.persist(ctx, router, work) })
	}
	wg.Wait()
}

// persist tries one router until it is no longer behind or ctx ends.
func (c *Crew) persist(ctx context.Context, router string, work Work) {
	for pause := c.opts.RetryMin; rest(ctx, pause); pause = min(2*pause, c.opts.RetryMax) {
		if !c.opts.May() {
			continue
		}
		r := func() RouterReport {
			ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, fmt.Errorf("no answer within %v", c.opts.Timeout))
			defer cancel()
			return work(ctx, router)
		}()
		if ctx.Err() != nil {
			return // What it says is about our leaving.
		}
		c.mu.Lock()
		if c.behind[router] = r; r.State != Behind {
			delete(c.behind, router)
		}
		c.mu.Unlock()
		if r.State != Behind {
			if c.opts.Caught != nil {
				c.opts.Caught(r)
			}
			return
		}
	}
}

// wake lets Run look.
func (c *Crew) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// rest pauses and reports whether ctx still lasts.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
