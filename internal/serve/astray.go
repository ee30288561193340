package serve

import (
	"context"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator"
)

// lookAgain is how often routers that were proven are looked at once more.
const lookAgain = 30 * time.Second

// astray looks between moves whether every router still leads clients to the
// active server, and tells the machine of those that do not. A router that does
// not answer is told by others.
func (s *service) astray(ctx context.Context) error {
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if routers := s.elsewhere(ctx); len(routers) > 0 {
			s.runner.Event(ctx, failover.RoutersAstray{Time: time.Now(), Routers: routers})
		}
	}
}

// elsewhere returns the routers that lead to another server than the active one,
// if this controller leads and nothing moved meanwhile.
func (s *service) elsewhere(ctx context.Context) []string {
	before, err := s.runner.Status(ctx)
	if err != nil || !before.Leading || before.Move != nil {
		return nil
	}
	i := slices.Index(s.servers, before.Active)
	if i < 0 {
		return nil
	}
	report, _ := s.rules.Check(ctx, actuator.Target{Service: s.name, Epoch: before.Epoch, Server: s.of.Servers[i].Address})
	after, err := s.runner.Status(ctx)
	if err != nil || after.Active != before.Active || after.Move != nil {
		return nil
	}
	var out []string
	for _, r := range report.Routers {
		switch r.Reason { //nolint:exhaustive // The others say nothing about where clients are led.
		case actuator.OtherServer, actuator.StillBlocked, actuator.EntriesLeft:
			out = append(out, r.Router)
		}
	}
	return out
}
