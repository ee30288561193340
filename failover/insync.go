package failover

import (
	"fmt"
	"time"

	"jembatan/health"
)

// outOfSync is how long a standby that is well may be out of sync before people are
// told, unless the policy lets more be lost.
const outOfSync = 30 * time.Second

// watchSync tells of standbys whose data does not follow the active server's though
// both are well, and when it does again: nobody notices else until they are needed.
func (m *Machine) watchSync() {
	if !m.c.Database {
		return
	}
	for _, s := range m.c.Servers {
		r, out := m.f.repl[s], m.f.unsynced[s]
		switch {
		case s == m.s.Active:
			delete(m.f.unsynced, s)
		case r.Sync == InSync:
			if out.told {
				m.alert(ReplicationBack, s, "")
			}
			delete(m.f.unsynced, s)
		case out.told:
		case m.excused(s):
			delete(m.f.unsynced, s)
		case out.since.IsZero():
			m.f.unsynced[s] = unsynced{since: m.s.At}
		case m.bothHealthy(s) && m.s.At.Sub(out.since) >= max(outOfSync, m.c.AllowedLoss):
			m.f.unsynced[s] = unsynced{out.since, true}
			m.alert(ReplicationLost, s, r.words())
		}
	}
}

// An unsynced is since when a standby has been out of sync though it is well, and
// whether people were told.
type unsynced struct {
	since time.Time
	told  bool
}

// excused reports whether a standby may be out of sync for a reason that people
// know: the service moves, somebody works on the standby, or one of the two failed.
func (m *Machine) excused(s string) bool {
	return m.s.Move != nil || m.maintained(s) || m.f.verdict(m.s.Active) == health.Failed || m.f.verdict(s) == health.Failed
}

// bothHealthy reports whether a standby and the active server are. A moment in which
// that is not known tells nobody, and does not begin the wait anew.
func (m *Machine) bothHealthy(s string) bool {
	return m.f.verdict(m.s.Active) == health.Healthy && m.f.verdict(s) == health.Healthy
}

// words say for people how a standby's data stands.
func (r ReplicationChanged) words() string {
	switch {
	case r.Sync == Broken && r.Code != 0:
		return fmt.Sprintf("%v, error %d", r.Sync, r.Code)
	case r.Sync == Lagging && r.Behind > 0:
		return fmt.Sprintf("%v, %d transactions", r.Sync, r.Behind)
	}
	return r.Sync.String()
}
