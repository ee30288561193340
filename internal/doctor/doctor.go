// Package doctor examines whether routers are fit for what a topology asks of
// them, and says what to do where they are not.
//
// Examine reads a router; Diagnose is pure and turns what was read into checks.
// What could not be read is Unknown, which is never well.
package doctor

import "time"

// A State is how a check came out.
type State uint8

// States of a check.
const (
	Unknown State = iota // could not be found out
	Good
	Warn // works, but look
	Bad  // will not work
)

// String returns the word that reports use.
func (s State) String() string {
	switch s {
	case Good:
		return "ok"
	case Warn:
		return "warn"
	case Bad:
		return "bad"
	case Unknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Check is one thing that was examined.
type Check struct {
	Router string `json:"router"`
	Name   string `json:"check"`
	State  State  `json:"state"`
	Found  string `json:"found"`
	Do     string `json:"do,omitempty"` // empty when there is nothing to do
}

// A Patient is what the topology says of a router.
type Patient struct {
	Name, User string
	Plaintext  bool
	Tunnels    int      // tunnel ends that it shall have
	Addresses  []string // uplink addresses that it must own
	Ports      []string // local ports that bridges take
}

// Facts are what a router answered. A menu that could not be read has an entry
// in Errs under its path and none in Rows.
type Facts struct {
	Err  error // the router could not be reached, or refused the login
	Rows map[string][]map[string]string
	Errs map[string]error
	At   time.Time // when the clock was read
}

// Worst returns the worst state of checks; Good for none.
func Worst(checks []Check) State {
	worst := Good
	for _, c := range checks {
		if c.State == Unknown && worst == Good {
			worst = Unknown
		}
		if c.State > worst && c.State != Good {
			worst = c.State
		}
	}
	return worst
}
