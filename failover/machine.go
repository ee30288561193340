package failover

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
	return &Machine{c: c, s: s.clone(), f: newFacts()}, nil
}

// State returns a copy of all that must survive a restart.
func (m *Machine) State() State { return m.s.clone() }

// Step takes one event and returns what is to be done, in order.
func (m *Machine) Step(e Event) []Action {
	m.s.At = e.at()
	return nil
}
