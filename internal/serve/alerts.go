package serve

import (
	"context"
	"fmt"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/internal/notify"
)

// alerts tells people, and the log. It outlives readings of the topology.
type alerts struct {
	c *Controller

	mu      sync.Mutex
	box     *notify.Outbox  // guarded by mu; nil between two readings of the topology
	failing map[string]bool // guarded by mu: recipients over whose route the latest try failed
}

// notify hands an alert on; it returns at once.
func (a *alerts) notify(x failover.Action, at time.Time) {
	a.c.log.Warn().Str("service", x.Service).Str("server", x.Server).Stringer("phase", x.Phase).Str("reason", string(x.Reason)).
		Uint64("epoch", x.Epoch).Str("detail", x.Detail).Time("at", at).Msg("alert")
	a.mu.Lock()
	box := a.box
	a.mu.Unlock()
	if box != nil {
		box.Notify(x, at)
	}
}

// open opens the outbox of a reading of the topology.
func (a *alerts) open(s *set) (*notify.Outbox, error) {
	box, err := s.app.Outbox(a.told)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.box = box
	return box, nil
}

// close ends an outbox; what it has not delivered is delivered by the next one.
func (a *alerts) close(box *notify.Outbox) {
	a.mu.Lock()
	a.box = nil
	a.mu.Unlock()
	if err := box.Close(); err != nil {
		a.c.log.Warn().Err(err).Msg("closing the outbox of alerts")
	}
}

// toldLimit bounds the writing of one delivery into the history.
const toldLimit = 2 * time.Second

// told writes what became of an alert into the log and the service's history; of
// tries that fail one after the other the history has the first, so that a gateway
// which is away for days does not push everything else out of it.
func (a *alerts) told(o notify.Outcome) {
	a.c.log.Info().Str("service", o.Service).Str("alert", o.Alert).Str("channel", o.Channel).Str("route", o.Route).
		Str("state", string(o.State)).Dur("late", o.Late).Str("err", o.Err).Msg("alert delivery")
	if a.again(o) {
		return
	}
	s, err := a.c.current().service(o.Service)
	if err != nil {
		return // About no service: a heartbeat.
	}
	ctx, cancel := context.WithTimeout(context.Background(), toldLimit)
	defer cancel()
	// A controller that does not lead keeps no history; the log has it.
	_ = s.runner.Note(ctx, journal.Entry{
		Kind: journal.KindDelivery, Outcome: &journal.Outcome{Failure: failureOf(o.State), Took: o.Took, Detail: o.Err, Alert: o.Alert, To: o.To},
		Detail: fmt.Sprintf("alert %s by %s over %s to %s: %s, %v after it was made", o.Alert, o.Channel, o.Route, o.To, o.State, o.Late.Round(time.Millisecond)),
	})
}

// again reports whether a try failed as the one before it did, to the same
// recipient over the same route.
func (a *alerts) again(o notify.Outcome) bool {
	key := o.Channel + " " + o.Route + " " + o.To
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.failing[key]
	switch o.State {
	case notify.Failed:
		if a.failing == nil {
			a.failing = map[string]bool{}
		}
		a.failing[key] = true
		return was
	case notify.Delivered:
		delete(a.failing, key)
	case notify.Refused, notify.Expired, notify.Dropped, notify.Repeated, notify.Unsaved:
	}
	return false
}

// failureOf is what the history says of a delivery.
func failureOf(s notify.State) failover.Failure {
	switch s {
	case notify.Failed:
		return failover.Unreachable
	case notify.Refused:
		return failover.Refused
	case notify.Expired, notify.Dropped:
		return failover.TimedOut
	case notify.Delivered, notify.Repeated, notify.Unsaved:
	}
	return failover.Done
}
