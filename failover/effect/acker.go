package effect

import (
	"context"

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
	done, err := e.links.take(ctx)
	if err != nil {
		return ofError(ctx, err)
	}
	defer done()
	return ofError(ctx, database.Acker{Server: *s.Database, Active: *active.Database, On: a.Kind == failover.StartAcking}.Ensure(ctx))
}

// links lets one at a time start and stop the replication of standbys: a move that
// makes them deaf to a lost server must not have a link started behind its back.
type links chan struct{}

func newLinks() links { return make(links, 1) }

// take waits for its turn and returns what ends it.
func (l links) take(ctx context.Context) (func(), error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
