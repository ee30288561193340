//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
	"jembatan/internal/api"
)

// severalFaults are more failures than one.
func severalFaults() []Scenario {
	lossy := Variant{Loss: 30 * time.Second}
	gone := held()
	gone.Ways = []string{nobody}
	// Nobody is left to acknowledge: writes wait until the controller lets them go on.
	alone := stays().within(time.Second, 10*time.Second)
	alone.Alerts = []failover.Reason{failover.AcksWaived}
	other := moved().within(15*time.Second, 16*time.Second)
	other.Active, other.LossAllowed = []string{third}, true
	turns := moved().within(15*time.Second, 16*time.Second)
	turns.Active, turns.Phase, turns.Switches = []string{first}, []failover.Phase{failover.Normal}, 3
	last := moved().within(time.Second, 1500*time.Millisecond) // Its uplink is the slowest.
	last.Active = []string{third}
	forgot := moved().within(0, 0)
	forgot.Ways, forgot.LossAllowed = []string{nobody}, true
	forgot.Phase = append(away(), failover.Forked) // The third may hold what is given up.
	back := stays().within(time.Second, 10*time.Second)
	return usually([]Scenario{
		{Name: "backup-off", About: "the backup loses its power: no switch", Steps: []Step{fault("power-off", second), wait(15 * time.Second)}, Expect: alone, Short: true},
		{Name: "both-off", About: "main and backup lose their power, nothing may be lost: held", Steps: []Step{fault("power-off", second), fault("power-off", first)}, Expect: gone, Short: true},
		{
			Name: "both-off-forced", About: "the backup alone comes back, without what it had not applied: held until a person accepts that",
			Steps: []Step{
				fault("power-off", second), fault("power-off", first), wait(3 * time.Second), mend("power-off " + second),
				alerted(failover.ServerBack, 30*time.Second), alerted(failover.TargetBroken, 10*time.Second),
				request(api.CommandRequest{Verb: failover.Force.String(), Server: second, AcceptLoss: "1h"}),
			},
			Expect: forgot,
		},
		{
			Name: "second-failure", About: "the chosen backup dies during the move: the third", Variant: lossy, Short: true,
			Steps: []Step{onPhase(failover.Drain, fault("power-off", second)), fault("power-off", first)}, Expect: other, Settle: 30 * time.Second,
		},
		{
			Name: "backup-back", About: "the backup loses its power and comes back: joined, acknowledges again, no switch", Short: true, Three: true,
			Steps:  []Step{fault("power-off", second), holdsAll(third, 20*time.Second), mend(), holdsAll(second, 30*time.Second)},
			Expect: back,
		},
		{
			Name: "pair-backup-back", About: "the same without a third server: commits wait for nobody until it is back", Variant: Variant{Pair: true},
			Steps:  []Step{fault("power-off", second), alerted(failover.AcksWaived, 30*time.Second), mend(), holdsAll(second, 30*time.Second)},
			Expect: alone,
		},
		{
			Name: "backup-then-main", About: "the backup loses its power, and as soon as the standby acknowledges the main server: the standby", Short: true, Three: true,
			Steps:  []Step{fault("power-off", second), holdsAll(third, 20*time.Second), counted(fault("power-off", first))},
			Expect: last,
		},
		{
			Name: "three-in-turn", About: "three servers fail in turn, the first comes back before the third does; nothing may be lost", Short: true, Clean: true, Three: true,
			Steps: []Step{
				activeDies(20 * time.Second), command(failover.Ack, ""), holdsAll(third, 20*time.Second),
				activeDies(20 * time.Second), command(failover.Ack, ""), mend("power-off", first), holdsAll(first, 30*time.Second),
				activeDies(20 * time.Second),
			},
			Expect: turns, Settle: 30 * time.Second,
		},
	})
}

// controllerFaults kill the controller in each step of a move. It is started again
// at once, leads when the leadership of the killed one has run out, and goes on.
func controllerFaults() []Scenario {
	var out []Scenario
	for _, phase := range []failover.Phase{failover.Fence, failover.Drain, failover.Promote, failover.Switch, failover.Verify} {
		out = append(out, Scenario{
			Name: "controller-killed-" + phase.String(), About: "power-off; the controller is killed when it begins to " + phase.String(), Short: true,
			Steps:  []Step{onPhase(phase, killController()), fault("power-off", first)},
			Expect: moved().within(15*time.Second, 16*time.Second), Settle: 30 * time.Second,
		})
	}
	out = append(out, Scenario{
		Name: "reload", About: "it reads its topology again, a bad one and a good one, and then the main server loses its power", Short: true,
		Steps: []Step{reload(), reload(), wait(2 * time.Second), counted(fault("power-off", first))}, Expect: moved(),
	})
	return usually(out)
}
