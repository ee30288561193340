package failover

import (
	"time"

	"jembatan/health"
)

// Silent are standbys that are proven not to acknowledge, nor from their next
// contact on. Every other one may hold an acknowledged transaction that nobody else
// has: as long as it is not silent, or known to have failed before, no other one
// counts as holding all.

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

// noteAcks notes whether a server may acknowledge: true before it is told to.
func (m *Machine) noteAcks(server string, may bool) {
	if m.s.Acks == nil {
		m.s.Acks = map[string]bool{}
	}
	m.s.Acks[server] = may
}

// loosened notes, before a server is joined, that it may acknowledge: it may have
// been started anew, with what its file says.
func (m *Machine) loosened(server string) {
	if !m.c.SemiSync {
		return
	}
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

// otherAcker returns the first who may have acknowledged something that a server
// does not hold which was proven at a time to hold all; "" if nobody can have.
func (m *Machine) otherAcker(server string, at time.Time) string {
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

// answers reports whether the server's database was asked and said something.
func (r ReplicationChanged) answers() bool { return r.Open || r.Closed || r.Silent || r.Loud }
