package drill

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"jembatan/health"
)

// An Address is where clients reach the service, and how it is asked.
type Address struct {
	Router  string
	Address string // host:port
	How     string // tcp or http
	// Ask sends one request over a connection of its own. It returns soon after
	// ctx ends and is called for several at once.
	Ask func(ctx context.Context) health.Sample
}

// clients ask every address again and again and remember the answers.
type clients struct {
	addresses []Address
	limits    Limits
	cancel    context.CancelFunc
	all       sync.WaitGroup

	mu      sync.Mutex
	samples [][]Sample // guarded by mu: by address, in the order of the answers
}

// watchClients starts to ask. Its caller stops it.
func watchClients(ctx context.Context, addresses []Address, limits Limits) *clients {
	ctx, cancel := context.WithCancel(ctx)
	c := &clients{addresses: addresses, limits: limits, cancel: cancel, samples: make([][]Sample, len(addresses))}
	for i := range addresses {
		c.all.Go(func() { c.ask(ctx, i) })
	}
	return c
}

// stop ends the asking; nothing runs any more when it returns.
func (c *clients) stop() {
	c.cancel()
	c.all.Wait()
}

// ask sends one request each interval, whether the last one was answered or not.
func (c *clients) ask(ctx context.Context, i int) {
	t := time.NewTicker(c.limits.Every)
	defer t.Stop()
	var flying sync.WaitGroup
	defer flying.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		flying.Go(func() { c.once(ctx, i) })
	}
}

var errTimeout = errors.New("the client's time is over")

func (c *clients) once(ctx context.Context, i int) {
	bounded, cancel := context.WithTimeoutCause(ctx, c.limits.Timeout, errTimeout)
	defer cancel()
	began := time.Now()
	got := c.addresses[i].Ask(bounded)
	if ctx.Err() != nil {
		return // Cut off in the middle: it says nothing.
	}
	s := Sample{At: began, Took: time.Since(began), OK: got.OK, Reason: got.Reason}
	if !s.OK && bounded.Err() != nil {
		s.Reason = health.Timeout
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples[i] = append(c.samples[i], s)
}

// paths counts what every address gave in a span.
func (c *clients) paths(from, to time.Time) []Path {
	out := make([]Path, 0, len(c.addresses))
	for i, a := range c.addresses {
		c.mu.Lock()
		samples := slices.Clone(c.samples[i])
		c.mu.Unlock()
		slices.SortStableFunc(samples, func(x, y Sample) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Took, y.Took)) })
		p := View(samples, from, to, c.limits.Good)
		p.Router, p.Address, p.How = a.Router, a.Address, a.How
		p.From, p.To = from.UTC(), to.UTC()
		out = append(out, p)
	}
	return out
}
