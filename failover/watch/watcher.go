package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/tunnel"
)

// A Watcher senses one service. See New and Run.
type Watcher struct {
	topology *tunnel.Topology
	service  *tunnel.Service
	o        Options
	links    map[string]*link // of vantages and of the routers of the switch
	echo     bool             // the controller pings
	notes    []string
	misses   *misses
	told     *told
	accepted accepted
}

// New returns a Watcher of a service, which must be one of the topology's. It
// dials nobody yet. The error says what is missing in the options.
func New(t *tunnel.Topology, s *tunnel.Service, o Options) (*Watcher, error) {
	o, err := o.resolved(s)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", s.Name, err)
	}
	if _, err := health.New(HealthConfig(t, s)); err != nil {
		return nil, fmt.Errorf("watch %s: %w", s.Name, err)
	}
	w := &Watcher{topology: t, service: s, o: o, links: make(map[string]*link), echo: true, misses: newMisses(s), told: newTold(o.Note)}
	for _, router := range slices.Concat(s.Vantages, s.Switch.Routers()) {
		if w.links[router] == nil {
			w.links[router] = &link{router: router, connect: o.Connect}
		}
	}
	if err := mayEcho(s); err != nil {
		w.echo, w.notes = false, append(w.notes, err.Error())
	}
	return w, nil
}

// Notes returns what a person should know about how the service is watched, such
// as probes that this process may not send.
func (w *Watcher) Notes() []string { return slices.Clone(w.notes) }

// Run probes and reads, and hands everything to sink, until ctx ends; then it
// returns nil. It owns the goroutines that it starts and its connections with the
// databases: when it returns they are gone. It may be called again after that.
func (w *Watcher) Run(ctx context.Context, sink Sink) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return probe.Run(ctx, w.service.Policy.Interval, w.probers(), func(s health.Sample) { w.take(ctx, s, sink) })
	})
	g.Go(func() error { return w.greet(ctx) })
	g.Go(func() error { return w.countRouters(ctx, sink) })
	for _, router := range w.watchers() {
		g.Go(func() error { return w.followPorts(ctx, router, sink) })
	}
	if replicates(w.service) {
		d, err := w.open()
		if err != nil {
			return err
		}
		defer d.close()
		g.Go(func() error { return d.run(ctx, sink) })
	}
	return g.Wait()
}

// take hands a sample on. One of a router's is also one of the controller's
// references: did the router answer?
func (w *Watcher) take(ctx context.Context, s health.Sample, sink Sink) {
	if ctx.Err() != nil {
		return
	}
	w.misses.take(s)
	r, isReference := probe.AsReference(s)
	switch {
	case isReference:
		sink.Reference(ctx, r)
	case s.Server != "":
		sink.Sample(ctx, s)
	}
	if s.Server != w.service.Servers[0].Name {
		return
	}
	if router, ok := strings.CutPrefix(s.Vantage, routerPrefix); ok {
		sink.Reference(ctx, health.Reference{Vantage: controller, Target: s.Vantage, At: s.At, OK: w.links[router].answered()})
	}
}

// greet asks the routers of the switch that ping nobody.
func (w *Watcher) greet(ctx context.Context) error {
	every := max(w.service.Policy.Interval, time.Second)
	var out []probe.Prober
	for _, router := range w.service.Switch.Routers() {
		if !slices.Contains(w.service.Vantages, router) {
			out = append(out, &greeting{link: w.links[router], timeout: w.service.Policy.Timeout + answerGrace})
		}
	}
	return probe.Run(ctx, every, out, func(health.Sample) {})
}

// countRouters tells each round how many routers of the switch answer.
func (w *Watcher) countRouters(ctx context.Context, sink Sink) error {
	p := w.service.Policy
	within := 2*max(p.Interval, time.Second) + p.Timeout + answerGrace
	return each(ctx, tokenRound(p), func(now time.Time) {
		e := failover.RoutersChanged{Time: now}
		for _, router := range w.service.Switch.Routers() {
			e.Total++
			if w.links[router].reachable(within) {
				e.Reachable++
			} else {
				e.Silent = append(e.Silent, router)
			}
		}
		sink.Event(ctx, e)
	})
}

// each calls f every interval until ctx ends, and then returns nil. A call that
// takes longer than the interval delays the next one.
func each(ctx context.Context, interval time.Duration, f func(now time.Time)) error {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			f(now)
		}
	}
}
