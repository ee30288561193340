package vrrp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover/actuator"
	"jembatan/failover/actuator/internal/stage"
	"jembatan/failover/actuator/nat"
	"jembatan/failover/actuator/vrrp"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

const menu = "/interface/vrrp"

// on plays f on n routers of a release whose service is moved by VRRP, r1 being
// master, with the actuator's Run under way.
func on(t *testing.T, n int, version string, opts vrrp.Options, f func(t *testing.T, s *stage.Stage, a *vrrp.Actuator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stage.New(t, stage.Topology(n, "1s"), version)
		defer s.Close()
		s.Provision()
		for i := range n {
			s.Do(fmt.Sprintf("r%d", i+1), "/ip/address/add", fmt.Sprintf("=address=192.168.50.%d/24", 200+i), "=interface=br-servers")
		}
		time.Sleep(20 * time.Second)
		if got := masters(s); got != "r1" {
			t.Fatalf("masters after the start: %q", got)
		}
		a := vrrp.New(vrrp.Of(s.Service()), s.Connect(), opts)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Run: %v", err)
			}
		}()
		f(t, s, a)
	})
}

func target(epoch uint64, server netip.Addr) actuator.Target {
	return actuator.Target{Service: "erp", Epoch: epoch, Server: server}
}

func masters(s *stage.Stage) string {
	s.Helper()
	var out []string
	for _, d := range s.World.Devices() {
		if rows, err := d.Do(menu + "/print"); err == nil && len(rows) > 0 && rows[0]["master"] == "true" {
			out = append(out, d.Name())
		}
	}
	return strings.Join(out, " ")
}

// place checks a router's instance.
func place(s *stage.Stage, router string, epoch uint64, priority, preempts string) {
	s.Helper()
	row := s.Row(router, menu, tunnel.VRRPMark("erp"))
	got, _ := actuator.EpochOf(row["comment"])
	if got != epoch || row["priority"] != priority || row["preemption-mode"] != preempts || row["disabled"] == "true" {
		s.Errorf("%s: %v, want epoch %d, priority %s, preemption %s", router, row, epoch, priority, preempts)
	}
}

// TestEveryRelease moves the address and back on routers of each release, by
// both modes, and finds nothing for the plan to do.
func TestEveryRelease(t *testing.T) {
	for _, v := range emulator.Versions() {
		for _, mode := range []vrrp.Mode{vrrp.Fast, vrrp.Gentle} {
			t.Run(v.String()+" "+mode.String(), func(t *testing.T) {
				on(t, 3, v.String(), vrrp.Options{Mode: mode}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
					begin := time.Now()
					r, err := a.Ensure(t.Context(), target(5, stage.Backup))
					took := time.Since(begin)
					if err != nil || !r.Router("r2").Master || masters(s) != "r2" {
						t.Fatalf("%v %v, masters %q", r.Routers, err, masters(s))
					}
					// Skew of priority 250 is 6/256 s; without the goodbye 3 s more.
					if limit := map[vrrp.Mode]time.Duration{vrrp.Fast: 60 * time.Millisecond, vrrp.Gentle: 3200 * time.Millisecond}[mode]; took > limit {
						t.Errorf("the move took %v", took)
					}
					t.Logf("moved in %v", took)
					place(s, "r1", 5, "200", "false")
					place(s, "r2", 5, "250", "true")
					place(s, "r3", 5, "190", "false")
					if p := s.Plan(false); !p.Empty() {
						t.Errorf("after a move the plan is not empty:\n%s", p.Text(plan.Style{}))
					}
					time.Sleep(time.Minute)
					if r, err := a.Check(t.Context(), target(5, stage.Backup)); err != nil || masters(s) != "r2" {
						t.Errorf("a minute later: %v %v, masters %q", r.Routers, err, masters(s))
					}
					if _, err := a.Ensure(t.Context(), target(6, stage.Main)); err != nil || masters(s) != "r1" {
						t.Errorf("back: %v, masters %q", err, masters(s))
					}
					s.Apply(s.Plan(true))
					for _, menu := range []string{menu, "/ip/firewall/nat"} {
						if rows := s.Do("r1", menu+"/print"); len(rows) != 0 {
							t.Errorf("destroyed, and %s still has %v", menu, rows)
						}
					}
				})
			})
		}
	}
}

// TestEmergency: the master is gone, or only its API is; the chosen router takes
// over without it, and it falls in line when it comes back.
func TestEmergency(t *testing.T) {
	for _, how := range []string{"power off", "API dead"} {
		t.Run(how, func(t *testing.T) {
			on(t, 3, "7.16.1", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
				s.Wire.Kill("r1")
				if how == "power off" {
					s.World.Device("r1").PowerOff()
				}
				begin := time.Now()
				r, err := a.Ensure(t.Context(), target(5, stage.Backup))
				if !errors.Is(err, actuator.ErrBehind) || r.Router("r2").State != actuator.Proven || r.Router("r1").Reason != actuator.Unreachable {
					t.Fatalf("%v %v", r.Routers, err)
				}
				if took := time.Since(begin); took > 4500*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if masters(s) != "r2" {
					t.Errorf("masters %q", masters(s))
				}
				time.Sleep(10 * time.Minute)
				s.World.Device("r1").PowerOn()
				s.Wire.Revive("r1")
				time.Sleep(30 * time.Second)
				place(s, "r1", 5, "200", "false")
				if masters(s) != "r2" || len(a.Behind()) != 0 {
					t.Errorf("after the return masters %q, behind %v", masters(s), a.Behind())
				}
			})
		})
	}
}

// TestBothMasters: the segment is cut, each side has a master. It is seen, and
// nothing is changed.
func TestBothMasters(t *testing.T) {
	on(t, 2, "7.18.2", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
		s.World.CutBoth(netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"))
		time.Sleep(20 * time.Second)
		if masters(s) != "r1 r2" {
			t.Fatalf("masters %q", masters(s))
		}
		before := s.World.Device("r1").Export() + s.World.Device("r2").Export()
		for _, server := range []netip.Addr{stage.Main, stage.Backup} {
			r, err := a.Ensure(t.Context(), target(5, server))
			if !errors.Is(err, actuator.ErrHeld) || r.Router("r1").Reason != actuator.BothMasters || r.Router("r2").Reason != actuator.BothMasters {
				t.Errorf("%v %v", r.Routers, err)
			}
			if _, err := a.Check(t.Context(), target(5, server)); !errors.Is(err, actuator.ErrHeld) {
				t.Errorf("check: %v", err)
			}
		}
		if after := s.World.Device("r1").Export() + s.World.Device("r2").Export(); after != before {
			t.Error("something was changed")
		}
		s.World.RestoreBoth(netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"))
		time.Sleep(20 * time.Second)
		if r, err := a.Ensure(t.Context(), target(5, stage.Backup)); err != nil || masters(s) != "r2" {
			t.Errorf("healed: %v %v, masters %q", r.Routers, err, masters(s))
		}
	})
}

// TestMismatch: routers with different intervals do not hear each other.
func TestMismatch(t *testing.T) {
	on(t, 2, "7.24", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
		s.Do("r2", menu+"/set", "=.id=vrrp-erp", "=interval=2s")
		r, err := a.Ensure(t.Context(), target(5, stage.Backup))
		if !errors.Is(err, actuator.ErrHeld) || r.Router("r1").Reason != actuator.Mismatched {
			t.Errorf("%v %v", r.Routers, err)
		}
		place(s, "r2", 0, "195", "false")
	})
}

// TestCrashLeftovers: a controller died while the old master was disabled; the
// next one lets it take part again.
func TestCrashLeftovers(t *testing.T) {
	on(t, 3, "7.16.1", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
		s.Do("r1", menu+"/disable", "=.id=vrrp-erp")
		time.Sleep(5 * time.Second)
		if r, err := a.Check(t.Context(), target(0, stage.Backup)); err == nil {
			t.Errorf("check is content: %v", r.Routers)
		}
		if _, err := a.Ensure(t.Context(), target(5, stage.Backup)); err != nil {
			t.Fatal(err)
		}
		place(s, "r1", 5, "200", "false")
		if masters(s) != "r2" {
			t.Errorf("masters %q", masters(s))
		}
	})
}

// TestTakesPartAgain: the old master is enabled again whatever happens behind
// its goodbye; when its router goes silent just then, Run does it.
func TestTakesPartAgain(t *testing.T) {
	on(t, 2, "7.16.1", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
		n := 0
		s.Wire.Before(func(router string, paths []string) {
			if router == "r1" && stage.Changes(paths) {
				if n++; n == 1 {
					go func() { time.Sleep(time.Millisecond); s.Wire.Kill("r1") }()
				}
			}
		})
		r, err := a.Ensure(t.Context(), target(5, stage.Backup))
		if !errors.Is(err, actuator.ErrBehind) || r.Router("r2").State != actuator.Proven {
			t.Fatalf("%v %v", r.Routers, err)
		}
		time.Sleep(time.Minute)
		s.Wire.Revive("r1")
		time.Sleep(30 * time.Second)
		place(s, "r1", 5, "200", "false")
		if masters(s) != "r2" {
			t.Errorf("masters %q", masters(s))
		}
	})
}

// TestEpochs: a lower epoch changes nothing, wherever the higher one is seen,
// and one that comes in the gap is put back.
func TestEpochs(t *testing.T) {
	on(t, 3, "7.20.8", vrrp.Options{}, func(t *testing.T, s *stage.Stage, a *vrrp.Actuator) {
		stamp := func(router string, epoch uint64) {
			row := s.Row(router, menu, tunnel.VRRPMark("erp"))
			s.Do(router, menu+"/set", "=.id="+row[".id"], "=comment="+actuator.Stamp(row["comment"], epoch))
		}
		stamp("r3", 50)
		r, err := a.Ensure(t.Context(), target(49, stage.Backup))
		if !errors.Is(err, actuator.ErrSuperseded) || r.HighestEpoch() != 50 {
			t.Errorf("%v %v", r.Routers, err)
		}
		place(s, "r2", 0, "195", "false")
		once := true
		s.Wire.Before(func(router string, paths []string) {
			if once && router == "r2" && stage.Changes(paths) {
				once = false
				stamp("r2", 70)
			}
		})
		if r, err := a.Ensure(t.Context(), target(60, stage.Backup)); !errors.Is(err, actuator.ErrSuperseded) {
			t.Errorf("%v %v", r.Routers, err)
		}
		place(s, "r2", 70, "195", "false")
		if masters(s) != "r1" {
			t.Errorf("masters %q", masters(s))
		}
	})
}

// A server at a site that the switch is not on leaves the address where it is.
func TestServerElsewhere(t *testing.T) {
	on(t, 2, "7.16.1", vrrp.Options{}, func(t *testing.T, s *stage.Stage, _ *vrrp.Actuator) {
		service := vrrp.Of(s.Service())
		service.Sites[stage.Standby] = "r9"
		a := vrrp.New(service, s.Connect(), vrrp.Options{})
		if r, err := a.Ensure(t.Context(), target(5, stage.Standby)); err != nil || masters(s) != "r1" {
			t.Errorf("%v %v, masters %q", r.Routers, err, masters(s))
		}
		// Where clients are led is the NAT actuator's, on the virtual address.
		n := nat.New(nat.Of(s.Service()), s.Connect(), nat.Options{})
		s.Entry("r1", "192.168.50.77:50000", 80, stage.Main)
		if r, err := n.Ensure(t.Context(), target(5, stage.Standby)); err != nil || r.Router("r1").Removed != 1 {
			t.Errorf("%v %v", r.Routers, err)
		}
	})
}
