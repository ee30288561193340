package effect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator/database"
	"jembatan/health/replication/gtid"
)

// database carries out an effect on a server's database.
func (e *Effects) database(ctx context.Context, a failover.Action, s *Server) Outcome {
	switch a.Kind {
	case failover.FenceDatabase:
		e.lease.forget(s.Name)
		_, err := database.Fence{
			Server: *s.Database, Holder: e.s.Holder, Epoch: a.Epoch, SemiSync: e.s.SemiSync,
		}.Ensure(ctx)
		return ofError(ctx, err)
	case failover.StopRenewing:
		last := e.lease.stop(s.Name)
		if err := e.lease.lacking(s.Name); err != nil {
			return Outcome{Err: failover.Refused, Detail: err.Error()}
		}
		return Outcome{LastRenewal: last}
	case failover.WaitDrained:
		return e.drain(ctx, a, s)
	case failover.OpenWrites:
		o := database.Open{
			// Commits wait when a standby is seen to acknowledge, and not before: see RequireAcks.
			Server: *s.Database, Holder: e.s.Holder, Epoch: a.Epoch, Token: e.s.Token(), TTL: e.s.TTL,
			Leads: e.s.Valid, SemiSync: e.s.SemiSync,
		}
		_, err := o.Ensure(ctx)
		return ofError(ctx, err)
	case failover.RejoinServer:
		return e.rejoin(ctx, a, s)
	case failover.RequireAcks, failover.WaiveAcks:
		if a.Kind == failover.RequireAcks {
			e.endReads(s, nil)
		}
		return ofError(ctx, database.Acks{Server: *s.Database, On: a.Kind == failover.RequireAcks}.Ensure(ctx))
	case failover.StartAcking, failover.StopAcking:
		return e.acker(ctx, a, s)
	case failover.BlockPaths, failover.KillConnections, failover.Unblock, failover.Rewrite, failover.ProbePublic,
		failover.KindUnknown, failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
	return Outcome{Err: failover.Refused}
}

// drain waits until the target has applied what it has received. In a planned
// move it must also hold all that the old server does; after a failure it stops
// reading from the old server, so that nothing comes from there unseen when it
// returns.
func (e *Effects) drain(ctx context.Context, a failover.Action, s *Server) Outcome {
	from, known := e.server(a.From)
	var all gtid.Set
	if a.Planned {
		if !known || from.Database == nil {
			return Outcome{Err: failover.Refused, Detail: "no such server: " + a.From}
		}
		var err error
		if all, err = database.StableState(ctx, *from.Database); err != nil {
			return ofError(ctx, err)
		}
	} else if known {
		e.detachOthers(a, s, from)
		if err := e.detach(ctx, s, from); err != nil {
			return ofError(ctx, err)
		}
	}
	d, err := database.Drain{Server: *s.Database, All: all}.Ensure(ctx)
	out := ofError(ctx, err)
	out.Behind = d.Behind
	return out
}

// detach ends the reading of s from a lost server, if it reads from it. It
// returns when nothing more is taken in; the rest is done aside.
func (e *Effects) detach(ctx context.Context, s, lost *Server) error {
	done, err := e.links.take(ctx, s.Name)
	if err != nil {
		return err
	}
	defer done()
	channel, found, err := database.LinkFrom(ctx, *s.Database, lost.Address)
	if err != nil || !found {
		return err
	}
	d, err := database.Deafen(ctx, *s.Database, channel)
	if err != nil {
		return err
	}
	e.aside.start("finish "+s.Name, finishLimit, func(ctx context.Context) {
		_, _ = d.Finish(ctx) // A thread that goes on applying does no harm; Rejoin compares.
	})
	return nil
}

// finishLimit bounds the end of a detachment.
const finishLimit = 30 * time.Second

// detachOthers does the same for the servers that are not to be opened. Nothing
// waits for it: they are compared again before they are ever opened.
func (e *Effects) detachOthers(a failover.Action, target, lost *Server) {
	for i := range e.s.Servers {
		s := &e.s.Servers[i]
		if s == target || s == lost || s.Database == nil {
			continue
		}
		e.aside.start(s.Name, limit(a.Kind), func(ctx context.Context) {
			_ = e.detach(ctx, s, lost) // Rejoin compares it whatever came of this.
		})
	}
}

// rejoin compares a returned server and lets it replicate again, with all
// others. What still detaches servers is ended first: it would stop the links that
// are started here.
func (e *Effects) rejoin(ctx context.Context, a failover.Action, s *Server) Outcome {
	active, known := e.server(a.From)
	if !known || active.Database == nil {
		return Outcome{Err: failover.Refused, Detail: "the active server is not known"}
	}
	e.aside.end()
	join := database.Rejoin{
		Returned: *s.Database, Active: *active.Database, Silent: e.s.SemiSync && len(e.s.Servers) > 2, SemiSync: e.s.SemiSync,
	}
	if _, err := join.Ensure(ctx); err != nil {
		return ofError(ctx, err)
	}
	for i := range e.s.Servers {
		other := &e.s.Servers[i]
		if other == s || other == active || other.Database == nil {
			continue
		}
		channel, found, err := database.LinkFrom(ctx, *other.Database, s.Address)
		if err == nil && found {
			err = database.StartLink(ctx, *other.Database, channel)
		}
		_ = err // A standby that is away is compared when it returns.
	}
	return Outcome{}
}

// ofError makes an outcome of what a database said.
func ofError(ctx context.Context, err error) Outcome {
	if err == nil {
		return Outcome{}
	}
	out := Outcome{Err: failover.Unreachable, Detail: err.Error()}
	_, late := errors.AsType[*database.EpochError](err)
	_, dirty := errors.AsType[*database.DirtyError](err)
	switch {
	case late:
		out.Err = failover.StaleEpoch
	case errors.Is(err, database.ErrNotLeading):
		out.Err = failover.NotLeading
	case dirty, errors.Is(err, database.ErrBlocked), errors.Is(err, database.ErrUnproven), errors.Is(err, database.ErrSessions),
		errors.Is(err, database.ErrNotDrained):
		out.Err = failover.Refused
	case errors.Is(err, context.DeadlineExceeded):
		out.Err = failover.TimedOut
	case ctx.Err() != nil:
		out.Err, out.Detail = failover.NotLeading, fmt.Sprintf("%v: %v", context.Cause(ctx), err)
	}
	return out
}
