package failover

import (
	"slices"
	"time"
)

// absorbDone takes in the outcome of an effect. One that is not awaited is
// ignored.
func (m *Machine) absorbDone(e ActionDone) {
	a, ok := m.s.Pending[e.ID]
	if !ok {
		return
	}
	delete(m.s.Pending, e.ID)
	d := Debt{a.Kind, a.Server}
	switch e.Err {
	case Done:
		m.atOnce(d)
		delete(m.f.failures, d)
	case StaleEpoch:
		m.s.Epoch++ // Some higher one exists: ours will not do again.
		m.lapse(Superseded)
		return
	case NotLeading:
		m.lapse(NotLeader)
		return
	case Unreachable, TimedOut, Refused, Partly:
		m.f.retry[d] = m.s.At.Add(m.patience(d))
		m.f.failures[d] = e.Err
		if a.Kind == FenceDatabase && e.Err == Refused && m.f.tries[d] == toldTries {
			m.alert(Fencing, a.Server, "it answers, and cannot be made read-only")
		}
	}
	m.note(e)
	m.resolveMove(a, e)
	m.resolveDebt(a, e)
}

// toldTries is after how many tries of a debt people are told.
const toldTries = 3

// patience returns how long to wait after a try that failed: the same in a move;
// a debt that nothing waits for is tried less and less often.
func (m *Machine) patience(d Debt) time.Duration {
	if m.s.Move != nil {
		return m.c.Retry
	}
	m.f.tries[d]++
	return min(m.c.Retry<<min(m.f.tries[d]-1, 10), m.c.RetryMax)
}

// atOnce lets an effect be tried without waiting: there is news about it.
func (m *Machine) atOnce(d Debt) {
	delete(m.f.retry, d)
	delete(m.f.tries, d)
}

// note keeps what the outcome says for the pages.
func (m *Machine) note(e ActionDone) {
	for _, r := range e.Routers {
		if !slices.Contains(m.s.Degraded, r) {
			m.s.Degraded = append(m.s.Degraded, r)
		}
	}
}

// resolveMove updates the move under way. An outcome that is about a server that
// the move has turned away from changes only what is known of that server.
func (m *Machine) resolveMove(a Action, e ActionDone) {
	done := e.Err == Done
	if done {
		m.resolveDatabase(a)
	}
	mv := m.s.Move
	if mv == nil {
		return
	}
	fence, open, target := a.Server == mv.Fence && a.ID > mv.After, a.Server == m.opening(), a.Server == mv.To
	some := done || e.Err == Partly
	switch a.Kind {
	case FenceDatabase:
		mv.ReadOnly = mv.ReadOnly || done && a.Server == mv.Fence
	case StopRenewing:
		m.resolveLease(mv, e, done && fence)
	case BlockPaths:
		mv.Blocked = mv.Blocked || done && fence
	case KillConnections:
		m.resolveKill(mv, a, e, fence)
	case WaitDrained:
		mv.Drained = mv.Drained || done && target
		m.f.detail = detailBehind(e.Behind)
	case OpenWrites:
		mv.Opened = mv.Opened || done && open
		mv.doubt(a.Server == mv.Fence)
	case Unblock:
		mv.Unblocked = mv.Unblocked || some && open
	case Rewrite:
		if some && target && !mv.Rewritten {
			mv.Rewritten = true
			m.s.Active, m.s.Baseline = mv.To, m.s.At
		}
	case ProbePublic:
		mv.Verified = mv.Verified || done && target
	case KindUnknown, RejoinServer, RequireAcks, WaiveAcks, StartAcking, StopAcking, Alert, Hold, Record, Accept, Refuse:
	}
}

// resolveDatabase notes what was proven of a server, whether it is moved or not.
func (m *Machine) resolveDatabase(a Action) {
	switch a.Kind { //nolint:exhaustive // The others prove nothing about a database by themselves.
	case FenceDatabase:
		m.proved(a.Server)
	case RequireAcks:
		m.acksRequired(a.Server)
	case WaiveAcks:
		m.sawAcks(a.Server, false)
	case StartAcking:
		r := m.f.repl[a.Server]
		r.Acking = true // Until it is seen again.
		m.f.repl[a.Server] = r
	case StopAcking:
		r := m.f.repl[a.Server]
		r.Acking = false // The same.
		m.f.repl[a.Server] = r
		m.silenced(a.Server, m.s.At)
	case OpenWrites:
		r := m.f.repl[a.Server]
		r.Closed = false // Until it is seen again.
		m.f.repl[a.Server] = r
	}
}

// doubt voids what was proven of a server under fence whose opening has just
// ended: it may have opened after all.
func (mv *Move) doubt(fence bool) {
	if fence && mv.Step == Fence {
		mv.SelfFence, mv.Killed = time.Time{}, false
	}
}

// resolveLease notes when the old server will have fenced itself. What counts is
// how long ago it was renewed, by the clock that saw both: the machine's time may
// be ahead of it, when another controller's was.
func (m *Machine) resolveLease(mv *Move, e ActionDone, stopped bool) {
	if !stopped || !mv.SelfFence.IsZero() {
		return
	}
	last := m.s.At // Not known: it may have been a moment ago.
	if !e.LastRenewal.IsZero() {
		last = m.s.At.Add(-e.Time.Sub(e.LastRenewal))
	}
	mv.SelfFence = last.Add(m.c.LeaseTTL + m.c.LeaseMargin)
}

// resolveKill: connections killed under a complete block prove a fence; those
// killed after the rewrite end the switch.
func (m *Machine) resolveKill(mv *Move, a Action, e ActionDone, fence bool) {
	if !fence {
		return
	}
	done := e.Err == Done
	if a.Phase == Fence && mv.Step == Fence && mv.Blocked && done {
		mv.Killed = true
		if m.c.Database && !m.c.BlockIsNoFence {
			m.proved(a.Server)
		}
	}
	if a.Phase == Switch && mv.Rewritten && (done || e.Err == Partly) {
		mv.Cut = true
	}
}

// opening returns the server that the move is opening now: the new one, or in an
// undo the old one.
func (m *Machine) opening() string {
	if m.s.Move.Step == Undo {
		return m.s.Move.From
	}
	return m.s.Move.To
}

// resolveDebt keeps what is blocked, and what is still owed to routers that did
// not answer.
func (m *Machine) resolveDebt(a Action, e ActionDone) {
	done, partly := e.Err == Done, e.Err == Partly
	if done {
		owed := m.owes(Debt{a.Kind, a.Server})
		m.forgive(a.Kind, a.Server)
		if a.Kind == BlockPaths && owed {
			m.owe(KillConnections, a.Server)
		}
		if owed && a.Kind == ProbePublic {
			m.alert(Repaired, a.Server, "")
		}
		if owed && len(m.s.Degraded) > 0 && !slices.ContainsFunc(m.s.Debts, aboutRouters) {
			m.s.Degraded = nil
			m.alert(Repaired, m.s.Active, "")
		}
	}
	switch a.Kind {
	case Unblock:
		if done {
			m.s.Blocked = slices.DeleteFunc(m.s.Blocked, func(s string) bool { return s == a.Server })
		}
		m.oweIf(partly, a)
	case Rewrite:
		m.oweIf(partly, a)
	case KillConnections:
		m.oweIf(partly && a.Phase != Fence, a)
	case RejoinServer:
		if done && !m.f.again[a.Server] {
			m.s.Rejoin = slices.DeleteFunc(m.s.Rejoin, func(s string) bool { return s == a.Server })
		}
		delete(m.f.again, a.Server)
	case StartAcking, StopAcking:
		if e.Err == Unreachable || e.Err == TimedOut { // Its link may have been left stopped.
			m.rejoin(a.Server)
		}
	case KindUnknown, FenceDatabase, StopRenewing, BlockPaths, WaitDrained, OpenWrites, ProbePublic, RequireAcks, WaiveAcks, Alert, Hold, Record, Accept, Refuse:
	}
}

// oweIf owes a again, unless a later decision is against it.
func (m *Machine) oweIf(partly bool, a Action) {
	d := Debt{a.Kind, a.Server}
	against := slices.ContainsFunc(m.s.Debts, func(o Debt) bool { return contrary(o, d) })
	if partly && !against && m.serves(a.Server) == (a.Kind != KillConnections) {
		m.owe(a.Kind, a.Server)
	}
}

// serves reports whether clients are sent to a server, or are about to be.
func (m *Machine) serves(server string) bool {
	if m.s.Move != nil {
		return server == m.opening()
	}
	return server == m.s.Active
}

// aboutRouters reports whether a debt is owed by routers.
func aboutRouters(d Debt) bool {
	return d.Kind == BlockPaths || d.Kind == Unblock || d.Kind == Rewrite || d.Kind == KillConnections
}
