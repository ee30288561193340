package nat_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover/actuator"
	"jembatan/failover/actuator/internal/stage"
	"jembatan/failover/actuator/nat"
	"jembatan/tunnel"
)

// TestCuts cuts the connection at each write of a move, before it, inside it and
// behind it. The move goes on over the next connection, from what is true.
func TestCuts(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.24"} {
		for _, cut := range []stage.Cut{stage.Before, stage.Inside, stage.After} {
			for nth := 1; nth <= 5; nth++ {
				t.Run(fmt.Sprintf("%s/%v write %d", version, cut, nth), func(t *testing.T) {
					on(t, 2, version, func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
						keep := traffic(s, "r1")
						s.Wire.OnWrite(func(router string, _ []string, n int) stage.Cut {
							if router == "r1" && n == nth {
								return cut
							}
							return stage.None
						})
						if _, err := a.Block(t.Context(), target(2, stage.Main)); err != nil {
							t.Fatal(err)
						}
						r, err := a.Ensure(t.Context(), target(2, stage.Backup))
						if err != nil {
							t.Fatal(r, err)
						}
						leads(s, "r1", 2, stage.Backup, "main")
						if got := s.Entries("r1"); !slices.Equal(got, keep) {
							t.Errorf("connections %v, want %v", got, keep)
						}
					})
				})
			}
		}
	}
}

// TestLostReplies loses the answer of each changing command in turn.
func TestLostReplies(t *testing.T) {
	for nth := 1; nth <= 6; nth++ {
		on(t, 1, "7.18.2", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
			keep := traffic(s, "r1")
			s.World.Device("r1").Faults().LoseReply(nth)
			if r, err := a.Ensure(t.Context(), target(2, stage.Backup)); err != nil {
				t.Fatal(nth, r, err)
			}
			leads(s, "r1", 2, stage.Backup)
			if got := s.Entries("r1"); !slices.Equal(got, keep) {
				t.Errorf("%d: connections %v, want %v", nth, got, keep)
			}
		})
	}
}

// TestTraps: a router that refuses is behind, the others are proven, and it is
// tried until it does not refuse.
func TestTraps(t *testing.T) {
	for _, menu := range []string{menuNAT, menuFilter, "/ip/firewall/connection"} {
		on(t, 2, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
			keep := traffic(s, "r2")
			if _, err := a.Block(t.Context(), target(1, stage.Backup)); err != nil {
				t.Fatal(err)
			}
			s.World.Device("r2").Faults().TrapOnWrite(menu, 1, "failure: not now")
			r, err := a.Ensure(t.Context(), target(2, stage.Backup))
			if !errors.Is(err, actuator.ErrBehind) || r.Router("r1").State != actuator.Proven || r.Router("r2").Reason != actuator.Trapped {
				t.Fatalf("%s: %v %v", menu, r.Routers, err)
			}
			time.Sleep(time.Second)
			leads(s, "r2", 2, stage.Backup)
			if got := s.Entries("r2"); !slices.Equal(got, keep[1:]) && !slices.Equal(got, keep) {
				t.Errorf("%s: connections %v, want %v", menu, got, keep)
			}
			if b := a.Behind(); len(b) != 0 {
				t.Errorf("%s: still behind: %v", menu, b)
			}
		})
	}
}

// TestReboot: the configuration outlives a reboot, and so does the move.
func TestReboot(t *testing.T) {
	on(t, 2, "7.22.3", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		var done atomic.Bool
		s.Wire.Before(func(router string, paths []string) {
			if router == "r1" && stage.Changes(paths) && done.CompareAndSwap(false, true) {
				s.World.Device("r1").Reboot()
			}
		})
		if r, err := a.Ensure(t.Context(), target(1, stage.Backup)); err != nil {
			t.Fatal(r, err)
		}
		leads(s, "r1", 1, stage.Backup)
	})
}

// TestSlowRouter: one slow router does not delay the write to the others beyond
// the patience, and is waited for.
func TestSlowRouter(t *testing.T) {
	on(t, 3, "7.20.8", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		s.World.Device("r3").Faults().Latency(700*time.Millisecond, 0, 1)
		begin := time.Now()
		var wrote sync.Map
		s.Wire.Before(func(router string, paths []string) {
			if stage.Changes(paths) {
				wrote.Store(router, time.Since(begin))
			}
		})
		if r, err := a.Ensure(t.Context(), target(1, stage.Backup)); err != nil {
			t.Fatal(r, err)
		}
		for _, router := range []string{"r1", "r2"} {
			if at, _ := wrote.Load(router); at != 50*time.Millisecond {
				t.Errorf("%s was written to after %v", router, at)
			}
		}
		if took := time.Since(begin); took < 1400*time.Millisecond || took > 1500*time.Millisecond {
			t.Errorf("the slow one took %v", took)
		}
	})
}

// TestDegraded: a router that does not answer is behind; when it comes back it
// is blocked and rewritten without anybody asking, and never opened for the old
// server.
func TestDegraded(t *testing.T) {
	for _, how := range []string{"cut", "silent", "off"} {
		t.Run(how, func(t *testing.T) {
			on(t, 3, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) { degraded(t, s, a, how) })
		})
	}
}

func degraded(t *testing.T, s *stage.Stage, a *nat.Actuator, how string) {
	t.Helper()
	d := s.World.Device("r2")
	keep := traffic(s, "r2")
	switch how {
	case "cut":
		s.Wire.Kill("r2")
	case "silent":
		d.Faults().Stall(true)
	case "off":
		d.PowerOff()
		s.Wire.Kill("r2")
	}
	begin := time.Now()
	if r, err := a.Block(t.Context(), target(4, stage.Main)); !errors.Is(err, actuator.ErrBehind) || r.Router("r3").State != actuator.Proven {
		t.Fatal(r, err)
	}
	r, err := a.Ensure(t.Context(), target(4, stage.Backup))
	if !errors.Is(err, actuator.ErrBehind) {
		t.Fatal(r, err)
	}
	if x := r.Router("r2"); x.State != actuator.Behind || x.Reason != actuator.Unreachable {
		t.Errorf("%v", x)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("two calls took %v", took)
	}
	leads(s, "r1", 4, stage.Backup, "main")
	if b := a.Behind(); len(b) != 1 || b[0].Router != "r2" {
		t.Errorf("behind: %v", b)
	}
	time.Sleep(10 * time.Minute) // For ever is longer than any number of attempts.
	switch how {
	case "cut":
		s.Wire.Revive("r2")
	case "silent":
		d.Faults().Stall(false)
	case "off":
		d.PowerOn()
		s.Wire.Revive("r2")
	}
	time.Sleep(20 * time.Second)
	leads(s, "r2", 4, stage.Backup, "main")
	if got := s.Entries("r2"); !slices.Equal(got, keep) {
		t.Errorf("connections %v, want %v", got, keep)
	}
	if b := a.Behind(); len(b) != 0 {
		t.Errorf("still behind: %v", b)
	}
}

// TestHigherEpochAnywhere: a higher epoch on one router stops the write to all.
func TestHigherEpochAnywhere(t *testing.T) {
	on(t, 3, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		id := s.Row("r3", menuNAT, tunnel.TargetMark("erp"))[".id"]
		s.Do("r3", menuNAT+"/set", "=.id="+id, "=comment="+actuator.Stamp(tunnel.TargetMark("erp"), 100))
		r, err := a.Ensure(t.Context(), target(99, stage.Backup))
		if !errors.Is(err, actuator.ErrSuperseded) || r.HighestEpoch() != 100 {
			t.Errorf("%v %v", r.Routers, err)
		}
		for _, router := range []string{"r1", "r2"} {
			leads(s, router, 0, stage.Main)
		}
		leads(s, "r3", 100, stage.Main)
		if len(a.Behind()) != 0 {
			t.Error("it would be tried again")
		}
		if _, err := a.Ensure(t.Context(), target(101, stage.Backup)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Ensure(t.Context(), target(100, stage.Main)); !errors.Is(err, actuator.ErrSuperseded) {
			t.Errorf("our own past: %v", err)
		}
		leads(s, "r1", 101, stage.Backup)
	})
}

// TestEpochInTheGap: a higher epoch that is written between our reading and our
// writing is put back.
func TestEpochInTheGap(t *testing.T) {
	on(t, 1, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		once := true
		s.Wire.Before(func(router string, paths []string) {
			if !once || !stage.Changes(paths) {
				return
			}
			once = false
			row := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))
			s.Do("r1", menuNAT+"/set", "=.id="+row[".id"], "=to-addresses="+stage.Standby.String(), "=comment="+actuator.Stamp(row["comment"], 50))
		})
		r, err := a.Ensure(t.Context(), target(49, stage.Backup))
		if !errors.Is(err, actuator.ErrSuperseded) {
			t.Errorf("%v %v", r.Routers, err)
		}
		leads(s, "r1", 50, stage.Standby)
	})
}

// TestManyEpochs lets controllers with different epochs act on the same routers
// at once. In the end every router is as the highest wanted it, and nobody below
// it who acts once more believes to have won.
func TestManyEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage.New(t, stage.Topology(3, ""), "7.18.2", "7.24", "6.49.10")
		defer s.Close()
		s.Provision()
		const controllers = 8
		var wg sync.WaitGroup
		ensure := make([]func() error, controllers)
		for i := range controllers {
			a := nat.New(nat.Of(s.Service()), s.Connect(), nat.Options{})
			ensure[i] = func() error {
				_, err := a.Ensure(t.Context(), target(uint64(i+1), s.Service().Servers[i%3].Address))
				return err
			}
			wg.Go(func() {
				for range 3 {
					_ = ensure[i]() // Whoever is first of all has won until the next.
				}
			})
		}
		wg.Wait()
		top := s.Service().Servers[(controllers-1)%3].Address
		for _, router := range []string{"r1", "r2", "r3"} {
			leads(s, router, controllers, top)
		}
		for i := range ensure {
			err := ensure[i]()
			if won := i == controllers-1; won && err != nil || !won && !errors.Is(err, actuator.ErrSuperseded) {
				t.Errorf("controller %d: %v", i+1, err)
			}
			leads(s, "r2", controllers, top)
		}
	})
}
