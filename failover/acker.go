package failover

import (
	"time"

	"jembatan/health"
)

// A commit waits for one acknowledgement, whoever gives it. So exactly one
// standby is to acknowledge, or nobody could say who holds what was acknowledged:
// the most preferred one that is in sync, and while there is none whoever does
// already. When the roles change, or it dies, another one is told to, and the
// rest are told not to.
//
// Silent in the state are those that are proven not to acknowledge, nor from
// their next contact on. Every other server may hold an acknowledged transaction
// that nobody else has: as long as it is not silent, or known to have failed
// before, no other one counts as holding all.

// absorbSilence takes in whether a server may acknowledge. One that was told to
// is silent only when it has been told not to: what it was told may take effect
// late. A sample of before the last change says nothing.
func (m *Machine) absorbSilence(e ReplicationChanged) {
	told, known := m.s.Acks[e.Server]
	switch {
	case e.Time.Before(m.s.AcksSince):
	case e.Silent && !known && e.Server != m.s.Active:
		m.silenced(e.Server, e.Time)
	case e.Loud && known && !told:
		delete(m.s.Acks, e.Server)
	}
}

// silenced notes that a server does not acknowledge from a time on. It may have done
// so until then, so every earlier proof about another one is void.
func (m *Machine) silenced(server string, from time.Time) {
	m.noteAcks(server, false)
	m.doubt(from)
}

// told notes, before a server is told to, that it may acknowledge.
func (m *Machine) told(server string) {
	m.noteAcks(server, true)
}

func (m *Machine) noteAcks(server string, may bool) {
	if m.s.Acks == nil {
		m.s.Acks = map[string]bool{}
	}
	m.s.Acks[server] = may
}

// loosened notes, before a server is joined, that it may acknowledge: it may have
// been started anew, with what its file says.
func (m *Machine) loosened(server string) {
	if m.silent(server) {
		delete(m.s.Acks, server)
	}
	m.doubt(m.s.At)
}

// silent reports whether a server is proven not to acknowledge.
func (m *Machine) silent(server string) bool {
	told, known := m.s.Acks[server]
	return known && !told
}

// holdsAll returns None if what a server was proven to hold at a time is all that
// was acknowledged by then and since: nobody else can have acknowledged anything.
// Else it returns the first who can.
func (m *Machine) holdsAll(server string, at time.Time) (other string) {
	if !m.c.SemiSync {
		return ""
	}
	for _, s := range m.c.Servers {
		if s != server && s != m.s.Active && !m.silent(s) && !m.gone(s, at) {
			return s
		}
	}
	return ""
}

// gone reports whether a server had failed before a time, and its database has not
// answered since, though it was asked.
func (m *Machine) gone(s string, at time.Time) bool {
	v, r := m.f.verdicts[s], m.f.repl[s]
	failed := v.Verdict == health.Failed && !v.Since.IsZero() && v.Since.Before(at)
	return failed && m.f.answered[s].Before(at) && !r.answers() && !r.Time.Before(at)
}

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
			some = or(some, s)
		}
		if m.acksInSync(s) {
			now = or(now, s)
		}
		if inSync && m.mayAck(s) {
			synced = or(synced, s)
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
	return or(synced, m.reader())
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

// answers reports whether the server's database was asked and said something.
func (r ReplicationChanged) answers() bool { return r.Open || r.Closed || r.Silent || r.Loud }

// dirty reports whether a standby holds what the active server lacks.
func (r ReplicationChanged) dirty() bool { return r.Errant || r.Sync == SyncForked }

func (m *Machine) seenNow(r ReplicationChanged) bool { return m.s.At.Sub(r.Time) <= seenLately }

// or returns the first that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
