package failover_test

import (
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// fencing returns a machine that fences main, which nobody reaches, and the time.
func fencing(t *testing.T, s failover.State, now time.Time, epoch uint64) (*failover.Machine, uint64) {
	t.Helper()
	m, err := failover.New(failover.Config{
		Service: "erp", Servers: []string{"main", "backup"}, Database: true,
		Policy: failover.Policy{Automatic: true, AllowedLoss: time.Hour, SiteLoss: failover.SiteLossLease, LeaseTTL: 10 * time.Second},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	m.Step(failover.LeaseChanged{Time: now, Epoch: epoch, Held: true})
	m.Step(failover.ReplicationChanged{Time: now, Server: "backup", Sync: failover.InSync, SyncedAt: now, WriteTested: true})
	m.Step(failover.VerdictChanged{Time: now, Server: "backup", Verdict: health.Healthy})
	m.Step(failover.VerdictChanged{Time: now, Server: "main", Verdict: health.Failed, Since: now})
	for id, a := range m.State().Pending {
		if a.Kind == failover.StopRenewing {
			return m, id
		}
	}
	t.Fatalf("it does not wait for the lease: %+v", m.State())
	return nil, 0
}

// TestLeaseByAnotherClock: the clock of the controller before was an hour ahead.
// That does not make the lease of a silent server run out sooner.
func TestLeaseByAnotherClock(t *testing.T) {
	now := dawn
	m, id := fencing(t, failover.State{Active: "main", Writable: "main", Phase: failover.Normal, At: now.Add(time.Hour), Baseline: now.Add(-time.Hour)}, now, 5)
	m.Step(failover.ActionDone{Time: now.Add(time.Second), ID: id, LastRenewal: now})
	m.Step(failover.Tick{Time: now.Add(2 * time.Second)})
	if s := m.State(); s.Writable != "main" {
		t.Errorf("main counts as closed a moment after its lease was renewed: %+v", s.Move)
	}
}

// TestLeaseIsWaitedForAnew: what the controller before has computed by its clock
// is no proof for the next one.
func TestLeaseIsWaitedForAnew(t *testing.T) {
	now := dawn
	m, id := fencing(t, failover.State{Active: "main", Writable: "main", Phase: failover.Normal, Baseline: now.Add(-time.Hour)}, now, 5)
	m.Step(failover.ActionDone{Time: now, ID: id, LastRenewal: now})
	next, err := failover.New(failover.Config{
		Service: "erp", Servers: []string{"main", "backup"}, Database: true,
		Policy: failover.Policy{Automatic: true, AllowedLoss: time.Hour, SiteLoss: failover.SiteLossLease, LeaseTTL: 10 * time.Second},
	}, m.State())
	if err != nil {
		t.Fatal(err)
	}
	next.Step(failover.LeaseChanged{Time: now.Add(time.Minute), Epoch: 7, Held: true}) // Its clock is a minute ahead.
	if s := next.State(); s.Writable != "main" {
		t.Errorf("main counts as closed by another clock: %+v", s.Move)
	}
}

// TestUndoneMoveJoinsAgain: a drain after a failure detaches the standby. When the
// move is taken back it is joined again.
func TestUndoneMoveJoinsAgain(t *testing.T) {
	now := dawn
	m, _ := fencing(t, failover.State{Active: "main", Writable: "main", Phase: failover.Normal, Baseline: now.Add(-time.Hour)}, now, 5)
	answer := func(k failover.Kind, why failover.Failure) {
		t.Helper()
		for id, a := range m.State().Pending {
			if a.Kind == k {
				m.Step(failover.ActionDone{Time: now, ID: id, Err: why})
				return
			}
		}
		t.Fatalf("%v is not asked for: %+v", k, m.State())
	}
	answer(failover.BlockPaths, failover.Refused)
	answer(failover.FenceDatabase, failover.Done)
	answer(failover.BlockPaths, failover.Done)
	answer(failover.WaitDrained, failover.TimedOut)
	m.Step(failover.VerdictChanged{Time: now, Server: "main", Verdict: health.Healthy})
	now = now.Add(time.Minute)
	m.Step(failover.Tick{Time: now})
	if mv := m.State().Move; mv == nil || mv.Step != failover.Undo {
		t.Fatalf("not taken back: %+v", m.State())
	}
	answer(failover.OpenWrites, failover.Done)
	answer(failover.Unblock, failover.Done)
	if s := m.State(); s.Move != nil || len(s.Rejoin) != 1 || s.Rejoin[0] != "backup" {
		t.Errorf("the standby stays detached: move %+v, rejoin %v", s.Move, s.Rejoin)
	}
}
