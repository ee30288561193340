package failover

import (
	"slices"
	"strings"
	"time"

	"jembatan/health"
)

// begin starts a move. The gate has been passed.
func (m *Machine) begin(k MoveKind, to string, c Command) {
	m.s.Move = &Move{
		Kind: k, From: m.s.Active, To: to, Fence: m.s.Active, Step: Fence, Began: m.s.At, Stepped: m.s.At,
		Since: m.f.verdicts[m.s.Active].Since, Command: c.ID, After: m.s.LastID, Loss: max(m.c.AllowedLoss, c.AcceptLoss),
	}
	if k == Emergency {
		m.s.Moves = append(m.s.Moves, m.s.At)
		m.s.NeedAck = len(m.s.Moves) >= m.c.PerDay
	}
	// What was owed to the old server's clients is owed no more.
	m.s.Debts = slices.DeleteFunc(m.s.Debts, func(d Debt) bool {
		return d.Kind == Rewrite || d.Kind == ProbePublic || d.Kind == Unblock && d.Server == m.s.Active || d.Kind == OpenWrites
	})
	m.alert(MoveStarted, to, k.String())
}

// advance makes one transition and reports whether it did.
func (m *Machine) advance() bool {
	mv := m.s.Move
	if mv == nil {
		return m.start()
	}
	switch mv.Step {
	case Fence:
		return m.advanceFence(mv)
	case Drain:
		return m.advanceDrain(mv)
	case Promote:
		return m.advancePromote(mv)
	case Switch:
		if m.losesTarget(mv) {
			return true
		}
		if mv.Rewritten && mv.Cut {
			return m.step(Verify)
		}
	case Verify:
		if m.losesTarget(mv) {
			return true
		}
		if mv.Verified || m.overdue(m.c.VerifyTimeout) {
			m.finish()
			return true
		}
	case Undo:
		return m.advanceUndo(mv)
	case PhaseUnknown, Normal, Suspect, Held, Partition, FailedOver, Rejoin, FailbackReady, Forked, Maintenance:
	}
	return false
}

// start begins an automatic move if there is reason and right to.
func (m *Machine) start() bool {
	v := m.f.verdicts[m.s.Active]
	if v.Verdict == health.Failed {
		if m.mayMove() != None {
			return false
		}
		to, why, _ := m.candidate(v.Since, m.c.AllowedLoss, nil)
		if why != None {
			return false
		}
		m.begin(Emergency, to, Command{})
		return true
	}
	if to := m.mayReturn(); to != "" {
		m.begin(Returning, to, Command{})
		return true
	}
	return false
}

func (m *Machine) step(p Phase) bool {
	m.s.Move.Step, m.s.Move.Stepped = p, m.s.At
	if p == Promote || p == Undo { // What an earlier move owes against the server that is opened now.
		m.forgive(BlockPaths, m.opening())
		m.forgive(KillConnections, m.opening())
	}
	clear(m.f.retry)
	return true
}

func (m *Machine) overdue(limit time.Duration) bool {
	return m.s.At.Sub(m.s.Move.Stepped) >= limit
}

func (m *Machine) advanceFence(mv *Move) bool {
	closed := m.s.Writable != mv.Fence
	late := m.overdue(m.c.FenceTimeout)
	if !m.c.Database {
		if mv.Blocked && mv.Killed || late {
			return m.fenced(mv)
		}
		return false
	}
	if !mv.SelfFence.IsZero() && !m.s.At.Before(mv.SelfFence) {
		m.proved(mv.Fence)
		closed = m.s.Writable != mv.Fence
	}
	switch {
	case mv.Why != None && closed: // A planned target that would not open.
		if !mv.ReadOnly {
			m.owe(FenceDatabase, mv.Fence)
		}
		return m.undo(mv.Why)
	case mv.Why != None:
		return false
	case mv.Kind.planned():
		if mv.ReadOnly && mv.Blocked && mv.Killed {
			return m.fenced(mv)
		}
		if late {
			return m.undo(Fencing)
		}
		return false
	case closed:
		return m.fenced(mv)
	case late && m.untouched(mv) && m.f.verdict(mv.From) == health.Healthy && mv.Kind == Emergency:
		return m.undo(SourceBack)
	}
	return false
}

// untouched reports whether a move's old server is still being fenced and nobody else
// was told to open: it can be taken back without a word to the routers.
func (m *Machine) untouched(mv *Move) bool { return mv.Fence == mv.From && m.s.Active == mv.From }

// fenced goes on after a fence; what it did not wait for is owed.
func (m *Machine) fenced(mv *Move) bool {
	if !m.c.Database {
		m.s.Writable = ""
	} else if !mv.ReadOnly {
		m.owe(FenceDatabase, mv.Fence)
	}
	if !mv.Blocked {
		m.owe(BlockPaths, mv.Fence)
	}
	return m.step(Drain)
}

// proved notes that a server cannot be written to by anybody. While an opening
// of it is under way nothing proves that.
func (m *Machine) proved(server string) {
	if m.s.Writable == server && !m.isOpening(server) {
		m.s.Writable = ""
	}
}

// isOpening reports whether a server has been told to open and has not answered.
func (m *Machine) isOpening(server string) bool { return m.isPending(OpenWrites, server) }

func (m *Machine) isPending(k Kind, server string) bool {
	for _, p := range m.s.Pending {
		if p.Kind == k && p.Server == server {
			return true
		}
	}
	return false
}

// advanceDrain keeps the target only as long as it passes the gate.
func (m *Machine) advanceDrain(mv *Move) bool {
	if mv.Kind.planned() {
		why := m.targetGone(mv)
		if why == None && m.overdue(m.c.DrainTimeout) {
			why = Draining
		}
		switch {
		case why != None:
			return m.undo(why)
		case !m.c.Database || mv.Drained:
			return m.step(Promote)
		}
		return false
	}
	why, _ := m.unfit(mv)
	stuck := why != None || m.overdue(m.c.DrainTimeout)
	if stuck && m.untouched(mv) && m.f.verdict(mv.From) == health.Healthy {
		return m.undo(SourceBack) // Nobody else was opened.
	}
	if why != None && why != TargetUnknown {
		to, _, _ := m.candidate(mv.Since, mv.Loss, append(mv.Lost, mv.To, mv.Fence))
		if to == "" {
			return false
		}
		mv.To, mv.Drained = to, false
		return m.step(Drain)
	}
	if why == None && (mv.Drained || !m.c.Database) {
		return m.step(Promote)
	}
	return false
}

// unfit returns why an emergency's target will not do any more. What it may lose
// was judged when it was chosen: time goes by in a move, and a controller that
// was restarted in one has no samples.
func (m *Machine) unfit(mv *Move) (Reason, string) {
	_, why, detail := m.gate(mv.To, false, mv.Since, mv.Loss)
	judged := why == LossTooGreat || why == SyncUnknown
	if judged && !m.forgot(mv) || why == WriteTestMissing {
		return None, ""
	}
	return why, detail
}

// targetGone returns why a planned move's target will not do any more.
func (m *Machine) targetGone(mv *Move) Reason {
	r := m.f.repl[mv.To]
	switch {
	case m.f.verdict(mv.To) == health.Failed:
		return TargetLost
	case m.c.Database && r.Sync == SyncForked:
		return TargetForked
	case m.c.Database && r.Errant:
		return TargetErrant
	}
	return None
}

func (m *Machine) advancePromote(mv *Move) bool {
	if mv.Opened || !m.c.Database {
		return m.step(Switch)
	}
	failed := m.f.verdict(mv.To) == health.Failed
	if m.s.Writable != mv.To { // It was never told to open.
		if failed || m.targetGone(mv) != None {
			mv.Drained = false
			return m.step(Drain)
		}
		return false
	}
	if !failed && !m.overdue(m.c.PromoteTimeout) {
		return false
	}
	switch {
	case mv.Kind.planned():
		mv.Why = PromoteFailed
	case m.nextTarget(mv) != "":
	case failed && m.s.Active == mv.From && m.f.verdict(mv.From) == health.Healthy: // Clients are led to nobody else yet.
		mv.Why = SourceBack
	default:
		return false
	}
	m.refence(mv)
	return true
}

// losesTarget turns to the next server when the new one has failed in the middle
// of the move, if there is one.
func (m *Machine) losesTarget(mv *Move) bool {
	v := m.f.verdicts[mv.To]
	automatic := m.c.Automatic && !m.s.Paused && !m.s.Pinned
	if v.Verdict != health.Failed || v.Split || m.f.partition || !automatic || mv.Kind.planned() {
		return false
	}
	if m.nextTarget(mv) == "" {
		return false
	}
	mv.Since = v.Since
	m.refence(mv)
	return true
}

// nextTarget returns the server to turn to when To is lost.
func (m *Machine) nextTarget(mv *Move) string {
	since := mv.Since
	if mv.Rewritten {
		since = m.f.verdicts[mv.To].Since
	}
	to, _, _ := m.candidate(since, mv.Loss, append(slices.Clone(mv.Lost), mv.To))
	return to
}

// refence makes the lost target read-only, as the old server was.
func (m *Machine) refence(mv *Move) {
	next := mv.To
	if mv.Why == None {
		next = m.nextTarget(mv)
	}
	mv.Lost = append(mv.Lost, mv.To)
	mv.Fence, mv.After = mv.To, m.s.LastID
	mv.To = next
	mv.Blocked, mv.Killed, mv.ReadOnly, mv.Drained, mv.Opened = false, false, false, false, false
	mv.Unblocked, mv.Rewritten, mv.Cut, mv.Verified = false, false, false, false
	mv.SelfFence = time.Time{}
	m.forgive(Unblock, mv.Fence)
	m.forgive(Rewrite, mv.Fence)
	m.step(Fence)
	m.alert(TargetLost, mv.Fence, "")
}

// undo takes a move back: the new server was never opened, or is closed again.
func (m *Machine) undo(why Reason) bool {
	mv := m.s.Move
	mv.Why, mv.Opened, mv.Unblocked = why, false, false
	m.forgive(FenceDatabase, mv.From)
	if m.s.Writable == "" {
		m.s.Writable = mv.From // It is given back; a proof by block alone left it open.
	}
	return m.step(Undo)
}

func (m *Machine) advanceUndo(mv *Move) bool {
	if m.f.verdict(mv.From) == health.Failed { // Whether to move away is asked anew.
		m.s.Move = nil
		m.rejoinOthers(mv.Kind)
		m.forgive(FenceDatabase, mv.From)
		m.owe(Unblock, mv.From)
		m.alert(UndoFailed, mv.From, "")
		return true
	}
	if (!mv.Opened && m.c.Database) || !mv.Unblocked {
		return false
	}
	why := mv.Why
	m.s.Move = nil
	m.rejoinOthers(mv.Kind)
	m.alert(MoveUndone, mv.From, string(why))
	return true
}

// rejoinOthers has the other servers joined again to the active one, which a
// drain after a failure has detached them from. A planned move detaches nobody.
func (m *Machine) rejoinOthers(k MoveKind) {
	if !k.planned() {
		m.joinOthers()
	}
}

// joinOthers has every server but the active one compared and joined to it.
func (m *Machine) joinOthers() {
	m.s.Rejoin = nil
	if !m.c.Database {
		return
	}
	for _, s := range m.c.Servers {
		if s != m.s.Active {
			m.s.Rejoin = append(m.s.Rejoin, s)
		}
	}
}

// rejoin has a standby compared and joined to the active server, when nothing moves.
// One that is being joined at this moment is joined once more.
func (m *Machine) rejoin(server string) {
	if !m.c.Database || server == m.s.Active {
		return
	}
	m.f.again[server] = m.isPending(RejoinServer, server)
	if !m.rejoins(server) {
		m.s.Rejoin = append(m.s.Rejoin, server)
	}
}

// rejoins reports whether a standby is to be joined and may be.
func (m *Machine) rejoins(server string) bool { return slices.Contains(m.s.Rejoin, server) }

// finish ends a move that was verified. One whose public addresses do not all answer
// is over as well, since everything else that is to be done waits for that: it is
// told, and they are asked until they do.
func (m *Machine) finish() {
	mv := m.s.Move
	m.s.Move = nil
	if !mv.Verified {
		m.alert(VerifyFailed, mv.To, strings.Join(m.s.Degraded, " "))
		m.owe(ProbePublic, mv.To)
	}
	clear(m.s.ReadySince)
	m.joinOthers()
	m.alert(MoveDone, m.s.Active, mv.Kind.String())
}
