package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/internal/app"
)

// A reloadRequest asks for the topology to be read again.
type reloadRequest struct{ done chan error }

// Reload implements api.Controller: a file with a problem changes nothing.
func (c *Controller) Reload(ctx context.Context) error {
	r := reloadRequest{make(chan error, 1)}
	select {
	case c.reload <- r:
		return <-r.done
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sets runs the services of the topology, and of the next one after each reload,
// until ctx ends.
func (c *Controller) sets(ctx context.Context) error {
	for {
		set := c.current()
		box, err := c.alerts.open(set)
		if err != nil {
			return err
		}
		inner, cancel := context.WithCancel(ctx)
		g, inner := errgroup.WithContext(inner)
		g.Go(func() error { return box.Run(inner) })
		for _, s := range set.services {
			g.Go(func() error { return s.run(inner) })
		}
		next := c.awaitReload(inner)
		cancel()
		err = g.Wait()
		c.alerts.close(box)
		if next == nil {
			close(set.ended)
			for _, s := range set.services {
				s.close()
			}
			return err
		}
		c.replace(set, next)
		close(set.ended)
	}
}

// awaitReload returns the next set of services, nil when ctx has ended.
func (c *Controller) awaitReload(ctx context.Context) *set {
	for {
		var r reloadRequest
		select {
		case <-ctx.Done():
			return nil
		case r = <-c.reload:
		case <-c.o.Reload:
		}
		next, err := c.readNext(ctx)
		if err != nil {
			c.log.Error().Err(err).Msg("the topology was not read again; going on with the old one")
		} else {
			c.log.Info().Int("services", len(next.services)).Msg("the topology was read again")
		}
		if r.done != nil {
			r.done <- err
		}
		if err == nil {
			return next
		}
	}
}

func (c *Controller) replace(old, next *set) {
	c.mu.Lock()
	c.now = next
	c.mu.Unlock()
	for _, s := range old.services {
		s.close()
	}
	old.app.Close()
}

// readNext reads the topology again and refuses it if it does not fit what the
// services are doing. When it fits they stand still from then on, so that no move
// begins before they are replaced.
func (c *Controller) readNext(ctx context.Context) (*set, error) {
	next, err := c.read()
	if err != nil {
		return nil, err
	}
	var errs []error
	var frozen []func()
	for _, old := range c.current().services {
		st, thaw, err := old.runner.Freeze(ctx)
		frozen = append(frozen, thaw)
		if err == nil {
			s, _ := next.service(old.name) // Nil: the service is gone from the file.
			err = fits(old.name, s, st.Move, st.Active, st.Writable)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		for _, thaw := range frozen {
			thaw()
		}
		for _, s := range next.services {
			s.close()
		}
		next.app.Close()
		return nil, err
	}
	return next, nil
}

// fits reports why a service cannot be replaced by its new reading.
func fits(name string, next *service, move *failover.Move, active, writable string) error {
	if move != nil {
		return fmt.Errorf("service %s is being moved: read again when that has ended", name)
	}
	if next == nil {
		return nil
	}
	for _, server := range []string{active, writable} {
		if server != "" && !slices.Contains(next.servers, server) {
			return fmt.Errorf("service %s: %s is active and not in the file any more: move the service first", name, server)
		}
	}
	return nil
}

// read reads the topology and makes its services. Nothing runs yet.
func (c *Controller) read() (*set, error) {
	a, err := app.Open(c.o.File, app.Options{Settings: c.o.Settings, Log: c.log, Env: c.o.Env})
	if err != nil {
		return nil, err
	}
	if err := a.CheckAlerts(); err != nil {
		a.Close()
		return nil, err
	}
	out := &set{app: a, loaded: time.Now(), ended: make(chan struct{})}
	for i := range a.Topology.Services {
		s, err := c.newService(a, &a.Topology.Services[i])
		if err != nil {
			for _, s := range out.services {
				s.close()
			}
			a.Close()
			return nil, fmt.Errorf("service %s: %w", a.Topology.Services[i].Name, err)
		}
		out.services = append(out.services, s)
	}
	return out, nil
}
