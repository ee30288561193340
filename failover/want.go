package failover

import (
	"slices"
	"time"

	"jembatan/health"
)

// want asks for every effect that is called for now and not under way. It looks
// only at the state, so that a machine which was restarted asks for the same.
func (m *Machine) want() {
	if mv := m.s.Move; mv != nil {
		m.wantMove(mv)
	} else {
		m.wantActive()
	}
	rewriting := slices.ContainsFunc(m.s.Debts, func(d Debt) bool { return d.Kind == Rewrite })
	for _, d := range slices.Clone(m.s.Debts) {
		if (d.Kind == BlockPaths || d.Kind == KillConnections) && m.serves(d.Server) {
			m.forgive(d.Kind, d.Server) // Owed by a move before: clients are sent there again.
			continue
		}
		if d.Kind == FenceDatabase && m.keeps(d.Server) {
			m.forgive(d.Kind, d.Server)
			m.s.Writable = d.Server
			continue
		}
		if d.Kind == KillConnections && rewriting {
			continue
		}
		m.need(d.Kind, d.Server)
	}
}

func (m *Machine) wantMove(mv *Move) {
	db := m.c.Database
	switch mv.Step {
	case Fence:
		m.needIf(db && !mv.ReadOnly, FenceDatabase, mv.Fence)
		m.needIf(!mv.Blocked, BlockPaths, mv.Fence)
		m.needIf(mv.Blocked && !mv.Killed, KillConnections, mv.Fence)
		lease := db && m.c.SiteLoss == SiteLossLease
		m.needIf(lease && mv.SelfFence.IsZero(), StopRenewing, mv.Fence)
	case Drain:
		m.needIf(db && !mv.Drained && m.f.verdict(mv.To) != health.Failed && !m.f.unseen[mv.To], WaitDrained, mv.To)
	case Promote:
		m.needIf(db && !mv.Opened, OpenWrites, mv.To)
	case Switch:
		blocked := slices.Contains(m.s.Blocked, mv.To)
		m.needIf(blocked && !mv.Unblocked, Unblock, mv.To)
		m.needIf((!blocked || mv.Unblocked) && !mv.Rewritten, Rewrite, mv.To)
		m.needIf(mv.Rewritten && !mv.Cut, KillConnections, mv.Fence)
	case Verify:
		m.needIf(!mv.Verified, ProbePublic, mv.To)
	case Undo:
		m.needIf(db && !mv.Opened, OpenWrites, mv.From)
		m.needIf((mv.Opened || !db) && !mv.Unblocked, Unblock, mv.From)
	case PhaseUnknown, Normal, Suspect, Held, Partition, FailedOver, Rejoin, FailbackReady, Forked, Maintenance:
	}
}

// wantActive keeps things as they should be while nothing moves.
func (m *Machine) wantActive() {
	if !m.c.Database {
		return
	}
	// It booted read-only, as all do, before anybody took its place.
	closed := m.f.repl[m.s.Active].Closed && (m.s.Writable == "" || m.s.Writable == m.s.Active)
	m.needIf(closed && m.f.verdict(m.s.Active) != health.Failed && !m.partitioned() && !m.maintained(m.s.Active), OpenWrites, m.s.Active)
	m.wantAcks()
	for _, s := range m.s.Rejoin {
		r, known := m.f.repl[s]
		// Compared since the move, or what it holds is not known.
		clean := known && r.Time.After(m.s.Baseline) && r.Sync != SyncForked && !r.Errant && !m.owes(Debt{FenceDatabase, s})
		m.needIf(clean && m.f.verdict(s) == health.Healthy && !m.maintained(s), RejoinServer, s)
	}
}

func (m *Machine) needIf(yes bool, k Kind, server string) {
	if yes {
		m.need(k, server)
	}
}

// need asks for an effect unless it is under way, has just failed, or works
// against one that is under way.
func (m *Machine) need(k Kind, server string) {
	d := Debt{k, server}
	for _, p := range m.s.Pending {
		o := Debt{p.Kind, p.Server}
		if k == FenceDatabase && p.Kind == RejoinServer {
			continue // A fence waits for nobody who only catches up.
		}
		if o == d || contrary(o, d) {
			return
		}
	}
	if t, ok := m.f.retry[d]; ok && m.s.At.Before(t) {
		return
	}
	if k == OpenWrites && m.s.Writable != "" && m.s.Writable != server {
		return // I1, whatever led here.
	}
	m.intend(d)
	m.s.LastID++
	a := Action{ID: m.s.LastID, Kind: k, Service: m.c.Service, Epoch: m.s.Epoch, Server: server, Phase: m.s.Phase}
	if mv := m.s.Move; mv != nil {
		a.From, a.Phase, a.Planned, a.Drill = mv.From, mv.Step, mv.Kind.planned(), mv.Kind == Exercise
	} else if k == RejoinServer || k == StartAcking || k == StopAcking {
		a.From = m.s.Active
	}
	m.s.Pending[a.ID] = a
	m.out = append(m.out, a)
}

// intend changes what the state says from the intent of an effect on: it may come
// about whatever the outcome.
func (m *Machine) intend(d Debt) {
	switch d.Kind { //nolint:exhaustive // The others are believed when they are proven.
	case OpenWrites:
		m.s.Writable = d.Server
		m.waive() // It opens without waiting for anybody.
		m.forgive(FenceDatabase, d.Server)
	case WaiveAcks:
		m.waive()
		if m.f.tries[d] == 0 {
			m.alert(AcksWaived, d.Server, "")
		}
	case StartAcking:
		m.noteAcks(d.Server, true)
	case RejoinServer:
		m.loosened(d.Server)
	case BlockPaths:
		if !slices.Contains(m.s.Blocked, d.Server) {
			m.s.Blocked = append(m.s.Blocked, d.Server)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
