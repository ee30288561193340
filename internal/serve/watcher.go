package serve

import (
	"context"
	"fmt"

	"jembatan/failover/actuator/database"
	"jembatan/failover/watch"
	"jembatan/health/probe"
	"jembatan/health/replication"
	"jembatan/internal/app"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// newWatcher makes what senses a service.
func (c *Controller) newWatcher(a *app.App, s *service) (*watch.Watcher, error) {
	o := watch.Options{
		Connect: func(ctx context.Context, router string) (routeros.Caller, error) {
			return a.Fleet().Session(ctx, router)
		},
		Listen: func(ctx context.Context, router string) (probe.Follower, error) {
			return a.Fleet().Session(ctx, router)
		},
		Note: func(text string) { c.log.Warn().Str("service", s.name).Msg(text) },
		Active: func() watch.Active {
			w := s.runner.Writer()
			return watch.Active{Server: w.Server, Epoch: w.Epoch, Leading: w.Leading && c.holder.leads()}
		},
		Token: s.nextToken, Report: s.data.take,
	}
	s.data.log = c.log.With().Str("service", s.name).Logger()
	rep := &s.of.Replication
	if rep.Engine != tunnel.EngineUnknown {
		var err error
		if o.Accounts, err = accounts(a, rep); err != nil {
			return nil, err
		}
		if o.TLS, err = app.DatabaseTLS(rep.TLS); err != nil {
			return nil, err
		}
	}
	w, err := watch.New(a.Topology, s.of, o)
	if err != nil {
		return nil, err
	}
	for _, note := range w.Notes() {
		c.log.Warn().Str("service", s.name).Msg(note)
	}
	return w, nil
}

// accounts resolves the three accounts of a service's databases.
func accounts(a *app.App, rep *tunnel.Replication) (database.Accounts, error) {
	var out database.Accounts
	for _, x := range []struct {
		to   *database.Login
		from tunnel.Account
	}{
		{&out.Check, tunnel.Account{User: rep.User, Password: rep.Password}}, {&out.Writer, rep.Writer}, {&out.Fence, rep.Fence},
	} {
		x.to.User = x.from.User
		if x.from.Password.IsZero() {
			continue
		}
		password, err := a.Secret(x.from.Password)
		if err != nil {
			return out, fmt.Errorf("password of database user %q: %w", x.from.User, err)
		}
		x.to.Password = replication.Secret(password)
	}
	return out, nil
}
