package failover_test

import (
	"slices"

	"jembatan/failover"
)

// execute carries a pending effect out in the world and reports the outcome.
// luck 0 is success; 1 fails without effect; 2 fails after it took effect, so
// that the outcome is not known; 3 is done on some routers.
func (w *world) execute(a failover.Action, luck int) {
	s := w.servers[a.Server]
	out := failover.ActionDone{Time: w.now, ID: a.ID}
	onServer := a.Kind == failover.FenceDatabase || a.Kind == failover.OpenWrites || a.Kind == failover.WaitDrained || a.Kind == failover.RejoinServer ||
		a.Kind == failover.RequireAcks || a.Kind == failover.WaiveAcks || a.Kind == failover.StartAcking || a.Kind == failover.StopAcking
	switch {
	case onServer && !s.reachable:
		out.Err = failover.Unreachable
	case luck == 1:
		out.Err = failover.Refused
	default:
		w.affect(a, &s, luck)
		switch {
		case luck == 2:
			out.Err = failover.TimedOut
		case luck == 3 && !onServer && a.Kind != failover.StopRenewing && a.Kind != failover.ProbePublic:
			out.Err, out.Routers = failover.Partly, []string{"jkt"}
		}
	}
	w.servers[a.Server] = s
	if out.Err == failover.Done {
		w.proved(a)
		out.LastRenewal = s.renewed
	}
	w.step(out)
}

// affect changes the world.
func (w *world) affect(a failover.Action, s *server, luck int) {
	partly := luck == 3
	switch a.Kind {
	case failover.FenceDatabase:
		s.open, s.waits = false, false
	case failover.OpenWrites:
		s.open, s.renewed, s.waits = true, w.now, false
	case failover.RequireAcks:
		s.waits = true
	case failover.WaiveAcks:
		s.waits = false
	case failover.StartAcking:
		s.acks = true
	case failover.StopAcking:
		s.acks = false
	case failover.RejoinServer:
		s.linked = true
	case failover.BlockPaths:
		s.blocked = s.blocked || !partly
	case failover.KillConnections:
		s.killed = s.killed || s.blocked && !partly
	case failover.Unblock:
		s.blocked, s.killed = false, false
	case failover.KindUnknown, failover.StopRenewing, failover.WaitDrained, failover.Rewrite, failover.ProbePublic,
		failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
}

// proved notes what the machine may rely on from now on.
func (w *world) proved(a failover.Action) {
	switch a.Kind {
	case failover.WaitDrained:
		w.drained[a.Server] = true
	case failover.BlockPaths:
		w.blockedBy[a.Server] = true
	case failover.Unblock:
		w.blockedBy[a.Server] = false
	case failover.KillConnections:
		w.rewritten = ""
	case failover.KindUnknown, failover.FenceDatabase, failover.StopRenewing, failover.OpenWrites, failover.Rewrite, failover.ProbePublic,
		failover.RejoinServer, failover.RequireAcks, failover.WaiveAcks, failover.StartAcking, failover.StopAcking, failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
}

// pending returns the effects under way in the order of their IDs.
func (w *world) pending() []failover.Action {
	var out []failover.Action
	for _, a := range w.m.State().Pending {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b failover.Action) int { return int(a.ID) - int(b.ID) })
	return out
}
