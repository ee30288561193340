package probe

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/health"
)

// jitter is by how much the time between two probes varies, up and down, so that
// vantages do not keep step with each other or with what they disturb.
const jitter = 0.2

// Run lets every prober look each interval, jittered by 20 %, and hands samples
// to sink, one at a time, until ctx ends; then it returns nil. The first probes
// are spread over one interval. A probe that takes longer than the interval
// delays the next of the same prober and no other. It owns the goroutines that
// it starts: when Run returns they are gone.
func Run(ctx context.Context, interval time.Duration, probers []Prober, sink func(health.Sample)) error {
	g, ctx := errgroup.WithContext(ctx)
	out := make(chan health.Sample)
	for i, p := range probers {
		first := interval * time.Duration(i) / time.Duration(len(probers))
		g.Go(func() error {
			repeat(ctx, first, interval, p, out)
			return nil
		})
	}
	g.Go(func() error {
		for {
			select {
			case s := <-out:
				sink(s)
			case <-ctx.Done():
				return nil
			}
		}
	})
	return g.Wait()
}

// repeat runs one prober. The next start counts from the last one, not from the
// answer: late answers do not slow the probing down.
func repeat(ctx context.Context, wait, interval time.Duration, p Prober, out chan<- health.Sample) {
	next := time.Now().Add(wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		s := p.Probe(ctx)
		select {
		case out <- s:
		case <-ctx.Done():
			return
		}
		next = next.Add(spread(interval, rand.Float64()))
		if now := time.Now(); next.Before(now) {
			next = now
		}
		timer.Reset(time.Until(next))
	}
}

// spread returns an interval varied by jitter; at is between 0 and 1.
func spread(interval time.Duration, at float64) time.Duration {
	return time.Duration(float64(interval) * (1 - jitter + 2*jitter*at))
}
