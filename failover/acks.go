package failover

import (
	"slices"
	"time"

	"jembatan/health"
)

// Where nothing may be lost, commits of the active server wait until a standby
// has received them (semi-sync). A standby that is gone must not stop all writes
// for ever, and a server that was opened without a standby must not go on
// without one when it is back. So commits are let go when nobody has
// acknowledged for AckPatience while the active server is well, and made to wait
// again as soon as somebody does. Nobody acknowledges, too, while commits are
// stuck: a standby answers only what it receives after its contact, and what it
// had before it never does.
//
// What is acknowledged meanwhile may be on one server only: Waived is in the
// durable state before the server is told, and voids every earlier proof that
// nothing would be lost.

// seenLately is how old a sample of the active server may be for it to count as
// seen now.
const seenLately = 3 * time.Second

// absorbAcks takes in what a sample says about acknowledgements.
func (m *Machine) absorbAcks(e *ReplicationChanged) {
	if !m.c.SemiSync {
		return
	}
	m.absorbSilence(*e)
	if e.Server == m.s.Active && e.Crowded {
		m.doubt(e.Time)
	}
	if e.Server == m.s.Active && e.Server == m.s.Writable && e.AcksOff && !m.s.Waived {
		m.waive() // Somebody else switched it off, or the server fell back; a fence does so too, and harms nothing.
	}
	if m.s.Waived || !e.LosslessAt.After(m.s.AcksSince) {
		e.LosslessAt = time.Time{}
	}
}

// waive notes that commits may wait for nobody.
func (m *Machine) waive() {
	if !m.c.SemiSync {
		return
	}
	m.s.Waived = true
	m.void()
}

// doubt voids what was proven until a time.
func (m *Machine) doubt(until time.Time) {
	m.void()
	m.s.AcksSince = latest(m.s.AcksSince, until)
}

// void forgets every proof that nothing would be lost.
func (m *Machine) void() {
	for s, mark := range m.s.Synced {
		mark.LosslessAt = time.Time{}
		m.s.Synced[s] = mark
	}
	for s, r := range m.f.repl {
		r.LosslessAt = time.Time{}
		m.f.repl[s] = r
	}
}

// acksRequired notes that commits are proven to wait.
func (m *Machine) acksRequired(server string) {
	if server != m.s.Active {
		return
	}
	if m.s.Waived {
		m.alert(AcksRequired, server, "")
	}
	m.s.Waived, m.s.AcksSince = false, m.s.At
	m.sawAcks(server, true)
}

// sawAcks notes what was proven, until it is seen again.
func (m *Machine) sawAcks(server string, on bool) {
	r := m.f.repl[server]
	r.AcksOn, r.AcksOff = on, !on
	m.f.repl[server] = r
}

// wantAcks asks for commits to wait, or not to, while nothing moves.
func (m *Machine) wantAcks() {
	active := m.s.Active
	r := m.f.repl[active]
	well := m.f.verdict(active) == health.Healthy && !m.f.verdicts[active].Suspect && r.Open && m.seenNow(r)
	if !m.c.SemiSync || m.s.Writable != active || !well || m.maintained(active) {
		m.f.unacked, m.f.stuck = time.Time{}, time.Time{}
		return
	}
	acknowledged := slices.ContainsFunc(m.c.Servers, m.acks)
	if acknowledged && !r.Stuck {
		m.f.unacked, m.f.stuck = time.Time{}, time.Time{}
		// Of one that has yet to catch up, commits would wait until it has.
		m.needIf((m.s.Waived || r.AcksOff) && slices.ContainsFunc(m.c.Servers, m.acksInSync), RequireAcks, active)
		m.wantAcker()
		return
	}
	if m.f.unacked.IsZero() {
		m.f.unacked = m.s.At
	}
	if !acknowledged {
		m.f.stuck = time.Time{}
	} else if m.f.stuck.IsZero() {
		m.f.stuck = m.s.At
	}
	m.wantAcker()
	late := m.s.At.Sub(m.f.unacked) >= m.c.AckPatience || !m.f.stuck.IsZero() && m.s.At.Sub(m.f.stuck) >= stuckPatience
	m.needIf(r.AcksOn && late, WaiveAcks, active)
}

// stuckPatience is how long commits may be stuck though somebody acknowledges:
// longer than a link that is cut looks as if it worked.
const stuckPatience = 5 * time.Second
