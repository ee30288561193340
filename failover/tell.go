package failover

import (
	"fmt"
	"strings"

	"jembatan/health"
)

// alert tells people. Nothing waits for it (I10).
func (m *Machine) alert(why Reason, server, detail string) {
	m.out = append(m.out, Action{
		Kind: Alert, Service: m.c.Service, Epoch: m.s.Epoch, Server: server, Phase: m.s.Phase, Reason: why, Detail: detail,
	})
}

// tell settles the phase and records it when it is new.
func (m *Machine) tell() {
	p, why, detail := m.stand()
	if p == m.s.Phase && why == m.s.Reason {
		return
	}
	m.s.Phase, m.s.Reason = p, why
	a := Action{Kind: Record, Service: m.c.Service, Epoch: m.s.Epoch, Server: m.s.Active, Phase: p, Reason: why, Detail: detail}
	if p == Held || p == Partition || p == Forked {
		a.Kind = Hold
	}
	m.out = append(m.out, a)
	switch {
	case a.Kind == Hold:
		m.alert(why, m.s.Active, detail)
	case p == FailbackReady:
		m.alert(ReadyToReturn, m.ready(), "")
	case p == Switch && why == RoutersMissing:
		m.alert(why, m.s.Move.To, strings.Join(m.s.Degraded, " "))
	}
}

// stand returns where the service stands and why it is not further.
func (m *Machine) stand() (Phase, Reason, string) {
	if m.s.Move != nil {
		return m.standMoving(m.s.Move)
	}
	active := m.s.Active
	v := m.f.verdicts[active]
	switch {
	case m.maintained(active):
		return Maintenance, None, ""
	case m.partitioned():
		return Partition, Partitioned, string(v.Reason)
	case v.Verdict == health.Failed:
		why := m.mayMove()
		detail := ""
		if why == None {
			_, why, detail = m.candidate(v.Since, m.c.AllowedLoss, nil)
		}
		return Held, why, detail
	case v.Suspect:
		return Suspect, None, string(v.Reason)
	}
	return m.standStill()
}

// standStill is about what is active while nothing is wrong with it.
func (m *Machine) standStill() (Phase, Reason, string) {
	back := false
	for _, s := range m.c.Servers {
		if m.maintained(s) {
			continue
		}
		if r := m.f.repl[s]; s != m.s.Active && m.c.Database && r.Sync == SyncForked {
			return Forked, TargetForked, s
		}
		back = back || m.preferred(s) && m.f.verdict(s) == health.Healthy
	}
	switch {
	case m.s.Active == m.c.Servers[0]:
		return Normal, None, ""
	case m.ready() != "":
		return FailbackReady, None, m.ready()
	case back:
		return Rejoin, None, ""
	}
	return FailedOver, None, ""
}

// standMoving is about a move under way: where it is, or why it does not go on.
func (m *Machine) standMoving(mv *Move) (Phase, Reason, string) {
	to := "to " + mv.To
	switch mv.Step {
	case Fence:
		if m.overdue(m.c.FenceTimeout) {
			return Held, m.whyUnfenced(mv), mv.Fence
		}
		return Fence, None, to
	case Drain:
		if why, detail := m.unfit(mv); why != None && !mv.Kind.planned() {
			return Held, why, detail
		}
		if m.overdue(m.c.DrainTimeout) {
			return Held, Draining, m.f.detail
		}
		return Drain, None, to
	case Promote:
		if m.overdue(m.c.PromoteTimeout) {
			return Held, PromoteFailed, mv.To
		}
		return Promote, None, to
	case Switch:
		if m.overdue(m.c.SwitchTimeout) {
			return Switch, RoutersMissing, strings.Join(m.s.Degraded, " ")
		}
		return Switch, None, to
	case Verify:
		return Verify, None, to
	case Undo:
		if m.overdue(m.c.PromoteTimeout) {
			return Held, UndoFailed, mv.From
		}
		return Undo, mv.Why, mv.From
	case PhaseUnknown, Normal, Suspect, Held, Partition, FailedOver, Rejoin, FailbackReady, Forked, Maintenance:
	}
	return PhaseUnknown, None, ""
}

// whyUnfenced says what the fence waits for.
func (m *Machine) whyUnfenced(mv *Move) Reason {
	gone := m.f.failures[Debt{FenceDatabase, mv.Fence}] == Unreachable
	switch {
	case !mv.SelfFence.IsZero():
		return LeaseRunning
	case gone && m.c.SiteLoss == SiteLossHold:
		return SiteHold
	}
	return Fencing
}

func detailBehind(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d transactions not applied", n)
}
