package failover

import "fmt"

// A Phase is where a service stands.
type Phase uint8

// Phases. Fence to Verify are the steps of a move, the same for an emergency, a
// planned switchover and a drill.
const (
	PhaseUnknown  Phase = iota
	Normal              // the preferred server is active and nothing is wrong
	Suspect             // somebody says that the active server has failed
	Held                // something should be done and must not be: see the reason
	Partition           // some cannot reach the active server, its users can
	Fence               // the old server is being made unable to write
	Drain               // the new one applies what it has received
	Promote             // the new one is being opened for writes
	Switch              // routers are being turned to the new one
	Verify              // probes through the public address must succeed
	FailedOver          // another server than the preferred is active
	Rejoin              // a preferred server is back and is being watched
	FailbackReady       // it may take over again
	Forked              // two histories exist: a person decides
	Undo                // a planned move is being taken back
	Maintenance         // its people work on it: nothing is judged
)

func phaseNames() []string {
	return []string{
		"unknown", "normal", "suspect", "held", "partition", "fence", "drain", "promote", "switch", "verify",
		"failed-over", "rejoin", "failback-ready", "forked", "undo", "maintenance",
	}
}

// String returns the phase's word.
func (p Phase) String() string {
	if int(p) < len(phaseNames()) {
		return phaseNames()[p]
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// MarshalText implements encoding.TextMarshaler.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Phase) UnmarshalText(text []byte) error {
	i, err := lookup(phaseNames(), text)
	*p = Phase(i)
	return err
}

// lookup finds a word of an enum. The zero value stands for words not known.
func lookup(names []string, text []byte) (int, error) {
	for i, n := range names {
		if n == string(text) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("failover: %q is none of %q", text, names)
}
