// Package vrrp moves the virtual address of a service to the router at the
// active server's site, and knows who is master by asking both sides. See
// ../DESIGN.md.
//
// The VRRP interfaces are those that tunnel/plan provisions; they are found by
// their mark. Where clients of the address are led is the business of
// actuator/nat on the same service.
package vrrp

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"jembatan/failover/actuator"
	"jembatan/tunnel"
)

// A Service is what the actuator needs to know of a service.
type Service struct {
	Name     string
	Interval time.Duration // between adverts, on every router
	VRID     int
	Routers  []string              // in order of preference
	Sites    map[netip.Addr]string // of each server, the router at its site
}

// Of returns what the actuator needs of a service whose switch is VRRP.
func Of(svc *tunnel.Service) Service {
	s := Service{Name: svc.Name, Sites: map[netip.Addr]string{}}
	if v := svc.Switch.VRRP; v != nil {
		s.Interval, s.VRID, s.Routers = v.Interval, v.VRID, slices.Clone(v.On)
	}
	for _, server := range svc.Servers {
		s.Sites[server.Address] = server.Router
	}
	return s
}

// A Mode is how a master that answers is made to give way.
type Mode uint8

// Modes.
const (
	ModeUnknown Mode = iota // Fast
	// Fast disables the master's instance for a moment, so that it says goodbye
	// with priority 0 and the next one waits only its skew: 0.02 of an interval
	// (RFC 5798, 6.4.3).
	Fast
	// Gentle only rewrites priorities. It takes up to 3.2 intervals.
	Gentle
)

// String returns the mode's word.
func (m Mode) String() string {
	switch m {
	case Fast, ModeUnknown:
		return "fast"
	case Gentle:
		return "gentle"
	}
	return "invalid"
}

// Options adjust an Actuator. The zero value works.
type Options struct {
	actuator.Options

	Mode Mode
	// Look is how long a call waits for routers to be read; those that take
	// longer are left to Run. Zero means 250ms.
	Look time.Duration
	// Poll is the pause between two looks at who is master. Zero means 10ms.
	Poll time.Duration
}

// An Actuator moves the virtual address of one service. It is safe for
// concurrent use; calls take turns.
type Actuator struct {
	service Service
	connect actuator.Connect
	opts    Options
	crew    *actuator.Crew

	mu    sync.Mutex // guards all below
	epoch uint64     // of the last call
}

// New returns the actuator of a service. It does nothing yet; see Run. Unless
// opts says otherwise a call has four intervals and two seconds.
func New(service Service, connect actuator.Connect, opts Options) *Actuator {
	if opts.Timeout <= 0 {
		opts.Timeout = 4*service.Interval + 2*time.Second
	}
	if opts.Look <= 0 {
		opts.Look = 250 * time.Millisecond
	}
	if opts.Poll <= 0 {
		opts.Poll = 10 * time.Millisecond
	}
	opts.Options = opts.WithDefaults()
	return &Actuator{service: service, connect: connect, opts: opts, crew: actuator.NewCrew(service.Routers, opts.Options)}
}

// Run brings routers that were not reached to their place until ctx ends. Its
// owner waits for it.
func (a *Actuator) Run(ctx context.Context) error { return a.crew.Run(ctx) }

// Drop ends what Run is at and forgets it: until the next call somebody else may
// act. When it returns nothing is written any more.
func (a *Actuator) Drop() { a.crew.Drop() }

// Behind returns the routers that Run is trying.
func (a *Actuator) Behind() []actuator.RouterReport { return a.crew.Behind() }

// Ensure makes the router at t.Server's site master and proves it from every
// router that answers. A server at a site whose router the switch is not on
// leaves the address where it is.
//
// A master that answers gives way as Options.Mode says. One that does not answer
// but still sends adverts is outbid: the chosen router gets the highest priority
// and may preempt.
//
// Nothing is changed, and the error is ErrHeld, when two routers are master
// (BothMasters: they do not hear each other, and which of them is right is not
// for this package to say), when interval, version or vrid differ between them
// (Mismatched), or when the chosen router does not answer. Other errors are
// those of actuator.Report.
func (a *Actuator) Ensure(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	site, ok := a.service.Sites[t.Server]
	if !ok || t.Service != a.service.Name {
		return actuator.Report{Target: t}, fmt.Errorf("service %s has no server %v (asked for %s)", a.service.Name, t.Server, t.Service)
	}
	m := &move{a: a, epoch: t.Epoch, chosen: site, views: map[string]view{}}
	reports, err := a.crew.Do(ctx, m.catchUp, func(ctx context.Context) ([]actuator.RouterReport, bool) {
		if mine := a.advance(t.Epoch); mine > t.Epoch {
			return a.each(func(router string) actuator.RouterReport {
				r := actuator.Refuse(router, actuator.HigherEpoch, "we act under epoch %d already", mine)
				r.Epoch = mine
				return r
			}), true
		}
		return m.run(ctx)
	})
	if err != nil {
		return actuator.Report{Target: t}, err
	}
	report := actuator.NewReport(t, reports)
	return report, report.Err()
}

// advance raises our epoch and returns the highest that we have acted under.
func (a *Actuator) advance(epoch uint64) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch = max(a.epoch, epoch)
	return a.epoch
}

// Check says whether the router at t.Server's site is master, and it alone. It
// changes nothing.
func (a *Actuator) Check(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	m := &move{a: a, epoch: t.Epoch, chosen: a.service.Sites[t.Server], views: map[string]view{}}
	m.look(ctx)
	if !slices.Contains(a.service.Routers, m.chosen) {
		m.stay()
	}
	reports := m.held()
	if reports == nil {
		reports = a.each(m.judge)
	}
	for i := range reports {
		if reports[i].State == actuator.Behind && reports[i].Reason != actuator.Unreachable {
			reports[i].State = actuator.Refused // Nobody is trying.
		}
	}
	report := actuator.NewReport(t, reports)
	return report, report.Err()
}

// each makes a report for every router.
func (a *Actuator) each(f func(router string) actuator.RouterReport) []actuator.RouterReport {
	out := make([]actuator.RouterReport, len(a.service.Routers))
	for i, router := range a.service.Routers {
		out[i] = f(router)
	}
	return out
}
