package serve

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/failover/actuator"
	"jembatan/failover/actuator/database"
	"jembatan/failover/actuator/nat"
	"jembatan/failover/actuator/vrrp"
	"jembatan/failover/effect"
	"jembatan/failover/runner"
	"jembatan/failover/watch"
	"jembatan/health/replication"
	"jembatan/internal/app"
	"jembatan/tunnel"
)

// A service is one service being watched and driven.
type service struct {
	name    string
	servers []string
	of      *tunnel.Service
	runner  *runner.Runner
	effects *effect.Effects
	rules   *nat.Actuator
	address *vrrp.Actuator // nil: the service has no virtual address
	watcher *watch.Watcher
	handles []*sql.DB
	token   atomic.Uint64
	data    data
}

// run watches and drives the service until ctx ends.
func (s *service) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.runner.Run(ctx) })
	g.Go(func() error { return s.effects.Run(ctx) })
	g.Go(func() error { return s.astray(ctx) })
	g.Go(func() error { return s.watcher.Run(ctx, s.runner) })
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("service %s: %w", s.name, err)
	}
	return nil
}

// close ends the service's sessions with its databases.
func (s *service) close() {
	for _, db := range s.handles {
		_ = db.Close() // Nothing was begun that has not ended.
	}
}

// nextToken returns a number higher than every one before, also those of an
// earlier process, as long as the clock is not set back by more than its rests.
func (s *service) nextToken() uint64 {
	for {
		last := s.token.Load()
		next := max(last+1, uint64(time.Now().UnixMicro()))
		if s.token.CompareAndSwap(last, next) {
			return next
		}
	}
}

// newService makes a service ready to run.
func (c *Controller) newService(a *app.App, of *tunnel.Service) (*service, error) {
	s := &service{name: of.Name, of: of}
	for _, server := range of.Servers {
		s.servers = append(s.servers, server.Name)
	}
	targets, err := c.databases(a, s)
	if err != nil {
		s.close()
		return nil, err
	}
	connect := actuator.Over(a.Fleet())
	routers := actuator.Options{Leads: c.holder.leads}
	s.rules = nat.New(nat.Of(of), connect, nat.Options{Options: routers})
	eff := effect.Service{
		Name: of.Name, Holder: c.name, Servers: targets, Switch: s.rules,
		Public: publics(of), SemiSync: of.Replication.SemiSync, Token: s.nextToken, Valid: c.holder.leads,
	}
	if of.Policy.SiteLoss == tunnel.SiteLossLease {
		eff.TTL = of.Policy.Lease.TTL
	}
	if of.Switch.VRRP != nil {
		s.address = vrrp.New(vrrp.Of(of), connect, vrrp.Options{Options: routers})
		eff.Address = s.address
	}
	s.effects = effect.New(eff)
	s.runner, err = runner.New(runner.Options{
		Config: configOf(of), Health: watch.HealthConfig(a.Topology, of), Effect: s.effects, Notify: c.alerts.notify, Other: c.holder.otherLeads,
	})
	if err != nil {
		s.close()
		return nil, err
	}
	s.watcher, err = c.newWatcher(a, s)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// leastAckPatience is how long commits wait for a standby that is gone, at least.
const leastAckPatience = 5 * time.Second

// configOf is what the machine needs to know of a service.
func configOf(of *tunnel.Service) failover.Config {
	p := of.Policy
	out := failover.Config{Service: of.Name, Database: of.Replication.Engine != tunnel.EngineUnknown, SemiSync: of.Replication.SemiSync, Policy: failover.Policy{
		AckPatience: max(leastAckPatience, 2*(p.Interval*time.Duration(p.Misses)+p.Timeout)),
		Automatic:   p.Automatic, LoadFails: p.LoadFails, AllowedLoss: of.Replication.AllowedLoss, Hold: p.Hold, PerHour: p.PerHour, PerDay: p.PerDay,
	}}
	out.Sites = map[string]string{}
	for _, server := range of.Servers {
		out.Servers = append(out.Servers, server.Name)
		out.Sites[server.Name] = server.Router
	}
	if p.SiteLoss == tunnel.SiteLossLease {
		out.SiteLoss, out.LeaseTTL, out.LeaseMargin = failover.SiteLossLease, p.Lease.TTL, p.Lease.Margin
	}
	switch p.Failback {
	case tunnel.FailbackAuto:
		out.Failback = failover.FailbackAuto
	case tunnel.FailbackWindow:
		out.Failback, out.Window = failover.FailbackWindow, p.WindowOpen
	case tunnel.FailbackManual, tunnel.FailbackUnknown:
	}
	return out
}

// databases opens the handles of each server's database, by the three accounts.
func (c *Controller) databases(a *app.App, s *service) ([]effect.Server, error) {
	var out []effect.Server
	rep := &s.of.Replication
	for _, server := range s.of.Servers {
		e := effect.Server{Name: server.Name, Address: server.Address}
		if rep.Engine != tunnel.EngineUnknown {
			at := net.JoinHostPort(server.Address.String(), strconv.Itoa(int(rep.Port)))
			admin, err := s.handle(a, at, rep.Fence)
			if err != nil {
				return nil, err
			}
			writer, err := s.handle(a, at, rep.Writer)
			if err != nil {
				return nil, err
			}
			if e.Renewer, err = s.handle(a, at, rep.Fence); err != nil {
				return nil, err
			}
			e.Database = &database.Server{
				Name: server.Name, Engine: rep.Engine, Address: server.Address, Admin: admin, Writer: writer, Keep: []string{rep.User},
				Lease: s.of.Policy.SiteLoss == tunnel.SiteLossLease,
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// handle opens a handle of one account on one server. What is on its way to the
// server when an effect is given up, or this process dies, is thrown away: nothing
// is opened or renewed later, when somebody else may lead.
func (s *service) handle(a *app.App, at string, account tunnel.Account) (*sql.DB, error) {
	password, err := a.Secret(account.Password)
	if err != nil && !account.Password.IsZero() {
		return nil, fmt.Errorf("password of database user %q: %w", account.User, err)
	}
	conf, err := app.DatabaseTLS(s.of.Replication.TLS)
	if err != nil {
		return nil, err
	}
	db, err := replication.Account{
		Address: at, User: account.User, Password: replication.Secret(password), TLS: conf, Abort: true,
	}.Open()
	if err != nil {
		return nil, err
	}
	s.handles = append(s.handles, db)
	return db, nil
}
