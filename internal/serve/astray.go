package serve

import (
	"context"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator"
)

const (
	// lookAgain is how often routers that were proven are looked at once more.
	lookAgain = 30 * time.Second
	// sure is how long two routers have to be VRRP master at once: for a moment they
	// are whenever the address moves.
	sure = 3 * time.Second
)

// astray looks between moves whether every router still leads clients to the
// active server, and whether one alone has the virtual address, and tells the
// machine what it sees. A router that does not answer is told by others.
func (s *service) astray(ctx context.Context) error {
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		seen, ok := s.look(ctx)
		if ok && len(seen.masters) > 1 {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(sure):
			}
			seen, ok = s.look(ctx)
		}
		if !ok {
			continue
		}
		if len(seen.elsewhere) > 0 {
			s.runner.Event(ctx, failover.RoutersAstray{Time: time.Now(), Routers: seen.elsewhere})
		}
		if s.address != nil {
			s.runner.Event(ctx, failover.MastersSeen{Time: time.Now(), Routers: seen.masters})
		}
	}
}

// A routersSeen is what routers do between moves: which lead to another server than
// the active one, and which are VRRP master.
type routersSeen struct{ elsewhere, masters []string }

// look reads the routers. It is not ok unless this controller leads and nothing
// moved meanwhile.
func (s *service) look(ctx context.Context) (seen routersSeen, ok bool) {
	before, err := s.runner.Status(ctx)
	if err != nil || !before.Leading || before.Move != nil {
		return seen, false
	}
	i := slices.Index(s.servers, before.Active)
	if i < 0 {
		return seen, false
	}
	t := actuator.Target{Service: s.name, Epoch: before.Epoch, Server: s.of.Servers[i].Address}
	rules, _ := s.rules.Check(ctx, t) // Its error is in the report.
	for _, r := range rules.Routers {
		switch r.Reason { //nolint:exhaustive // The others say nothing about where clients are led.
		case actuator.OtherServer, actuator.StillBlocked, actuator.EntriesLeft:
			seen.elsewhere = append(seen.elsewhere, r.Router)
		}
	}
	if s.address != nil {
		address, _ := s.address.Check(ctx, t)
		seen.holders(address.Routers, s.of.Servers[i].Router)
	}
	after, err := s.runner.Status(ctx)
	if err != nil || after.Active != before.Active || after.Move != nil {
		return seen, false
	}
	return seen, true
}

// holders notes who holds the virtual address, and that it is astray when another
// router holds it than the one at the active server's site, or none although all
// answer. A site whose router has no part in the address leaves it where it is.
func (seen *routersSeen) holders(routers []actuator.RouterReport, site string) {
	part, silent := false, false
	for _, r := range routers {
		if r.Master {
			seen.masters = append(seen.masters, r.Router)
		}
		part = part || r.Router == site
		silent = silent || r.Reason == actuator.Unreachable
	}
	other := len(seen.masters) == 1 && seen.masters[0] != site
	none := len(seen.masters) == 0 && !silent
	if part && (other || none) && !slices.Contains(seen.elsewhere, site) {
		seen.elsewhere = append(seen.elsewhere, site)
	}
}
