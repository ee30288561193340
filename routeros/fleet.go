package routeros

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// ErrUnknownRouter is a name that a Fleet does not have.
var ErrUnknownRouter = errors.New("routeros: no such router")

// A Target is where a router is and how to talk to it.
type Target struct {
	Addr    string // host:port
	Options Options
}

// FleetOptions adjust a Fleet. The zero value is a fleet without routers.
type FleetOptions struct {
	// Routers are the routers by name. See also Fleet.Add.
	Routers map[string]Target
	// Dials is how many routers are dialed at once. Zero means 32. A dial that
	// takes longer than a second stops counting, and routers whose last dial
	// failed have as many places of their own: no slow router delays another.
	Dials int
	// BackoffMin and BackoffMax bound the time between two dials of a router
	// that fails: it starts at the first, doubles up to the second, and is
	// shortened at random by up to a half. Zero means 500ms and 1m.
	BackoffMin, BackoffMax time.Duration
}

const (
	defaultDials      = 32
	defaultBackoffMin = 500 * time.Millisecond
	defaultBackoffMax = time.Minute
)

// A Fleet is a set of named routers, each with one session that is dialed when
// first asked for and dialed again when asked for after it was lost. It is
// safe for concurrent use. It owns its sessions: nobody else closes them.
type Fleet struct {
	slots, retries chan struct{} // places for dials: first ones, repeated ones
	backoff        backoff
	wg             sync.WaitGroup

	mu      sync.Mutex // guards all below
	routers map[string]*member
	closed  bool
}

// NewFleet returns a fleet. Nothing is dialed yet.
func NewFleet(opts FleetOptions) *Fleet {
	if opts.Dials <= 0 {
		opts.Dials = defaultDials
	}
	f := &Fleet{
		slots:   make(chan struct{}, opts.Dials),
		retries: make(chan struct{}, opts.Dials),
		backoff: newBackoff(opts.BackoffMin, opts.BackoffMax),
		routers: make(map[string]*member, len(opts.Routers)),
	}
	for name, t := range opts.Routers {
		f.Add(name, t)
	}
	return f
}

// Add adds a router, or replaces the one of that name, whose session ends.
func (f *Fleet) Add(name string, t Target) {
	f.swap(name, newMember(name, t))
}

// Remove takes a router out. Its session ends.
func (f *Fleet) Remove(name string) { f.swap(name, nil) }

func (f *Fleet) swap(name string, m *member) {
	f.mu.Lock()
	old := f.routers[name]
	delete(f.routers, name)
	if m != nil && !f.closed {
		f.routers[name] = m
	}
	f.mu.Unlock()
	if old != nil {
		old.close()
	}
}

// Names returns the names of all routers, sorted.
func (f *Fleet) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.routers))
}

// Session returns the live session of a router, dialing if there is none.
// Callers that ask at once share one dial; when ctx ends Session returns and
// the dial goes on for the next one. After a failed dial it waits for the next
// attempt's time, or returns the last error at once if ctx ends before that.
func (f *Fleet) Session(ctx context.Context, name string) (*Session, error) {
	f.mu.Lock()
	m, closed := f.routers[name], f.closed
	f.mu.Unlock()
	switch {
	case closed:
		return nil, fmt.Errorf("router %s: %w", name, ErrClosed)
	case m == nil:
		return nil, fmt.Errorf("router %s: %w", name, ErrUnknownRouter)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("router %s: %w", name, contextError(ctx))
	}
	s, fl, err := m.session(ctx, f)
	if s != nil || err != nil {
		return s, err
	}
	select {
	case <-fl.done:
		return fl.session, fl.err
	case <-ctx.Done():
		return nil, fmt.Errorf("router %s: %w", name, contextError(ctx))
	}
}

// Caller returns a Caller of a router that takes a live session for each call.
// A call that met a session which had ended before anything was sent, and a
// read whose session ended, is made once more on a new one.
func (f *Fleet) Caller(name string) Caller { return fleetCaller{f, name} }

type fleetCaller struct {
	fleet *Fleet
	name  string
}

// Call implements Caller.
func (c fleetCaller) Call(ctx context.Context, req Request) (Reply, error) {
	for again := true; ; again = false {
		s, err := c.fleet.Session(ctx, c.name)
		if err != nil {
			return Reply{}, err
		}
		reply, err := s.Call(ctx, req)
		if !again || !errors.Is(err, ErrClosed) || errors.Is(err, ErrOutcomeUnknown) {
			return reply, err
		}
	}
}

// Version implements Versioner.
func (c fleetCaller) Version(ctx context.Context) (Version, error) {
	s, err := c.fleet.Session(ctx, c.name)
	if err != nil {
		return Version{}, err
	}
	return s.Version(ctx)
}

// Close ends all sessions and dials. When it returns the fleet's goroutines
// are gone. It always returns nil.
func (f *Fleet) Close() error {
	f.mu.Lock()
	f.closed = true
	members := slices.Collect(maps.Values(f.routers))
	clear(f.routers)
	f.mu.Unlock()
	for _, m := range members {
		m.close()
	}
	f.wg.Wait()
	return nil
}
