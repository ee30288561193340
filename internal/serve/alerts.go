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

	mu  sync.Mutex
	box *notify.Outbox // guarded by mu; nil between two readings of the topology
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

// told writes what became of an alert into the log and the service's history.
func (a *alerts) told(o notify.Outcome) {
	a.c.log.Info().Str("service", o.Service).Str("alert", o.Alert).Str("channel", o.Channel).Str("route", o.Route).
		Str("state", string(o.State)).Dur("late", o.Late).Str("err", o.Err).Msg("alert delivery")
	s, err := a.c.current().service(o.Service)
	if err != nil {
		return // About no service: a heartbeat.
	}
	ctx, cancel := context.WithTimeout(context.Background(), toldLimit)
	defer cancel()
	// A controller that does not lead keeps no history; the log has it.
	_ = s.runner.Note(ctx, journal.Entry{
		Kind: journal.KindDelivery, Outcome: &journal.Outcome{Took: o.Took, Detail: o.Err},
		Detail: fmt.Sprintf("alert %s by %s over %s to %s: %s, %v after it was made", o.Alert, o.Channel, o.Route, o.To, o.State, o.Late.Round(time.Millisecond)),
	})
}
