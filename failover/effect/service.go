package effect

import (
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover"
	"jembatan/failover/actuator"
	"jembatan/failover/actuator/database"
)

// A Switch leads clients to a server on every router; *nat.Actuator is one.
type Switch interface {
	Ensure(ctx context.Context, t actuator.Target) (actuator.Report, error)
	Block(ctx context.Context, t actuator.Target) (actuator.Report, error)
	Unblock(ctx context.Context, t actuator.Target) (actuator.Report, error)
	Run(ctx context.Context) error
	// Drop ends what Run is at; until the next call nothing is written.
	Drop()
}

// An AddressMover moves a virtual address to the router at a server's site;
// *vrrp.Actuator is one.
type AddressMover interface {
	Ensure(ctx context.Context, t actuator.Target) (actuator.Report, error)
	Run(ctx context.Context) error
	Drop()
}

// A Server is one that the service can be moved to.
type Server struct {
	Name    string
	Address netip.Addr
	// Database is its database; nil for a service without one.
	Database *database.Server
	// Renewer is a handle of the fence account that only the renewal of the
	// lease uses. The connections of this handle, and of Database's, must be cut
	// and not drained when they are closed (replication.Account.Abort), so that
	// nothing is renewed or opened later.
	Renewer *sql.DB
}

// A Public is an address that clients use, and who asks it.
type Public struct {
	Router string
	// Ask asks the service once as a client would.
	Ask func(ctx context.Context) error
}

// A Service is what the effects of one service need. Its handles are the
// caller's.
type Service struct {
	Name    string
	Holder  string // one name for one controller process
	Servers []Server
	Switch  Switch
	Address AddressMover // nil: the service has no virtual address
	Public  []Public

	// TTL of the lease by which a server fences itself; zero: none.
	TTL time.Duration
	// SemiSync switches the source side off where it fences.
	SemiSync bool
	// Token returns a number that is higher than every one before, also those
	// of an earlier process. Needed with databases.
	Token func() uint64
	// Valid says whether this process leads, at this moment; without it the
	// lease of a server is not renewed.
	Valid func() bool
}

// Effects carry out the actions of one service. They are safe for concurrent use.
type Effects struct {
	s     Service
	lease renewal
	aside *aside
	links links
	ways  ways
	cut   cut
}

// New returns the effects of a service. See Run.
func New(s Service) *Effects {
	e := &Effects{s: s, aside: newAside(), links: newLinks(s.Servers)}
	e.lease.wake = make(chan struct{}, 1)
	return e
}

// Run renews the lease and tries routers that are behind until ctx ends, which
// is its only error. Its owner waits for it.
func (e *Effects) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return e.s.Switch.Run(ctx) })
	if e.s.Address != nil {
		g.Go(func() error { return e.s.Address.Run(ctx) })
	}
	g.Go(func() error { return e.renewFor(ctx) })
	err := g.Wait()
	e.aside.end()
	return err
}

// Rest ends all that goes on beside Do: the renewal of the lease, routers that
// are behind, work that nobody waits for. When it returns none of it runs, and
// nothing is changed until the next Do. It is for the end of a term, when
// somebody else may act: what was learnt of routers is forgotten, and whoever acts
// again asks for what is owed. It takes a few seconds at most.
func (e *Effects) Rest() {
	e.Renew("", 0)
	e.aside.end()
	e.s.Switch.Drop()
	if e.s.Address != nil {
		e.s.Address.Drop()
	}
	e.ways.set(nil)
}

// An Outcome is what became of an effect.
type Outcome struct {
	Err     failover.Failure
	Routers []string // that did not answer or refused
	Behind  uint64   // transactions still to be applied
	// LastRenewal is when the lease of the server can last have been renewed.
	LastRenewal time.Time
	Detail      string // for people; holds no secret
}

// Do carries one effect out and returns when it is proven, refused or out of
// time; it never blocks for longer than the limits in limit. When ctx ends the
// outcome is failover.NotLeading or failover.TimedOut, and nothing goes on.
func (e *Effects) Do(ctx context.Context, a failover.Action) Outcome {
	ctx, cancel := context.WithTimeout(ctx, limit(a.Kind))
	defer cancel()
	if e.s.Valid != nil && !e.s.Valid() {
		return Outcome{Err: failover.NotLeading}
	}
	server, ok := e.server(a.Server)
	if !ok {
		return Outcome{Err: failover.Refused, Detail: "no such server"}
	}
	switch a.Kind {
	case failover.BlockPaths:
		return e.block(ctx, a, server)
	case failover.KillConnections:
		if e.cut.fresh(server.Name, a.Epoch) {
			return Outcome{Detail: "proven when the routers were told"}
		}
		return e.block(ctx, a, server)
	case failover.Unblock:
		e.cut.forget(server.Name)
		return e.routers(ctx, a, server, e.s.Switch.Unblock)
	case failover.Rewrite:
		return e.rewrite(ctx, a, server)
	case failover.ProbePublic:
		return e.probe(ctx)
	case failover.FenceDatabase, failover.WaitDrained, failover.OpenWrites, failover.RejoinServer, failover.StopRenewing,
		failover.RequireAcks, failover.WaiveAcks, failover.StartAcking, failover.StopAcking:
		if server.Database == nil {
			return Outcome{Err: failover.Refused, Detail: "the service has no database"}
		}
		return e.database(ctx, a, server)
	case failover.KindUnknown, failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
	return Outcome{Err: failover.Refused, Detail: "not an effect"}
}

// limit bounds one try of an effect. The machine asks again.
func limit(k failover.Kind) time.Duration {
	switch k {
	case failover.RejoinServer:
		return time.Minute // It catches up.
	case failover.FenceDatabase, failover.OpenWrites, failover.WaitDrained:
		return 8 * time.Second
	case failover.StartAcking, failover.StopAcking:
		return 3 * time.Second // A move may wait for it.
	case failover.StopRenewing, failover.RequireAcks, failover.WaiveAcks, failover.BlockPaths, failover.KillConnections, failover.Unblock, failover.Rewrite, failover.ProbePublic,
		failover.KindUnknown, failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
	return 5 * time.Second
}

func (e *Effects) server(name string) (*Server, bool) {
	i := slices.IndexFunc(e.s.Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &e.s.Servers[i], true
}
