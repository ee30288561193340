//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
)

// plannedMoves lose no row and hardly a page, there and back.
func plannedMoves() []Scenario {
	there := moved().within(time.Second, 1500*time.Millisecond)
	there.Alerts = []failover.Reason{failover.MoveStarted, failover.MoveDone}
	there.Phase = append(there.Phase, failover.Suspect)
	back := there
	back.Active, back.Phase, back.Switches = []string{first}, []failover.Phase{failover.Normal}, 2
	recovered := back
	recovered.Own = 2 * time.Second
	paired := moved()
	paired.Switches, paired.Own = 3, recovered.Own
	move := command(failover.Switchover, second)
	return usually([]Scenario{
		{Name: "switchover", About: "a planned move", Steps: []Step{counted(move)}, Expect: there, Short: true, Both: true},
		{
			Name: "failback", About: "a planned move there and, counted, back", Short: true,
			Steps: []Step{move, until(failover.FailbackReady, 30*time.Second), counted(command(failover.Failback, ""))}, Expect: back,
		},
		{
			Name: "pair-recovery", About: "power-off of one of two, back, joined, acknowledging, failed back to, and the other one dies", Short: true, Clean: true,
			Variant: Variant{Pair: true},
			Steps: []Step{
				fault("power-off", first), until(failover.FailedOver, 20*time.Second), command(failover.Ack, ""), mend(),
				until(failover.FailbackReady, 30*time.Second), holdsAll(first, 30*time.Second), command(failover.Failback, ""),
				holdsAll(second, 30*time.Second), counted(fault("power-off", first)),
			},
			Expect: paired,
		},
		{
			Name: "recovery", About: "power-off, back, joined, and then, counted, failed back to", Short: true, Clean: true,
			Steps: []Step{
				fault("power-off", first), until(failover.FailedOver, 20*time.Second), mend(), until(failover.FailbackReady, 30*time.Second),
				counted(command(failover.Failback, "")),
			},
			Expect: recovered,
		},
	})
}
