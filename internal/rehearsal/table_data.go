//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
)

// dataFaults are those in which the data decides.
func dataFaults() []Scenario {
	lossy := Variant{Loss: 2 * time.Second}
	stale := moved()
	stale.Alerts, stale.Phase = append(stale.Alerts, failover.ErrantWrites), append(away(), failover.Forked)
	ready := moved()
	ready.Phase, ready.Alerts, ready.Own = []failover.Phase{failover.FailbackReady}, append(ready.Alerts, failover.ReadyToReturn), 2*time.Second
	stale.Own = ready.Own
	// It lives and has commits that nobody acknowledged: whether there were any when
	// the cable was pulled is chance.
	back := ready
	back.Phase, back.Alerts = append(back.Phase, failover.Forked), moved().Alerts
	// Writes wait for the only one who acknowledges until the controller lets them go on, and says so.
	stopped := stays().within(time.Second, 10*time.Second)
	stopped.Alerts = []failover.Reason{failover.AcksWaived, failover.ReplicationBack}
	spare := moved().within(time.Second, 1500*time.Millisecond)
	spare.Active = []string{third}
	late := held(failover.LossTooGreat)
	late.Ways = []string{nobody}
	return usually([]Scenario{
		{
			Name: "replication-stopped", About: "replication of the backup is stopped until people are told: no switch", Patient: true,
			Steps: []Step{
				fault("stop-replication", second), alerted(failover.ReplicationLost, time.Minute), mend(), holdsAll(second, 30*time.Second),
			},
			Expect: stopped,
		},
		{
			Name: "replication-stopped-then-power-off", About: "then, when the standby acknowledges, the main server dies: the standby", Short: true, Three: true,
			Steps: []Step{fault("stop-replication", second), holdsAll(third, 20*time.Second), counted(fault("power-off", first))}, Expect: spare,
		},
		{
			Name: "lag", About: "both standbys lag 10 s, 2 s may be lost, the main server dies: held", Variant: lossy, Short: true,
			Steps:  []Step{fault("lag", second, "10s"), fault("lag", third, "10s"), wait(5 * time.Second), counted(fault("power-off", first))},
			Expect: late,
		},
		{
			Name: "main-back", About: "the main server comes back clean: joined, ready to be failed back to", Short: true, Clean: true,
			Steps:  []Step{fault("power-off", first), until(failover.FailedOver, 20*time.Second), mend()},
			Expect: ready, Settle: 30 * time.Second,
		},
		{
			Name: "cable-back", Short: true, About: "its cable is plugged in again, nobody had closed it: fenced, and joined or found to hold a surplus",
			Steps:  []Step{fault("unplug", first), until(failover.FailedOver, 20*time.Second), wait(time.Second), mend()},
			Expect: back, Settle: 30 * time.Second,
		},
		{
			Name: "main-back-stale", About: "it comes back with a transaction that nobody else has: found, not joined", Short: true,
			Steps: []Step{
				fault("unplug", first), errant(first), until(failover.FailedOver, 20*time.Second), wait(time.Second), mend(),
				wait(4 * time.Second),
			},
			Expect: stale,
		},
	})
}
