package nat_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover/actuator"
	"jembatan/failover/actuator/internal/stage"
	"jembatan/failover/actuator/nat"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

const (
	menuNAT    = "/ip/firewall/nat"
	menuFilter = "/ip/firewall/filter"
)

// on plays f on n routers of a release, in a bubble, with the actuator's Run
// under way.
func on(t *testing.T, n int, version string, f func(t *testing.T, s *stage.Stage, a *nat.Actuator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stage.New(t, stage.Topology(n, ""), version)
		defer s.Close()
		s.Provision()
		a := nat.New(nat.Of(s.Service()), s.Connect(), nat.Options{})
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

// leads checks to whom a router leads clients, and whom it blocks.
func leads(s *stage.Stage, router string, epoch uint64, to netip.Addr, blocked ...string) {
	s.Helper()
	row := s.Row(router, menuNAT, tunnel.TargetMark("erp"))
	if row["to-addresses"] != to.String() || row["disabled"] == "true" {
		s.Errorf("%s leads to %s (disabled %s), want %v", router, row["to-addresses"], row["disabled"], to)
	}
	if got, _ := actuator.EpochOf(row["comment"]); got != epoch {
		s.Errorf("%s: comment %q, want epoch %d", router, row["comment"], epoch)
	}
	for _, server := range s.Service().Servers {
		block := s.Row(router, menuFilter, tunnel.BlockMark("erp", server.Name))
		if on := block["disabled"] != "true"; on != slices.Contains(blocked, server.Name) {
			s.Errorf("%s: block of %s is %v", router, server.Name, on)
		}
	}
}

// traffic gives a router three stale connections for a move to the backup, and
// five that must stay. It returns the ids of those.
func traffic(s *stage.Stage, router string) []string {
	for i := range 3 {
		s.Entry(router, fmt.Sprintf("203.0.113.%d:50000", i+1), []uint16{80, 3306, 80}[i], stage.Main)
	}
	d := s.World.Device(router)
	elsewhere := func(words ...string) string {
		m := map[string]string{"protocol": "tcp", "tcp-state": "established"}
		for i := 0; i < len(words); i += 2 {
			m[words[i]] = words[i+1]
		}
		return d.AddConnection(m)
	}
	public := s.Service().Switch.Public(router).String()
	return []string{
		// One that leads to the backup already.
		s.Entry(router, "203.0.113.9:50000", 80, stage.Backup),
		// The controller's own session with the main database.
		elsewhere("src-address", "192.0.2.1", "src-port", "40000", "dst-address", stage.Main.String(), "dst-port", "3306",
			"reply-src-address", stage.Main.String(), "reply-src-port", "3306"),
		// Another port of the public address.
		elsewhere("src-address", "203.0.113.9", "src-port", "40001", "dst-address", public, "dst-port", "8080",
			"reply-src-address", stage.Main.String(), "reply-src-port", "8080"),
		// The same server behind the address of another service.
		elsewhere("src-address", "203.0.113.9", "src-port", "40002", "dst-address", "198.51.100.200", "dst-port", "80",
			"reply-src-address", stage.Main.String(), "reply-src-port", "80"),
		// Not TCP.
		d.AddConnection(map[string]string{
			"protocol": "udp", "src-address": "203.0.113.9", "src-port": "40003", "dst-address": public, "dst-port": "80",
			"reply-src-address": stage.Main.String(), "reply-src-port": "80",
		}),
	}
}

// TestEveryRelease goes through a failover and a failback on routers of each
// release: rules rewritten and proven, exactly the stale connections deleted.
func TestEveryRelease(t *testing.T) {
	for _, v := range emulator.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			on(t, 2, v.String(), func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
				leads(s, "r1", 0, stage.Main)
				keep := map[string][]string{}
				for _, r := range []string{"r1", "r2"} {
					keep[r] = traffic(s, r)
				}
				r, err := a.Block(t.Context(), target(7, stage.Main))
				if err != nil || !r.Proven() {
					t.Fatalf("%+v %v", r, err)
				}
				for _, x := range r.Routers {
					if x.Removed != 3 || x.Stale != 0 || x.Trips > 3 || !slices.Equal(x.Blocked, []netip.Addr{stage.Main}) {
						t.Errorf("block: %+v", x)
					}
				}
				leads(s, "r1", 0, stage.Main, "main")
				r, err = a.Ensure(t.Context(), target(7, stage.Backup))
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range r.Routers {
					if x.Removed != 0 || x.Server != stage.Backup || x.Epoch != 7 || x.Trips != 2 {
						t.Errorf("ensure: %+v", x)
					}
					leads(s, x.Router, 7, stage.Backup, "main")
					if d := cmp.Diff(keep[x.Router], s.Entries(x.Router)); d != "" {
						t.Errorf("%s: connections (-want +got):\n%s", x.Router, d)
					}
				}
				if p := s.Plan(false); !p.Empty() {
					t.Errorf("after a failover the plan is not empty:\n%s", p.Text(plan.Style{}))
				}
				if r, err := a.Check(t.Context(), target(7, stage.Backup)); err != nil || !r.Proven() {
					t.Errorf("check: %+v %v", r, err)
				}
				if _, err = a.Ensure(t.Context(), target(9, stage.Main)); err != nil {
					t.Fatal(err)
				}
				leads(s, "r2", 9, stage.Main)
				s.Apply(s.Plan(true))
				for _, menu := range []string{menuNAT, menuFilter} {
					if rows := s.Do("r1", menu+"/print"); len(rows) != 0 {
						t.Errorf("destroyed, and %s still has %v", menu, rows)
					}
				}
			})
		})
	}
}

// A client that comes between the listing and the rewrite is caught by the
// listing behind it.
func TestLateEntries(t *testing.T) {
	on(t, 1, "7.20.8", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		late := 2
		s.Wire.Before(func(router string, paths []string) {
			if late > 0 && stage.Changes(paths) {
				late--
				s.Entry(router, fmt.Sprintf("203.0.113.7:%d", 50000+late), 80, stage.Main)
			}
		})
		r, err := a.Ensure(t.Context(), target(1, stage.Backup))
		if err != nil {
			t.Fatal(err)
		}
		if x := r.Routers[0]; x.Removed != 2 || x.Stale != 0 || len(s.Entries("r1")) != 0 {
			t.Errorf("%+v, left %v", x, s.Entries("r1"))
		}
	})
}

// Many connections go in few sentences, and one that goes by itself meanwhile
// does not keep the others.
func TestManyEntries(t *testing.T) {
	for _, n := range []int{5, 2000} {
		on(t, 1, "7.18.2", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
			var first string
			for i := range n {
				id := s.Entry("r1", fmt.Sprintf("203.0.113.%d:%d", i%250+1, 1024+i), 3306, stage.Main)
				if i == 1 {
					first = id
				}
			}
			once := true
			s.Wire.Before(func(router string, paths []string) {
				if once && stage.Changes(paths) {
					once = false
					s.Do(router, "/ip/firewall/connection/remove", "=.id="+first)
				}
			})
			r, err := a.Ensure(t.Context(), target(1, stage.Backup))
			if err != nil || len(s.Entries("r1")) != 0 {
				t.Errorf("%d entries: %+v %v, left %d", n, r.Routers, err, len(s.Entries("r1")))
			}
		})
	}
}

// Rules that somebody removed and added again have other ids.
func TestIDsThatMoved(t *testing.T) {
	on(t, 1, "7.16.1", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		if _, err := a.Ensure(t.Context(), target(1, stage.Backup)); err != nil {
			t.Fatal(err)
		}
		row := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))
		s.Do("r1", menuNAT+"/add", "=chain=srcnat", "=action=masquerade", "=comment=somebody's")
		s.Do("r1", menuNAT+"/remove", "=.id="+row[".id"])
		if r, err := a.Ensure(t.Context(), target(1, stage.Standby)); err == nil || r.Routers[0].Reason != actuator.NoRule {
			t.Errorf("%v %v", r.Routers, err)
		}
		s.Provision()
		if _, err := a.Ensure(t.Context(), target(1, stage.Standby)); err != nil {
			t.Fatal(err)
		}
		leads(s, "r1", 1, stage.Standby)
		s.Do("r1", menuNAT+"/add", "=chain=dstnat", "=action=accept", "=comment="+tunnel.TargetMark("erp"))
		if r, err := a.Check(t.Context(), target(1, stage.Standby)); err == nil || r.Routers[0].Reason != actuator.TwoRules {
			t.Errorf("%v %v", r.Routers, err)
		}
		if r, err := a.Ensure(t.Context(), target(1, stage.Main)); err == nil || r.Routers[0].Reason != actuator.TwoRules {
			t.Errorf("%v %v", r.Routers, err)
		}
	})
}

// A person's remark behind the mark stays; an epoch that is no number stops us.
func TestComments(t *testing.T) {
	on(t, 1, "7.24", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		id := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))[".id"]
		s.Do("r1", menuNAT+"/set", "=.id="+id, "=comment="+tunnel.TargetMark("erp")+" ticket 7")
		if _, err := a.Ensure(t.Context(), target(3, stage.Backup)); err != nil {
			t.Fatal(err)
		}
		if got := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))["comment"]; got != "jembatan:erp/dnat epoch=3 ticket 7" {
			t.Errorf("comment %q", got)
		}
		s.Do("r1", menuNAT+"/set", "=.id="+id, "=comment="+tunnel.TargetMark("erp")+" epoch=many")
		r, err := a.Ensure(t.Context(), target(3, stage.Main))
		if err == nil || r.Routers[0].Reason != actuator.EpochUnreadable {
			t.Errorf("%v %v", r.Routers, err)
		}
		leadsTo := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))["to-addresses"]
		if leadsTo != stage.Backup.String() {
			t.Errorf("it was rewritten to %s", leadsTo)
		}
	})
}

// What belongs to the topology is not guessed at.
func TestRuleChanged(t *testing.T) {
	on(t, 1, "7.10.2", func(t *testing.T, s *stage.Stage, a *nat.Actuator) {
		id := s.Row("r1", menuNAT, tunnel.TargetMark("erp"))[".id"]
		s.Do("r1", menuNAT+"/set", "=.id="+id, "=dst-port=81")
		r, err := a.Ensure(t.Context(), target(1, stage.Backup))
		if !errors.Is(err, actuator.ErrBehind) || r.Routers[0].Reason != actuator.RuleChanged {
			t.Errorf("%v %v", r.Routers, err)
		}
		if c := s.Plan(false).Counts(); c.Set != 1 {
			t.Errorf("the plan repairs it with %+v", c)
		}
		s.Provision()
		time.Sleep(time.Minute) // Run finds it repaired.
		leads(s, "r1", 1, stage.Backup)
	})
}

// The probe through the public address is part of the proof when there is one.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage.New(t, stage.Topology(2, ""), "7.16.1")
		defer s.Close()
		s.Provision()
		a := nat.New(nat.Of(s.Service()), s.Connect(), nat.Options{Probe: func(_ context.Context, router string, public netip.Addr) error {
			if public != s.Service().Switch.Public(router) {
				t.Errorf("%s is asked at %v", router, public)
			}
			if router == "r2" {
				return errors.New("connection refused")
			}
			return nil
		}})
		r, err := a.Ensure(t.Context(), target(1, stage.Backup))
		if !errors.Is(err, actuator.ErrBehind) || r.Router("r1").State != actuator.Proven || r.Router("r2").Reason != actuator.ProbeFailed {
			t.Errorf("%v %v", r.Routers, err)
		}
	})
}
