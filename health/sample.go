package health

import "time"

// A Sample is the outcome of one probe.
type Sample struct {
	Server  string
	Probe   string // as in Config.Probes
	Vantage string // as in Config.Vantages
	// At is when the outcome was known, by the controller's clock.
	At time.Time
	OK bool
	// RTT is how long the probe took, also when it failed: it began at At-RTT.
	RTT time.Duration
	// Reason is None if OK, except that an OK sample may be Slow.
	Reason Reason
}

// Began returns when the probe was sent.
func (s Sample) Began() time.Time { return s.At.Add(-s.RTT) }

// A Reference is the outcome of a vantage's probe of something that has nothing
// to do with the servers: its gateway, another vantage. A vantage that reaches
// none of its references is blind, and abstains.
type Reference struct {
	Vantage string
	Target  string // as in Vantage.References
	At      time.Time
	OK      bool
}

// A Change is a new state of belief about a server.
type Change struct {
	Server   string
	At       time.Time
	From, To Verdict
	// Suspect: at least one vantage says Failed, and the verdict does not.
	Suspect bool
	// Split: some say Failed while one that serves users still reaches it.
	// Never Failed at the same time.
	Split bool
	// Load: it answers, and is overloaded, for as long as a failure would take.
	Load   bool
	Reason Reason
	// Since is when the latest of the failing runs of misses began, if any: the
	// server was last seen alive before it by those who now say Failed.
	Since time.Time
	// Says is who says what: each vantage that does not find the server well, and
	// why. For people.
	Says string
}
