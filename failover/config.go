package failover

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A SiteLoss is what to do when nobody can reach the old server to fence it.
type SiteLoss uint8

// Site-loss policies.
const (
	// SiteLossHold waits for a person or for the site to come back.
	SiteLossHold SiteLoss = iota
	// SiteLossLease relies on the server's self-fencing lease: silent for TTL
	// and margin since it can last have been renewed, it counts as fenced.
	SiteLossLease
)

// A FailbackMode is how a service returns to a preferred server.
type FailbackMode uint8

// Failback modes.
const (
	FailbackManual FailbackMode = iota
	FailbackAuto
	FailbackWindow
)

// Config is one service. The zero values of numbers stand for the defaults.
type Config struct {
	Service string
	Servers []string // in order of preference, at least one
	// Sites are the routers at the sites of servers.
	Sites map[string]string
	// Database: the service has one that replicates. Without, there is no writer
	// to protect: nothing is fenced in it, drained or opened, and a router that
	// cannot be told does not hold the move up.
	Database bool
	// SemiSync: commits of the active server wait for a standby that acknowledges,
	// for as long as there is one.
	SemiSync bool
	Policy
}

// Policy holds the rules of moves.
type Policy struct {
	Automatic   bool          // fail over without being asked
	LoadFails   bool          // overload is failure
	AllowedLoss time.Duration // how old the last "in sync" may be at an emergency; 0: nothing may be lost
	SyncAge     time.Duration // how old a sample may be that counts as now; default 10 s
	SiteLoss    SiteLoss
	LeaseTTL    time.Duration // of the self-fencing lease; required by SiteLossLease
	LeaseMargin time.Duration // for clocks that differ and a write under way; default 2 s
	// BlockIsNoFence: block rules on every router and no connection left are not
	// taken as a fence of a database that does not answer.
	BlockIsNoFence bool

	// AckPatience is how long no standby may acknowledge before commits are let go
	// on without: longer than a failure takes to be seen; default 20 s.
	AckPatience time.Duration

	PerHour, PerDay int // automatic failovers; defaults 1 and 3

	Failback FailbackMode
	Window   func(time.Time) bool // FailbackWindow: is it open; must be pure
	Hold     time.Duration        // doubled with each failover of the day, at most 4 h; default 10 min

	FenceTimeout, DrainTimeout, PromoteTimeout, SwitchTimeout, VerifyTimeout time.Duration // defaults 5 s, 30 s, 10 s, 5 s, 10 s
	Retry                                                                    time.Duration // between tries of an action; default 1 s
	RetryMax                                                                 time.Duration // between tries of what nothing waits for; default 30 s
}

// Limits of the reference design.
const (
	hour    = time.Hour
	day     = 24 * time.Hour
	maxHold = 4 * time.Hour
)

// resolved fills in the defaults and reports what cannot be.
func (c Config) resolved() (Config, error) {
	c.Servers = slices.Clone(c.Servers)
	c.SyncAge = cmp.Or(c.SyncAge, 10*time.Second)
	c.LeaseMargin = cmp.Or(c.LeaseMargin, 2*time.Second)
	c.AckPatience = cmp.Or(c.AckPatience, 20*time.Second)
	c.PerHour, c.PerDay = cmp.Or(c.PerHour, 1), cmp.Or(c.PerDay, 3)
	c.Policy.Hold = cmp.Or(c.Policy.Hold, 10*time.Minute)
	c.FenceTimeout = cmp.Or(c.FenceTimeout, 5*time.Second)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 30*time.Second)
	c.PromoteTimeout = cmp.Or(c.PromoteTimeout, 10*time.Second)
	c.SwitchTimeout = cmp.Or(c.SwitchTimeout, 5*time.Second)
	c.VerifyTimeout = cmp.Or(c.VerifyTimeout, 10*time.Second)
	c.Retry, c.RetryMax = cmp.Or(c.Retry, time.Second), cmp.Or(c.RetryMax, 30*time.Second)
	if c.Service == "" || len(c.Servers) == 0 {
		return c, fmt.Errorf("failover: service %q with %d servers", c.Service, len(c.Servers))
	}
	for i, s := range c.Servers {
		if s == "" || slices.Contains(c.Servers[:i], s) {
			return c, fmt.Errorf("failover: service %s: server %q is empty or there twice", c.Service, s)
		}
	}
	if c.SiteLoss == SiteLossLease && c.LeaseTTL <= 0 {
		return c, fmt.Errorf("failover: service %s: site loss by lease needs the lease's TTL", c.Service)
	}
	if c.Failback == FailbackWindow && c.Window == nil {
		return c, fmt.Errorf("failover: service %s: failback in a window needs the window", c.Service)
	}
	return c, nil
}
