package failover

import (
	"fmt"
	"math"
	"slices"
	"time"

	"jembatan/health"
)

// outOfSync is how long a standby that is well may be out of sync before people are
// told, unless the policy lets more be lost; one of which it is not known whether it
// is well may be so twice as long.
const outOfSync = 30 * time.Second

// watchSync tells of standbys whose data does not follow the active server's though
// none of the two has failed, and when it does again: nobody notices else until they
// are needed.
func (m *Machine) watchSync() {
	if !m.c.Database {
		return
	}
	for _, s := range m.c.Servers {
		r, since, told := m.f.repl[s], m.f.unsynced[s], slices.Contains(m.s.Unsynced, s)
		switch {
		case s == m.s.Active:
			m.synced(s)
		case r.Sync == InSync:
			if told {
				m.alert(ReplicationBack, s, "")
			}
			m.synced(s)
		case told:
		case m.excused(s):
			delete(m.f.unsynced, s)
		case since.IsZero():
			m.f.unsynced[s] = m.s.At
		case m.s.At.Sub(since) >= m.untold(s):
			m.s.Unsynced = append(m.s.Unsynced, s)
			m.alert(ReplicationLost, s, r.words())
		}
	}
}

// forgetGone drops what was told of servers that are not the service's any more.
func (m *Machine) forgetGone() {
	m.s.Unsynced = slices.DeleteFunc(m.s.Unsynced, func(s string) bool { return !slices.Contains(m.c.Servers, s) })
}

// synced forgets that a server was out of sync.
func (m *Machine) synced(s string) {
	delete(m.f.unsynced, s)
	m.s.Unsynced = slices.DeleteFunc(m.s.Unsynced, func(one string) bool { return one == s })
}

// never is longer than anything lasts.
const never = time.Duration(math.MaxInt64)

// untold is how long a standby may be out of sync before people are told, as
// things are. A moment in which it is not known whether a server is well does not
// begin the wait anew, and a standby that nobody can tell anything of is told of, too.
// What was sampled before the active server was seen to be well says nothing.
func (m *Machine) untold(s string) time.Duration {
	active := m.f.verdicts[m.s.Active]
	switch {
	case active.Verdict != health.Healthy || !m.f.repl[s].Time.After(active.Time):
		return never
	case m.f.verdict(s) != health.Healthy:
		return 2 * max(outOfSync, m.c.AllowedLoss)
	}
	return max(outOfSync, m.c.AllowedLoss)
}

// excused reports whether a standby may be out of sync for a reason that people
// know: the service moves, somebody works on the standby, or one of the two failed.
func (m *Machine) excused(s string) bool {
	return m.s.Move != nil || m.maintained(s) || m.f.verdict(m.s.Active) == health.Failed || m.f.verdict(s) == health.Failed
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
