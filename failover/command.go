package failover

import "slices"

// command carries an operator's wish out, or refuses it by name.
func (m *Machine) command(c Command) {
	why, detail := m.obey(c)
	k := Accept
	if why != None {
		k = Refuse
	}
	m.out = append(m.out, Action{
		Kind: k, Service: m.c.Service, Server: c.Server, Phase: m.s.Phase, Reason: why, Command: c.ID, Detail: detail,
	})
}

func (m *Machine) obey(c Command) (why Reason, detail string) {
	if !m.f.held {
		return m.f.lapse, ""
	}
	switch c.Verb {
	case Switchover, Drill, Force, Failback:
		return m.obeyMove(c)
	case Pause:
		m.s.Paused = true
	case Resume:
		m.s.Paused = false
	case Pin:
		m.s.Pinned = true
	case Unpin:
		m.s.Pinned = false
	case Maintain, EndMaintenance:
		if c.Server != "" && !slices.Contains(m.c.Servers, c.Server) {
			return NoSuchServer, ""
		}
		m.s.Maintain = slices.DeleteFunc(m.s.Maintain, func(s string) bool { return s == c.Server })
		if c.Verb == Maintain {
			m.s.Maintain = append(m.s.Maintain, c.Server)
		} else if c.Server != "" {
			m.rejoin(c.Server) // It may have been started anew.
		}
	case Ack:
		if len(m.s.Moves) == 0 && !m.s.NeedAck {
			return NothingToDo, ""
		}
		m.s.Moves, m.s.NeedAck = nil, false
	case ConfirmFenced:
		if mv := m.s.Move; mv == nil || mv.Step != Fence || mv.Fence != c.Server {
			return NotFencing, ""
		}
		if m.isOpening(c.Server) {
			return Fencing, "it is being opened at this moment"
		}
		m.proved(c.Server)
		m.alert(FencedByPerson, c.Server, c.By)
	case AcceptErrant:
		if !slices.Contains(m.c.Servers, c.Server) {
			return NoSuchServer, ""
		}
		r := m.f.repl[c.Server]
		r.Errant = false
		m.f.repl[c.Server] = r
	case Cancel:
		return m.cancel(), ""
	case VerbUnknown:
		return NothingToDo, ""
	}
	return None, ""
}

// obeyMove begins a move that was asked for.
func (m *Machine) obeyMove(c Command) (Reason, string) {
	switch {
	case m.s.Move != nil && !(c.Verb == Force && m.undecided(m.s.Move)):
		return AlreadyMoving, m.s.Move.Step.String()
	case m.s.Pinned:
		return Pinned, ""
	}
	kind := Planned
	switch c.Verb {
	case Failback:
		if c.Server = m.ready(); c.Server == "" {
			return NotReady, ""
		}
	case Drill:
		kind = Exercise
	case Force:
		return m.force(c)
	case Switchover, VerbUnknown, Pause, Resume, Pin, Unpin, Maintain, EndMaintenance, Ack, ConfirmFenced, AcceptErrant, Cancel:
	}
	if why, detail := m.planGate(c.Server); why != None {
		return why, detail
	}
	m.begin(kind, c.Server, c)
	return None, ""
}

// force moves away from a server that may be dead, or has a move that is held go on. What the data may lose is
// still judged, with the loss that the operator accepts; and the old server is
// still fenced first.
func (m *Machine) force(c Command) (Reason, string) {
	if c.Server == m.s.Active {
		return AlreadyThere, ""
	}
	_, why, detail := m.gate(c.Server, false, m.f.verdicts[m.s.Active].Since, max(m.c.AllowedLoss, c.AcceptLoss))
	if why != None {
		return why, detail
	}
	if mv := m.s.Move; mv != nil {
		mv.To, mv.Drained = c.Server, false
		mv.Loss = max(mv.Loss, c.AcceptLoss)
		return None, ""
	}
	m.begin(ForcedByHand, c.Server, c)
	return None, ""
}

// undecided reports whether a person may say where a move away from a server that has
// failed goes.
func (m *Machine) undecided(mv *Move) bool {
	return !mv.Kind.planned() && m.untouched(mv) && (mv.Step == Fence || mv.Step == Drain)
}

// cancel takes a planned move back as long as the new server was not told to
// open.
func (m *Machine) cancel() Reason {
	mv := m.s.Move
	switch {
	case mv == nil:
		return NothingToDo
	case !mv.Kind.planned() || mv.Step != Fence && mv.Step != Drain || mv.Why != None:
		return TooLate
	}
	m.undo(Cancelled)
	return None
}
