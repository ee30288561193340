package tunnel

import "time"

// A Policy holds the numbers of detection and what may be done about a failure.
type Policy struct {
	Profile  string // lan, metro or wan
	Interval time.Duration
	Timeout  time.Duration // of a probe, at most Interval
	Misses   int
	Rises    int
	Quorum   int

	Automatic bool // fail over without being asked
	LoadFails bool // a server that answers, and is overloaded, has failed
	// PerHour and PerDay limit automatic failovers; then a person must agree.
	PerHour, PerDay int
	SiteLoss        SiteLoss
	Lease           Lease // zero unless SiteLoss is SiteLossLease

	Failback Failback
	Window   string // for FailbackWindow: a cron expression in UTC, see ParseCron
	Hold     time.Duration
}

// WindowOpen reports whether the failback window is open at a time: for
// FailbackWindow in the minutes that Window matches, and never for the others.
func (p Policy) WindowOpen(t time.Time) bool {
	if p.Failback != FailbackWindow {
		return false
	}
	c, err := ParseCron(p.Window)
	return err == nil && c.Match(t)
}

// A Failback is how a service returns to its preferred server.
type Failback uint8

// Failbacks.
const (
	FailbackUnknown Failback = iota
	FailbackManual
	FailbackAuto
	FailbackWindow
)

// String returns the word that topology files use.
func (f Failback) String() string {
	switch f {
	case FailbackManual:
		return "manual"
	case FailbackAuto:
		return "auto"
	case FailbackWindow:
		return "window"
	case FailbackUnknown:
	}
	return "unknown"
}

// A SiteLoss is what to do when nobody can reach the old server to fence it.
type SiteLoss uint8

// Site-loss policies.
const (
	SiteLossUnknown SiteLoss = iota
	SiteLossHold             // wait for a person, or for the site to come back
	SiteLossLease            // rely on the lease by which the server fences itself
)

// String returns the word that topology files use.
func (s SiteLoss) String() string {
	switch s {
	case SiteLossHold:
		return "hold"
	case SiteLossLease:
		return "lease"
	case SiteLossUnknown:
	}
	return "unknown"
}

// A Lease lets a database take writes for a while. One that is not renewed for
// TTL turns itself read-only; after TTL and Margin it counts as fenced.
type Lease struct {
	TTL    time.Duration // whole seconds
	Margin time.Duration // at least MinLeaseMargin
}

// MinLeaseMargin is the least that a database may need beyond the TTL to refuse
// writes. It is database.Margin of failover/actuator.
const MinLeaseMargin = 5 * time.Second

// DefaultLease is the lease of policies that give no numbers.
func DefaultLease() Lease { return Lease{TTL: 10 * time.Second, Margin: MinLeaseMargin} }
