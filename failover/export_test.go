package failover

import "maps"

// Clone returns a machine in the same state, facts and all.
func (m *Machine) Clone() *Machine {
	c := *m
	c.s, c.out = m.s.clone(), nil
	c.f.verdicts, c.f.repl = maps.Clone(m.f.verdicts), maps.Clone(m.f.repl)
	c.f.retry, c.f.failures = maps.Clone(m.f.retry), maps.Clone(m.f.failures)
	return &c
}
