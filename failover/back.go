package failover

import (
	"slices"
	"time"

	"jembatan/health"
)

// watchReturns keeps since when each preferred server has been well.
func (m *Machine) watchReturns() {
	for _, s := range m.c.Servers {
		if m.preferred(s) && m.well(s) {
			if m.s.ReadySince[s].IsZero() {
				m.s.ReadySince[s] = m.s.At
			}
			continue
		}
		delete(m.s.ReadySince, s)
	}
}

// preferred reports whether s comes before the active server.
func (m *Machine) preferred(s string) bool {
	return m.rank(s) < m.rank(m.s.Active)
}

// rank is a server's place in the order of preference.
func (m *Machine) rank(s string) int { return slices.Index(m.c.Servers, s) }

// well reports whether a server that is back has nothing against it.
func (m *Machine) well(s string) bool {
	v := m.f.verdicts[s]
	if v.Verdict != health.Healthy || v.Split || v.Load || m.maintained(s) {
		return false
	}
	if !m.c.Database {
		return true
	}
	r := m.f.repl[s]
	rejoined := !m.rejoins(s) && !m.owes(Debt{FenceDatabase, s})
	return rejoined && r.Sync == InSync && r.Fresh && !r.Errant && !r.SyncedAt.Before(m.s.Baseline)
}

// hold returns how long a returned server is watched: doubled with each
// failover of the day.
func (m *Machine) hold() time.Duration {
	h := m.c.Policy.Hold
	most := max(h, maxHold)
	for range len(m.s.Moves) - 1 {
		h = min(2*h, most)
	}
	return h
}

// ready returns the most preferred server that may take over again, or "".
func (m *Machine) ready() string {
	for _, s := range m.c.Servers {
		if since := m.s.ReadySince[s]; !since.IsZero() && m.s.At.Sub(since) >= m.hold() {
			return s
		}
	}
	return ""
}

// mayReturn returns the server to go back to now without being asked, or "".
func (m *Machine) mayReturn() string {
	to := m.ready()
	if to == "" || m.s.Paused || m.s.Pinned || m.partitioned() || m.maintained(m.s.Active) {
		return ""
	}
	switch m.c.Failback {
	case FailbackManual:
		return ""
	case FailbackWindow:
		if !m.c.Window(m.s.At) {
			return ""
		}
	case FailbackAuto:
	}
	if m.mayPlan(to) != None {
		return ""
	}
	return to
}

// mayPlan returns why a planned move to a server may not begin, or None.
func (m *Machine) mayPlan(to string) Reason {
	why, _ := m.planGate(to)
	return why
}

func (m *Machine) planGate(to string) (Reason, string) {
	switch {
	case !slices.Contains(m.c.Servers, to):
		return NoSuchServer, ""
	case to == m.s.Active:
		return AlreadyThere, ""
	case m.partitioned():
		return Partitioned, ""
	case m.f.verdict(m.s.Active) != health.Healthy:
		return SourceNotHealthy, m.f.verdict(m.s.Active).String()
	case m.routersReached("") != None:
		return RoutersUnreached, ""
	}
	_, why, detail := m.gate(to, true, time.Time{}, 0)
	return why, detail
}
