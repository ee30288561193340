package failover

import "time"

// A database that is started anew reads from nobody, takes no writes, and has thrown
// away what it had received and not applied: it fetches that again, if there is
// anybody to fetch it from. How long it has been running is in the durable state, so
// that this is noticed too when nobody led meanwhile.

// How much less than expected a database may say it has been running: its clock was
// set back, or the controllers' clocks differ.
const (
	setBack = 2 * time.Second
	differ  = 10 * time.Second
)

// anew reports whether a database was started anew since it was last seen.
func (s SyncMark) anew(e ReplicationChanged) bool {
	if e.Up <= 0 || s.Up <= 0 {
		return false
	}
	return e.Up+setBack < s.Up || e.Up+differ < s.Up+e.Time.Sub(s.SeenAt)
}

// absorbUptime takes in how long a database has been running. What was proven
// before it was started anew does not count.
func (m *Machine) absorbUptime(e *ReplicationChanged) {
	mark := m.s.Synced[e.Server]
	anew := mark.anew(*e)
	if anew {
		mark.LosslessAt, mark.Anew = time.Time{}, e.Time
	}
	if e.Up > 0 {
		mark.Up, mark.SeenAt = e.Up, e.Time
	}
	m.s.Synced[e.Server] = mark
	if !e.LosslessAt.After(mark.Anew) {
		e.LosslessAt = time.Time{}
	}
	if anew {
		m.startedAnew(e.Server)
	}
}

// startedAnew has a standby joined, or, when it was the active server, every one:
// its own link stands still too. People are told, unless they know that it was away.
func (m *Machine) startedAnew(server string) {
	if !m.f.down[server] && !m.rejoins(server) && !m.maintained(server) {
		m.alert(DatabaseRestarted, server, "")
	}
	for _, s := range m.c.Servers {
		if s == server || server == m.s.Active {
			m.rejoin(s)
		}
	}
}

// forgot reports whether a move's target was started anew in the move and lacks, for
// all that is known, more than may be lost.
func (m *Machine) forgot(mv *Move) bool {
	mark, missed := m.s.Synced[mv.To], mv.Since
	if missed.IsZero() { // A person moves it away from a server that nobody misses.
		missed = mv.Began
	}
	bearable := mv.Loss > 0 && !mark.SyncedAt.IsZero() && missed.Sub(mark.SyncedAt) <= mv.Loss
	return mark.Anew.After(mv.Began) && !bearable
}
