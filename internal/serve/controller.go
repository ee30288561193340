package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/lease"
	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/app"
	"jembatan/internal/config"
)

// Options are what a controller is made from.
type Options struct {
	File     string // the topology
	Settings config.Settings
	Log      zerolog.Logger
	Env      app.Lookup
	Version  string
	// Reload is told to read the topology again; nil: never.
	Reload <-chan struct{}
	// Ready is called when the socket answers and every service is watched.
	Ready func()
}

// A Controller serves one topology. It implements api.Controller.
type Controller struct {
	o       Options
	log     zerolog.Logger
	store   *lease.Store
	journal *journal.Journal
	alerts  *alerts
	name    string // of this controller
	holder  holder
	started time.Time
	reload  chan reloadRequest
	drills  drills

	mu  sync.Mutex
	now *set // guarded by mu: the services as they are now
}

// A set is the services of one reading of the topology.
type set struct {
	app      *app.App
	services []*service
	loaded   time.Time
	ended    chan struct{} // closed when another set has taken its place, or the controller ends
}

func (s *set) service(name string) (*service, error) {
	for _, x := range s.services {
		if x.name == name {
			return x, nil
		}
	}
	return nil, api.ErrNoService
}

// Run serves until ctx ends, and then returns nil: what is under way is left to
// the next start, nothing is undone. It returns an error when it cannot begin.
func Run(ctx context.Context, o Options) error {
	if path, err := filepath.Abs(o.File); err == nil {
		o.File = path // Whoever asks for the status stands elsewhere.
	}
	c := &Controller{o: o, log: o.Log, name: newName(), started: time.Now(), reload: make(chan reloadRequest)}
	c.alerts = &alerts{c: c}
	dir := app.DataDir(o.Settings, o.Env)
	first, err := c.read()
	if err != nil {
		return err
	}
	defer func() { c.current().app.Close() }()
	c.now = first
	listener, err := api.Listen(ctx, app.SocketPath(o.Settings, o.Env))
	if err != nil {
		return err
	}
	if err := c.open(ctx, dir); err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() {
		if err := c.store.Close(); err != nil {
			c.log.Warn().Err(err).Msg("closing the store")
		}
	}()
	return c.run(ctx, listener)
}

// open opens the store.
func (c *Controller) open(ctx context.Context, dir string) error {
	o, err := c.storeOptions(c.o.Settings.Store, dir)
	if err != nil {
		return err
	}
	if c.store, err = lease.Open(ctx, o); err != nil {
		return err
	}
	c.journal = journal.New(c.store)
	return nil
}

// run runs all parts until ctx ends or one of them cannot go on.
func (c *Controller) run(ctx context.Context, l net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return api.Serve(ctx, l, c) })
	g.Go(func() error { return c.sets(ctx) })
	g.Go(func() error { return c.campaign(ctx) })
	g.Go(func() error { return c.serveMetrics(ctx) })
	g.Go(func() error { return c.drills.run(ctx) })
	g.Go(func() error { return c.notifySystemd(ctx) })
	if c.o.Ready != nil {
		c.o.Ready()
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// current returns the services as they are now.
func (c *Controller) current() *set {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// leaderLimit bounds asking the store who leads: a status is wanted most when the
// store is away.
const leaderLimit = time.Second

// Status implements api.Controller.
func (c *Controller) Status(ctx context.Context) (api.Status, error) {
	set := c.current()
	out := api.Status{
		Version: c.o.Version, Holder: c.name, Started: c.started, Leading: c.holder.leads(), File: c.o.File, Loaded: set.loaded,
		Services: []runner.Status{},
	}
	// Who leads is not known while the store is away; the rest is.
	asked, cancel := context.WithTimeout(ctx, leaderLimit)
	if leader, epoch, err := c.store.Leader(asked); err == nil {
		out.Leader, out.Epoch = leader, epoch
	}
	cancel()
	for _, s := range set.services {
		st, err := s.runner.Status(ctx)
		if err != nil {
			return out, fmt.Errorf("service %s: %w", s.name, err)
		}
		s.data.explain(&st)
		out.Services = append(out.Services, st)
	}
	return out, nil
}

// Command implements api.Controller.
func (c *Controller) Command(ctx context.Context, name string, cmd failover.Command) (runner.Answer, error) {
	s, err := c.current().service(name)
	if err != nil {
		return runner.Answer{}, err
	}
	a, err := s.runner.Command(ctx, cmd)
	if a.Accepted && cmd.Verb == failover.AcceptErrant {
		s.watcher.Accept(cmd.Server)
	}
	c.log.Info().Str("service", name).Stringer("command", cmd.Verb).Str("server", cmd.Server).Str("by", cmd.By).
		Bool("accepted", a.Accepted).Str("reason", string(a.Reason)).Msg("command")
	return a, err
}

// History implements api.Controller.
func (c *Controller) History(ctx context.Context, name string, q journal.Query) ([]journal.Entry, error) {
	if _, err := c.current().service(name); err != nil {
		return nil, err
	}
	return c.journal.History(ctx, name, q)
}
