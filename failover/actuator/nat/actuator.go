// Package nat moves a service by rewriting its dst-nat rule on every router,
// fences servers by block rules, and deletes the connections that a rewritten
// rule would leave where they are. See ../DESIGN.md.
//
// The rules are those that tunnel/plan provisions; they are found by their
// marks. Nothing else on a router is touched.
package nat

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"jembatan/failover/actuator"
	"jembatan/tunnel"
)

// A Service is what the actuator needs to know of a service.
type Service struct {
	Name    string
	Ports   []uint16
	Servers []Server
	Routers []Router
}

// A Server is one that clients may be led to.
type Server struct {
	Name    string
	Address netip.Addr
}

// A Router holds the service's rules.
type Router struct {
	Name   string
	Public netip.Addr // the address that clients use there
}

// Of returns what the actuator needs of a service, whose switch may be of
// either kind: with VRRP the public address is the virtual one.
func Of(svc *tunnel.Service) Service {
	s := Service{Name: svc.Name, Ports: slices.Clone(svc.Ports)}
	for _, server := range svc.Servers {
		s.Servers = append(s.Servers, Server{Name: server.Name, Address: server.Address})
	}
	for _, router := range svc.Switch.Routers() {
		s.Routers = append(s.Routers, Router{Name: router, Public: svc.Switch.Public(router)})
	}
	return s
}

// names returns the routers' names.
func (s *Service) names() []string {
	out := make([]string, len(s.Routers))
	for i, r := range s.Routers {
		out[i] = r.Name
	}
	return out
}

// server returns the server of that address.
func (s *Service) server(addr netip.Addr) (Server, bool) {
	i := slices.IndexFunc(s.Servers, func(x Server) bool { return x.Address == addr })
	if i < 0 {
		return Server{}, false
	}
	return s.Servers[i], true
}

// Options adjust an Actuator. The zero value works.
type Options struct {
	actuator.Options

	// Probe asks the service through a router's public address, as a client
	// would, after the router was read back; an error leaves it behind. Nil
	// means that somebody else probes.
	Probe func(ctx context.Context, router string, public netip.Addr) error
}

// An Actuator moves one service. It is safe for concurrent use; calls take
// turns.
type Actuator struct {
	service Service
	connect actuator.Connect
	opts    Options
	crew    *actuator.Crew

	mu     sync.Mutex      // guards all below
	ids    map[string]ids  // of each router's rules, as last seen
	wanted wanted          // by the last call that was not refused
	blocks map[string]bool // by server: what calls have asked for so far
}

// A wanted is the whole state that routers are brought to.
type wanted struct {
	epoch  uint64
	server netip.Addr // not valid: whoever it is now
	// blocks says of servers by name whether their block rule is on; those not
	// in it are left as they are.
	blocks map[string]bool
}

// New returns the actuator of a service. It does nothing yet; see Run.
func New(service Service, connect actuator.Connect, opts Options) *Actuator {
	opts.Options = opts.WithDefaults()
	return &Actuator{
		service: service, connect: connect, opts: opts, crew: actuator.NewCrew(service.names(), opts.Options),
		ids: map[string]ids{}, blocks: map[string]bool{},
	}
}

// Run tries the routers that are behind until ctx ends, always with what the
// last call wanted. Its owner waits for it.
func (a *Actuator) Run(ctx context.Context) error { return a.crew.Run(ctx) }

// Drop ends what Run is at, and forgets what calls have asked for so far: until
// the next one somebody else may act. When it returns nothing is written any more.
func (a *Actuator) Drop() {
	a.crew.Drop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wanted = wanted{epoch: a.wanted.epoch}
	clear(a.blocks)
}

// Behind returns the routers that Run is trying.
func (a *Actuator) Behind() []actuator.RouterReport { return a.crew.Behind() }

// Ensure leads every router's clients to t.Server and to nobody else: it takes
// the block off that server, rewrites the rule, deletes the connections to other
// servers until a new listing shows none, and reads everything back. Blocks that
// Block has set stay, also on a router that is reached only later.
//
// The error is the Report's: nil when every router is proven, ErrBehind when
// some are tried further by Run, ErrSuperseded when a higher epoch was seen;
// what was written before it was seen has been put back.
func (a *Actuator) Ensure(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return a.act(ctx, t, func(name string) wanted {
		a.blocks[name] = false
		return wanted{server: t.Server}
	})
}

// Block keeps clients from t.Server on every router, and deletes their
// connections to it until a new listing shows none. Errors are those of Ensure.
func (a *Actuator) Block(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return a.act(ctx, t, func(name string) wanted {
		a.blocks[name] = true
		if a.wanted.server == t.Server {
			return wanted{} // It is what clients are led to, for now: refused is what they get.
		}
		return wanted{server: a.wanted.server}
	})
}

// Unblock lets clients reach t.Server again where rules lead them to it. It is
// for the return of a server that was compared and found clean; nothing else
// takes a block off but Ensure, for its own target.
func (a *Actuator) Unblock(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return a.act(ctx, t, func(name string) wanted {
		a.blocks[name] = false
		return wanted{server: a.wanted.server}
	})
}

// act brings every router to what want says together with the blocks so far.
// Want is called with the lock held.
func (a *Actuator) act(ctx context.Context, t actuator.Target, want func(server string) wanted) (actuator.Report, error) {
	server, ok := a.service.server(t.Server)
	if !ok || t.Service != a.service.Name {
		return actuator.Report{Target: t}, fmt.Errorf("service %s has no server %v (asked for %s)", a.service.Name, t.Server, t.Service)
	}
	var (
		w    wanted
		gate *actuator.Gate
	)
	work := func(ctx context.Context, router string) actuator.RouterReport {
		return a.converge(ctx, router, w, gate)
	}
	reports, err := a.crew.Do(ctx, work, func(ctx context.Context) ([]actuator.RouterReport, bool) {
		var mine uint64
		if w, mine = a.next(t.Epoch, server.Name, want); mine > t.Epoch {
			return a.refuseAll(mine), true
		}
		gate = actuator.NewGate(a.service.names(), a.opts.Patience)
		return a.crew.All(ctx, work), false
	})
	if err != nil {
		return actuator.Report{Target: t}, err
	}
	report := actuator.NewReport(t, reports)
	return report, report.Err()
}

// next makes what want says the wanted state, unless we act under a higher
// epoch already, which is then returned.
func (a *Actuator) next(epoch uint64, server string, want func(server string) wanted) (wanted, uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if epoch < a.wanted.epoch {
		return wanted{}, a.wanted.epoch
	}
	w := want(server)
	w.epoch, w.blocks = epoch, maps.Clone(a.blocks)
	a.wanted = w
	return w, epoch
}

// refuseAll is the report of a call that came too late.
func (a *Actuator) refuseAll(epoch uint64) []actuator.RouterReport {
	var routers []actuator.RouterReport
	for _, r := range a.service.names() {
		refused := actuator.Refuse(r, actuator.HigherEpoch, "we act under epoch %d already", epoch)
		refused.Epoch = epoch
		routers = append(routers, refused)
	}
	return routers
}

// Check says of every router whether it leads clients to t.Server and to nobody
// else under at least t.Epoch. It changes nothing, and waits for no turn.
func (a *Actuator) Check(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.opts.Timeout, fmt.Errorf("no answer within %v", a.opts.Timeout))
	defer cancel()
	w := wanted{epoch: t.Epoch, server: t.Server}
	reports := a.crew.All(ctx, func(ctx context.Context, router string) actuator.RouterReport {
		p, err := a.connect(ctx, router)
		if err != nil {
			return actuator.Lost(router, err)
		}
		v, trips, why := a.look(ctx, p, router, w, true)
		if why != nil {
			return why.report(router, trips)
		}
		r := a.describe(router, &v, w)
		r.Trips = trips
		if r.Reason = a.differs(&v, w, r); r.Reason != actuator.ReasonUnknown {
			r.State = actuator.Refused // Not Behind: nobody is trying.
		}
		return r
	})
	report := actuator.NewReport(t, reports)
	return report, report.Err()
}

// differs says how a router is not as Check asks.
func (a *Actuator) differs(v *view, w wanted, r actuator.RouterReport) actuator.Reason {
	switch {
	case v.epoch() > w.epoch:
		return actuator.HigherEpoch
	case v.target.to != w.server.String() || v.target.disabled || v.target.invalid:
		return actuator.OtherServer
	case v.target.epoch < w.epoch:
		return actuator.OtherEpoch
	case slices.Contains(r.Blocked, w.server):
		return actuator.StillBlocked
	case r.Stale > 0:
		return actuator.EntriesLeft
	}
	return actuator.ReasonUnknown
}
