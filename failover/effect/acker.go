package effect

import (
	"context"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator/database"
)

// acker has a standby acknowledge what it receives from the active server, or
// not. Its links stand still for a moment, so nothing else is done to links
// meanwhile: see links.
func (e *Effects) acker(ctx context.Context, a failover.Action, s *Server) Outcome {
	active, known := e.server(a.From)
	if !known || active.Database == nil {
		return Outcome{Err: failover.Refused, Detail: "the active server is not known"}
	}
	done, err := e.links.take(ctx, s.Name)
	if err != nil {
		return ofError(ctx, err)
	}
	defer done()
	e.endReads(active, s)
	return ofError(ctx, database.Acker{Server: *s.Database, Active: *active.Database, On: a.Kind == failover.StartAcking}.Ensure(ctx))
}

// endReads ends, beside everything else, the connections to the active server of
// those but one that cannot be asked: they would count as acknowledging for minutes.
func (e *Effects) endReads(active, but *Server) {
	for i := range e.s.Servers {
		s := &e.s.Servers[i]
		if s == active || s == but || s.Database == nil {
			continue
		}
		e.aside.start("readers of "+s.Name, readsLimit, func(ctx context.Context) {
			asked, cancel := context.WithTimeout(ctx, askLimit)
			defer cancel()
			if s.Database.Admin.PingContext(asked) == nil || ctx.Err() != nil {
				return
			}
			_ = database.EndReads(ctx, *active.Database, s.Address) // It is tried again with the next change.
		})
	}
}

// How long a server is asked whether it is there, and how long all of it may take.
const (
	askLimit   = time.Second
	readsLimit = 3 * time.Second
)

// links lets one at a time start and stop the replication of a standby: a move that
// makes it deaf to a lost server must not have a link started behind its back.
type links map[string]chan struct{}

func newLinks(servers []Server) links {
	l := links{}
	for i := range servers {
		l[servers[i].Name] = make(chan struct{}, 1)
	}
	return l
}

// take waits for the turn at a server's links and returns what ends it.
func (l links) take(ctx context.Context, server string) (func(), error) {
	turn := l[server]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
