package failover

import (
	"maps"
	"slices"
	"strings"
	"time"

	"jembatan/health"
)

// A Machine decides for one service. See the package comment. It is not safe for
// concurrent use.
type Machine struct {
	c   Config
	s   State
	f   facts
	out []Action
}

// New returns a machine that goes on from s. It holds no lease and knows no
// server's health until events say so.
func New(c Config, s State) (*Machine, error) {
	c, err := c.resolved()
	if err != nil {
		return nil, err
	}
	m := &Machine{c: c, s: s.clone(), f: newFacts()}
	m.forgetGone()
	if m.s.Active == "" {
		m.s.Active, m.s.Writable, m.s.Phase = c.Servers[0], c.Servers[0], Normal
	}
	if m.s.Pending == nil {
		m.s.Pending = map[uint64]Action{}
	}
	if m.s.Synced == nil {
		m.s.Synced = map[string]SyncMark{}
	}
	if m.s.ReadySince == nil {
		m.s.ReadySince = map[string]time.Time{}
	}
	return m, nil
}

// State returns a copy of all that must survive a restart.
func (m *Machine) State() State { return m.s.clone() }

// Leads reports whether the machine acts: it holds the lease and has seen no
// higher epoch.
func (m *Machine) Leads() bool { return m.f.held }

// RenewFor returns the server whose self-fencing lease is to be renewed now, ""
// for none. Renew no other, and none without the controller's own lease.
func (m *Machine) RenewFor() string {
	if !m.f.held || m.s.Move != nil && m.s.Move.Step == Fence {
		return ""
	}
	return m.s.Writable
}

// Step takes one event and returns what is to be done, in order. Effects are in
// State's Pending until their ActionDone.
func (m *Machine) Step(e Event) []Action {
	m.out = nil
	if e.at().After(m.s.At) {
		m.s.At = e.at()
	}
	m.forget()
	m.absorb(e)
	if m.f.held {
		m.watchSync()
		m.watchReturns()
		for m.advance() {
		}
	}
	m.tell()
	if m.f.held {
		m.want()
	}
	return m.out
}

// forget drops automatic failovers of more than a day ago.
func (m *Machine) forget() {
	m.s.Moves = slices.DeleteFunc(m.s.Moves, func(t time.Time) bool { return m.s.At.Sub(t) >= day })
}

// absorb takes in what an event says.
func (m *Machine) absorb(e Event) {
	switch e := e.(type) {
	case VerdictChanged:
		m.absorbVerdict(e)
	case ReplicationChanged:
		m.absorbReplication(e)
	case ActionDone:
		m.absorbDone(e)
	case LeaseChanged:
		m.absorbLease(e)
	case EpochSeen:
		if e.Epoch > m.s.Epoch {
			m.s.Epoch = e.Epoch
			m.lapse(Superseded)
		}
	case PartitionSuspected:
		m.f.partition = e.On
	case RoutersChanged:
		if e.Reachable > m.f.routers.Reachable { // One of them can be told what it owes.
			maps.DeleteFunc(m.f.retry, func(d Debt, _ time.Time) bool { return aboutRouters(d) })
		}
		m.f.routers = e
	case RoutersAstray:
		m.absorbAstray(e)
	case MastersSeen:
		m.absorbMasters(e)
	case Tick:
	case Command:
		m.command(e)
	}
}

// absorbAstray has routers turned back, unless something moves or people work on
// the service: then they are told and nothing is done.
func (m *Machine) absorbAstray(e RoutersAstray) {
	rewrite := Debt{Rewrite, m.s.Active}
	if m.s.Move != nil || len(e.Routers) == 0 || m.owes(rewrite) {
		return
	}
	m.alert(Astray, m.s.Active, strings.Join(e.Routers, " "))
	if m.f.held && !m.s.Paused && !m.maintained(m.s.Active) {
		m.note(ActionDone{Routers: e.Routers})
		m.owe(rewrite.Kind, rewrite.Server)
	}
}

// absorbMasters has people told when two routers hold the virtual address, and when
// one does again. Which is right is not for a machine to say: they do not hear each
// other, and a move that needs the address is held by the routers' actuator.
func (m *Machine) absorbMasters(e MastersSeen) {
	if two := len(e.Routers) > 1; two != m.f.twoMasters {
		m.f.twoMasters = two
		reason := map[bool]Reason{true: TwoMasters, false: OneMaster}[two]
		m.alert(reason, m.s.Active, strings.Join(e.Routers, " "))
	}
}

func (m *Machine) absorbVerdict(e VerdictChanged) {
	if !slices.Contains(m.c.Servers, e.Server) {
		return
	}
	was := m.f.verdicts[e.Server]
	if e.Verdict != was.Verdict {
		m.atOnce(Debt{FenceDatabase, e.Server})
		m.atOnce(Debt{RejoinServer, e.Server})
	}
	if e.Load && m.c.LoadFails && !e.Split {
		e.Verdict = health.Failed
	}
	m.f.verdicts[e.Server] = e
	failed, back := e.Verdict == health.Failed && was.Verdict != health.Failed, e.Verdict == health.Healthy && m.f.down[e.Server]
	if failed {
		m.f.down[e.Server], m.f.unseen[e.Server] = true, true
		m.rejoin(e.Server) // When it is back: started anew, it replicates from nobody until it is told to.
	}
	if back {
		delete(m.f.down, e.Server)
	}
	if m.maintained(e.Server) {
		return
	}
	switch {
	case failed:
		m.alert(ServerFailed, e.Server, string(e.Reason))
	case back:
		m.alert(ServerBack, e.Server, "")
	case e.Suspect && !was.Suspect:
		m.alert(ServerSuspect, e.Server, string(e.Reason))
	}
	if e.Load && !was.Load && !m.c.LoadFails {
		m.alert(LoadOnly, e.Server, "")
	}
}

func (m *Machine) absorbReplication(e ReplicationChanged) {
	if !slices.Contains(m.c.Servers, e.Server) {
		return
	}
	was := m.f.repl[e.Server]
	if e.Time.Before(was.Time) {
		return
	}
	if seen := e.Open || e.Closed; seen && !was.Open && !was.Closed {
		m.atOnce(Debt{FenceDatabase, e.Server}) // It answers again.
		m.atOnce(Debt{RejoinServer, e.Server})
	}
	if e.answers() {
		m.f.answered[e.Server] = e.Time
		delete(m.f.unseen, e.Server)
	}
	m.absorbUptime(&e)
	m.absorbAcks(&e)
	m.f.repl[e.Server] = e
	mark := m.s.Synced[e.Server]
	mark.SyncedAt, mark.LosslessAt = latest(mark.SyncedAt, e.SyncedAt), latest(mark.LosslessAt, e.LosslessAt)
	m.s.Synced[e.Server] = mark
	if e.Sync == SyncForked && was.Sync != SyncForked {
		m.alert(ForkFound, e.Server, "")
	}
	if e.Errant && !was.Errant {
		m.alert(ErrantWrites, e.Server, "")
	}
	fence := Debt{FenceDatabase, e.Server}
	if e.Open && m.keeps(e.Server) {
		m.s.Writable = e.Server
		m.forgive(FenceDatabase, e.Server)
	}
	// Before it leads a machine need not know who is to be open.
	if e.Open && !was.Open && e.Server != m.s.Writable && m.f.held && !m.fencing(e.Server) && !m.owes(fence) {
		m.alert(TwoWriters, e.Server, "")
		m.owe(FenceDatabase, e.Server)
	}
}

// keeps reports whether a server is to stay or become open again: clients are
// sent to it, and everybody else is proven closed.
func (m *Machine) keeps(server string) bool {
	still := m.s.Move == nil || m.s.Move.Step == Undo
	return still && m.serves(server) && (m.s.Writable == "" || m.s.Writable == server)
}

// fencing reports whether a move is making server read-only.
func (m *Machine) fencing(server string) bool {
	return m.s.Move != nil && m.s.Move.Fence == server && !m.s.Move.ReadOnly
}

func (m *Machine) absorbLease(e LeaseChanged) {
	switch {
	case !e.Held:
		m.lapse(NotLeader)
	case e.Epoch < m.s.Epoch:
		m.lapse(Superseded)
	default:
		m.s.Epoch = e.Epoch
		m.f.held, m.f.lapse = true, None
		for _, p := range m.s.Pending {
			if p.Kind == StartAcking || p.Kind == StopAcking { // It may have ended between a link's stop and its start.
				m.rejoin(p.Server)
			}
		}
		clear(m.s.Pending) // Nothing runs: all is asked for anew.
		if mv := m.s.Move; mv != nil {
			mv.SelfFence = time.Time{} // By another controller's clock, perhaps: it is waited for anew.
		}
		clear(m.f.retry)
		clear(m.f.tries)
	}
}

// lapse stops all effects.
func (m *Machine) lapse(why Reason) {
	if m.f.held {
		m.alert(LeaseLost, "", string(why))
	}
	m.f.held, m.f.lapse = false, why
}

// maintained reports whether server, or the whole service, is being worked on.
func (m *Machine) maintained(server string) bool {
	return slices.Contains(m.s.Maintain, "") || slices.Contains(m.s.Maintain, server)
}

func (m *Machine) owes(d Debt) bool { return slices.Contains(m.s.Debts, d) }

// owe notes an effect to be tried until it is done, in place of its contrary.
func (m *Machine) owe(k Kind, server string) {
	d := Debt{k, server}
	m.s.Debts = slices.DeleteFunc(m.s.Debts, func(o Debt) bool { return o == d || contrary(o, d) })
	m.s.Debts = append(m.s.Debts, d)
}

func (m *Machine) forgive(k Kind, server string) {
	m.s.Debts = slices.DeleteFunc(m.s.Debts, func(o Debt) bool { return o == Debt{k, server} })
}

// contrary reports whether two effects work against each other.
func contrary(a, b Debt) bool {
	pair := func(x, y Kind) bool { return a.Kind == x && b.Kind == y || a.Kind == y && b.Kind == x }
	switch {
	case a.Kind == Rewrite && b.Kind == Rewrite:
		return a.Server != b.Server
	case a.Server != b.Server:
		return false
	}
	return pair(RequireAcks, WaiveAcks) || pair(RequireAcks, FenceDatabase) || pair(RequireAcks, OpenWrites) || pair(FenceDatabase, OpenWrites) || pair(BlockPaths, Unblock) || pair(FenceDatabase, RejoinServer) ||
		pair(StartAcking, StopAcking) || pair(StartAcking, RejoinServer) || pair(StopAcking, RejoinServer)
}
