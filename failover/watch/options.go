package watch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"

	"jembatan/failover"
	"jembatan/failover/actuator/database"
	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/health/replication"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// A Sink takes in what is seen; *runner.Runner is one. Its methods are called by
// several goroutines. They may wait for the one who takes it in, but for nobody
// else, and return when ctx ends.
type Sink interface {
	Sample(ctx context.Context, s health.Sample)
	Reference(ctx context.Context, r health.Reference)
	// Event is a failover.ReplicationChanged for every server after each round, a
	// failover.RoutersChanged each round, or a failover.EpochSeen.
	Event(ctx context.Context, e failover.Event)
}

// An Active is who may write now, as the leading controller has decided.
type Active struct {
	// Server is the only one that may be open for writes; "": none may, or it is
	// not known.
	Server string
	Epoch  uint64
	// Leading: this process holds the lease. Without it nothing is written.
	Leading bool
}

// Options are what a Watcher needs besides the topology. Connect is required,
// and with databases Active and Token are.
type Options struct {
	// Connect returns a live connection with a router, dialing if there is none.
	// It is asked before each call and returns when ctx ends; it need not keep from
	// dialing too often (a routeros.Fleet does).
	Connect func(ctx context.Context, router string) (routeros.Caller, error)

	// Listen returns a live session with a router, as Connect does, that changes can
	// be followed on. Nil: nobody reads what routers see of ports.
	Listen func(ctx context.Context, router string) (probe.Follower, error)
	// Note is handed what a person should know and what shows only while the service
	// is watched, each once, by several goroutines; it must return soon. Nil: nobody.
	Note func(string)

	// Active is asked many times a second and must return at once.
	Active func() Active
	// Token returns a number that is higher than every one before, also those of
	// an earlier process.
	Token func() uint64
	// Accounts of the databases.
	Accounts database.Accounts
	// TLS of the databases; required if the topology says that they have it, and
	// nil otherwise.
	TLS *tls.Config
	// HTTPS is for https probes; nil: the system's roots, and the server's address
	// as its name.
	HTTPS *tls.Config

	// Report is handed each round's verdict about the databases; it must return
	// soon. Nil: nobody.
	Report func(replication.Report)
	// At is where a port of a server is reached from here; nil: at its own address.
	At func(s tunnel.Server, port uint16) netip.AddrPort
}

// resolved fills in what is left out and reports what is missing.
func (o Options) resolved(s *tunnel.Service) (Options, error) {
	if o.At == nil {
		o.At = func(s tunnel.Server, port uint16) netip.AddrPort { return netip.AddrPortFrom(s.Address, port) }
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Report == nil {
		o.Report = func(replication.Report) {}
	}
	switch {
	case o.Connect == nil:
		return o, errors.New("no way to connect with routers")
	case !replicates(s):
		return o, nil
	case o.Active == nil || o.Token == nil:
		return o, errors.New("it is not said who is active, or where tokens come from")
	case !s.Replication.TLS.Off && o.TLS == nil:
		return o, errors.New("the databases have TLS and no certificate to check it by")
	case s.Replication.TLS.Off && o.TLS != nil:
		return o, fmt.Errorf("the databases have no TLS, by the topology")
	}
	return o, nil
}
