//go:build linux

package rehearsal

import (
	"slices"
	"time"

	"jembatan/failover"
)

// nobody is the way of no client: what clients see is not looked at.
const nobody = "none"

// The servers, in order of preference.
const (
	first  = "main"
	second = "backup"
	third  = "standby"
)

// Durations are what makes a run short or long.
type Durations struct {
	// Loss is how long links lose packets; zero: 20 s.
	Loss time.Duration
}

// Table returns all scenarios, in the order in which they are shown.
func Table(d Durations) []Scenario {
	if d.Loss == 0 {
		d.Loss = 20 * time.Second
	}
	return inAll(slices.Concat(serverFaults(), siteFaults(), linkFaults(d), dataFaults(), severalFaults(), controllerFaults(), plannedMoves()))
}

// usually fills in what most scenarios have.
func usually(all []Scenario) []Scenario {
	for i := range all {
		s := &all[i]
		if s.Settle == 0 {
			s.Settle = 20 * time.Second
		}
		if s.Stay == 0 {
			s.Stay = 2 * time.Second
		}
	}
	return all
}

// moved is what is expected of a fault that has to move the service to the next
// server.
func moved() Expect {
	return Expect{
		Active: []string{second}, Phase: away(), Switches: 1, Gap: 600 * time.Millisecond, RowGap: time.Second,
		Alerts: []failover.Reason{failover.ServerFailed, failover.MoveStarted, failover.MoveDone},
	}
}

// away are the phases of a service that is well and not at its preferred server.
func away() []failover.Phase {
	return []failover.Phase{failover.FailedOver, failover.Rejoin, failover.FailbackReady}
}

// within is an expectation with other limits for pages and rows.
func (e Expect) within(page, row time.Duration) Expect {
	e.Gap, e.RowGap = page, row
	return e
}

// held is what is expected of a fault after which nothing may be done.
func held(reasons ...failover.Reason) Expect {
	return Expect{Active: []string{first}, Phase: []failover.Phase{failover.Held}, Reason: reasons}
}

// stays is what is expected of a fault that is none of the service's.
func stays() Expect {
	return Expect{Active: []string{first}, Phase: []failover.Phase{failover.Normal}}
}
