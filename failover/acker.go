package failover

import (
	"cmp"
	"time"

	"jembatan/health"
)

// A commit waits for one acknowledgement, whoever gives it. So exactly one
// standby is to acknowledge, or nobody could say who holds what was acknowledged:
// the most preferred one that is in sync, and while there is none whoever does
// already. When the roles change, or it dies, another one is told to, and the
// rest are told not to.

// wantAcker asks for one standby to acknowledge, and for the others not to.
func (m *Machine) wantAcker() {
	chosen := m.acker()
	if chosen == "" {
		return
	}
	if !m.acks(chosen) {
		m.need(StartAcking, chosen)
		return
	}
	for _, s := range m.c.Servers {
		r := m.f.repl[s]
		other := s != m.s.Active && s != chosen && !m.silent(s) && m.seenNow(r) && r.answers()
		// One that was started anew needs its side to take back what its recovery threw
		// away; one that reads without having been joined was not.
		joins := m.rejoins(s) && !r.dirty() && (m.f.verdict(s) != health.Failed || !r.Acking)
		m.needIf(other && !m.maintained(s) && !joins, StopAcking, s)
	}
}

// acker returns the standby that is to acknowledge, or "" when it is not clear.
func (m *Machine) acker() string {
	var synced, some, now string // The most preferred one that is in sync, that acknowledges, that does both.
	for _, s := range m.c.Servers {
		if s == m.s.Active {
			continue
		}
		inSync := m.f.repl[s].Sync == InSync
		if m.acks(s) {
			some = cmp.Or(some, s)
		}
		if m.acksInSync(s) {
			now = cmp.Or(now, s)
		}
		if inSync && m.mayAck(s) {
			synced = cmp.Or(synced, s)
		}
	}
	switch {
	case now != "" && synced != "" && m.rank(synced) < m.rank(now):
		return synced
	case now != "":
		return now
	case some != "" && (synced == "" || !m.hopeless(some)):
		return some
	}
	pause := min(m.c.AckPatience/2, ackPause)
	if m.s.Waived {
		pause = time.Second // Commits do not wait: the sooner they do again the less there is to lose.
	}
	if m.s.At.Sub(m.f.unacked) < pause {
		return "" // It may be back in a moment.
	}
	return cmp.Or(synced, m.reader())
}

// ackPause is how long a standby that does not acknowledge any more may take to do so
// again before another one is told to, at most.
const ackPause = 3 * time.Second

// hopeless reports whether a standby that acknowledges cannot take over, and will not
// soon.
func (m *Machine) hopeless(s string) bool {
	last := latest(m.s.Synced[s].SyncedAt, m.s.Baseline)
	return m.f.repl[s].Sync == Broken || m.s.At.Sub(last) >= m.c.AckPatience
}

// reader returns the most preferred standby that receives from the active server,
// as far as is known: while commits wait for nobody's acknowledgement it cannot
// show that it is in sync.
func (m *Machine) reader() string {
	for _, s := range m.c.Servers {
		r := m.f.repl[s]
		if s != m.s.Active && m.mayAck(s) && r.Sync != Broken {
			return s
		}
	}
	return ""
}

// mayAck reports whether a standby is well enough to be told to acknowledge.
func (m *Machine) mayAck(s string) bool {
	v, r := m.f.verdicts[s], m.f.repl[s]
	return v.Verdict == health.Healthy && !v.Suspect && !v.Split && m.seenNow(r) && !r.dirty() && r.Time.After(m.s.Baseline) &&
		!m.maintained(s) && !m.rejoins(s) && !m.owes(Debt{FenceDatabase, s})
}

// acks reports whether a standby is seen to acknowledge, and is one that could ever
// apply what it does.
func (m *Machine) acks(s string) bool {
	r := m.f.repl[s]
	return s != m.s.Active && r.Acking && !r.dirty() && !m.silent(s) && !m.isPending(StopAcking, s) && m.f.verdict(s) != health.Failed && m.seenNow(r)
}

func (m *Machine) acksInSync(s string) bool { return m.acks(s) && m.f.repl[s].Sync == InSync }

// dirty reports whether a standby holds what the active server lacks.
func (r ReplicationChanged) dirty() bool { return r.Errant || r.Sync == SyncForked }

func (m *Machine) seenNow(r ReplicationChanged) bool { return m.s.At.Sub(r.Time) <= seenLately }
