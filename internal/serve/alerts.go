package serve

import (
	"context"
	"time"

	"jembatan/failover"
)

// alerts tells people, and the log.
type alerts struct{ c *Controller }

func newAlerts(c *Controller, _ string) (*alerts, error) { return &alerts{c}, nil }

// notify hands an alert on; it returns at once.
func (a *alerts) notify(x failover.Action, at time.Time) {
	a.c.log.Warn().Str("service", x.Service).Str("server", x.Server).Stringer("phase", x.Phase).Str("reason", string(x.Reason)).
		Uint64("epoch", x.Epoch).Str("detail", x.Detail).Time("at", at).Msg("alert")
}

func (a *alerts) run(ctx context.Context) error { <-ctx.Done(); return nil }
