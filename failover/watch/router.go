package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"jembatan/health"
	"jembatan/routeros"
)

// A link is the way to one router, and when it was last heard. It is safe for
// concurrent use.
type link struct {
	router  string
	connect func(ctx context.Context, router string) (routeros.Caller, error)

	mu    sync.Mutex // guards what follows
	heard time.Time  // of the latest answer
	lost  bool       // the latest call had none
}

// Call implements routeros.Caller on the live connection.
func (l *link) Call(ctx context.Context, req routeros.Request) (routeros.Reply, error) {
	c, err := l.connect(ctx, l.router)
	if err != nil {
		l.note(err)
		return routeros.Reply{}, err
	}
	reply, err := c.Call(ctx, req)
	l.note(err)
	return reply, err
}

// note remembers whether a call was answered. A refusal is an answer; a call that
// we gave up says nothing.
func (l *link) note(err error) {
	_, refused := errors.AsType[*routeros.TrapError](err)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil || refused:
		l.heard, l.lost = time.Now(), false
	case !errors.Is(err, context.Canceled):
		l.lost = true
	}
}

// reachable reports whether the router answered within a time.
func (l *link) reachable(within time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost && !l.heard.IsZero() && time.Since(l.heard) <= within
}

// answered reports whether the latest call was answered.
func (l *link) answered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost && !l.heard.IsZero()
}

// A greeting asks a router that is no vantage for its name, so that it is known
// whether it can be told of a move. Its samples are about nobody.
type greeting struct {
	link    *link
	timeout time.Duration
}

// Probe implements probe.Prober.
func (g *greeting) Probe(ctx context.Context) health.Sample {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	_, _ = routeros.Command(ctx, g.link, "/system/identity/print", nil) // The link has noted it.
	return health.Sample{Reason: health.ProberFailed}
}
