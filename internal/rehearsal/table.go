//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
)

// Where the service is when it has moved on to the next server, or to the third.
const (
	first  = "main"
	second = "backup"
	third  = "standby"
)

// moved is what is expected of a fault that has to move the service.
func moved() Expect {
	return Expect{
		Active: []string{second}, Phase: []failover.Phase{failover.FailedOver, failover.Rejoin, failover.FailbackReady}, Switches: 1,
		Gap: 600 * time.Millisecond, RowGap: time.Second, Alerts: []failover.Reason{failover.ServerFailed, failover.MoveStarted, failover.MoveDone},
	}
}

// Table returns all scenarios, in the order in which they are shown.
func Table() []Scenario {
	return []Scenario{
		{
			Name: "power-off", About: "the main server loses its power", Short: true,
			Steps: []Step{fault("power-off", first)}, Expect: moved(), Settle: 20 * time.Second, Stay: 2 * time.Second,
		},
	}
}
