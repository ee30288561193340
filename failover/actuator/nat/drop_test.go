package nat_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"jembatan/failover/actuator"
	"jembatan/failover/actuator/internal/stage"
	"jembatan/failover/actuator/nat"
)

// TestDrop: when a term has ended, a router that comes back is not told any more
// what that term wanted.
func TestDrop(t *testing.T) {
	on(t, 2, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		s.World.Device("r2").Faults().Stall(true)
		if _, err := a.Ensure(t.Context(), target(5, stage.Backup)); err == nil {
			t.Fatal("r2 does not answer")
		}
		a.Drop()
		s.World.Device("r2").Faults().Stall(false)
		s.Wire.Kill("r2")
		time.Sleep(time.Minute)
		leads(s, "r1", 5, stage.Backup)
		if b := a.Behind(); len(b) != 0 {
			t.Errorf("still behind: %v", b)
		}
		leads(s, "r2", 0, stage.Main)
	})
}

// TestAnotherLed: whoever leads again after another did leaves the routers where
// that one has led them.
func TestAnotherLed(t *testing.T) {
	on(t, 2, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		if r, err := a.Block(t.Context(), target(5, stage.Main)); err != nil {
			t.Fatal(r, err)
		}
		if r, err := a.Ensure(t.Context(), target(5, stage.Backup)); err != nil {
			t.Fatal(r, err)
		}
		a.Drop()
		other := nat.New(nat.Of(s.Service()), s.Connect(), nat.Options{})
		if r, err := other.Ensure(t.Context(), target(7, stage.Main)); err != nil {
			t.Fatal(r, err)
		}
		if r, err := a.Block(t.Context(), target(9, stage.Backup)); err != nil {
			t.Fatal(r, err)
		}
		for _, router := range []string{"r1", "r2"} {
			leads(s, router, 7, stage.Main, "backup")
		}
		if r, err := a.Unblock(t.Context(), target(9, stage.Backup)); err != nil {
			t.Fatal(r, err)
		}
		leads(s, "r1", 7, stage.Main)
	})
}

// TestNoLongerLeading: a process that was stopped between its look and its write
// writes nothing when it goes on too late.
func TestNoLongerLeading(t *testing.T) {
	on(t, 2, "7.16.1", func(t *testing.T, s *stage.Stage, _ *nat.Actuator) {
		var late atomic.Bool
		opts := nat.Options{Options: actuator.Options{Leads: func() bool { return !late.Load() }}}
		a := nat.New(nat.Of(s.Service()), s.Connect(), opts)
		s.Wire.Before(func(_ string, paths []string) {
			if late.Store(true); stage.Changes(paths) {
				t.Errorf("it wrote %q", slices.Clone(paths))
			}
		})
		r, err := a.Ensure(t.Context(), target(5, stage.Backup))
		if err == nil || r.Router("r1").Reason != actuator.NotLeading {
			t.Errorf("%v %v", r.Routers, err)
		}
	})
}
