package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/lease"
	"jembatan/failover/runner"
)

// lead lets every service act under a term until it ends. A reload in between
// changes the services and not the term.
func (c *Controller) lead(ctx context.Context, t *lease.Term) error {
	c.log.Info().Uint64("epoch", t.Epoch()).Msg("leading")
	c.holder.set(t)
	c.holder.other("") // When this term ends nobody leads, as far as is known.
	defer c.holder.set(nil)
	for {
		set := c.current()
		err := c.leadSet(ctx, t, set)
		if errors.Is(err, runner.ErrEnded) { // Its place is being taken, or the controller ends.
			select {
			case <-set.ended:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else if c.current() != set {
			continue
		}
		c.log.Warn().Err(err).Uint64("epoch", t.Epoch()).Msg("no longer leading")
		return err
	}
}

// leadSet leads the services of one reading of the topology until one of them
// finds that the term is over.
func (c *Controller) leadSet(ctx context.Context, t *lease.Term, set *set) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range set.services {
		g.Go(func() error { return c.leadService(ctx, t, s) })
	}
	g.Go(func() error { // Without services it leads all the same.
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-set.ended:
			return errReloaded
		}
	})
	return g.Wait()
}

var errReloaded = fmt.Errorf("the topology was read again: %w", runner.ErrEnded)

// Pauses of a service whose leading ended while the term goes on.
const (
	leadPause    = time.Second
	leadPauseMax = 30 * time.Second
	// leadTell is how often people are told that a service is still not led.
	leadTell = 10 * time.Minute
)

// leadService lets one service act under the term. What is wrong with one service
// is no reason for the others to stop: it begins again, from what the store
// holds, less and less often. Only a higher epoch, which this term can never
// have, ends the term, and not at once, so that a router with a wrong epoch in
// it does not keep every service from acting.
func (c *Controller) leadService(ctx context.Context, t *lease.Term, s *service) error {
	var told time.Time
	for wait := leadPause; ; wait = min(2*wait, leadPauseMax) {
		err := c.leadOnce(ctx, t, s)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, runner.ErrEnded), errors.Is(err, lease.ErrNotLeading):
			return err
		}
		c.log.Error().Err(err).Str("service", s.name).Dur("again_in", wait).Msg("the service is not led")
		if now := time.Now(); now.Sub(told) >= leadTell {
			told = now
			c.alerts.notify(failover.Action{Kind: failover.Alert, Service: s.name, Epoch: t.Epoch(), Reason: failover.NotLeader, Detail: err.Error()}, now)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		if errors.Is(err, runner.ErrSuperseded) {
			return err
		}
	}
}

// leadOnce leads a service from the state that the store holds. A state that
// cannot be read is no state.
func (c *Controller) leadOnce(ctx context.Context, t *lease.Term, s *service) error {
	state, _, err := c.journal.Load(ctx, s.name)
	if err != nil {
		return fmt.Errorf("state of %s: %w", s.name, err)
	}
	term := runner.Term{Epoch: t.Epoch(), Save: func(ctx context.Context, state failover.State, entries []journal.Entry) error {
		err := c.journal.Save(ctx, t, s.name, state, entries)
		if err != nil && t.Valid() && !errors.Is(err, lease.ErrNotLeading) {
			err = fmt.Errorf("%w: %w", runner.ErrNotKept, err)
		}
		return err
	}}
	return s.runner.Lead(ctx, term, state)
}
