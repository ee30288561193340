package failover

import "maps"

// Clone returns a machine in the same state, facts and all.
func (m *Machine) Clone() *Machine {
	c := *m
	c.s, c.out = m.s.clone(), nil
	c.f.verdicts, c.f.repl, c.f.down = maps.Clone(m.f.verdicts), maps.Clone(m.f.repl), maps.Clone(m.f.down)
	c.f.unseen, c.f.again = maps.Clone(m.f.unseen), maps.Clone(m.f.again)
	c.f.answered, c.f.unsynced = maps.Clone(m.f.answered), maps.Clone(m.f.unsynced)
	c.f.retry, c.f.failures = maps.Clone(m.f.retry), maps.Clone(m.f.failures)
	return &c
}
