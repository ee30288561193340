package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
)

// TestGuardChoice finds out by trying which guard each router supports.
func TestGuardChoice(t *testing.T) {
	for _, c := range []struct {
		name, version, src string
		prepare            func(b *bench)
		want               guard.Kind
		passed             string
	}{
		{name: "safe mode where there is one", version: "7.18.2", src: twoSites, want: guard.SafeMode},
		{name: "else the scheduler", version: "7.16.1", src: twoSites, want: guard.Scheduler, passed: "safe mode: this release has none over the API"},
		{name: "RouterOS 6", version: "6.49.10", src: twoSites, want: guard.Scheduler, passed: "safe mode: this release has none over the API"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBench(t, c.version, c.src, func(b *bench) {
				r, err := b.guarded(b.change(), apply.GuardOptions{})
				if err != nil || r.Count(apply.Applied) != len(r.Units) {
					b.Fatalf("%v %+v", err, r)
				}
				for _, g := range r.Guards {
					if got := strings.Join(g.Passed, "; "); g.Kind != c.want || got != c.passed {
						b.Errorf("%s: %v, passed %q", g.Router, g.Kind, got)
					}
				}
			})
		})
	}
}

// TestCannotBeGuarded refuses, with the reason of every kind, and leaves the
// routers as they were.
func TestCannotBeGuarded(t *testing.T) {
	withSecret := strings.Replace(twoSites, "mtu: auto,", "mtu: auto, ipsec: {secret: {env: PSK}},", 1)
	for _, c := range []struct {
		name, src, mode string
		destroy         bool
		want            string
	}{
		{name: "device-mode home", src: twoSites, mode: "home", want: "scheduler: failure: not allowed by device-mode"},
		{name: "a secret that would be lost", src: withSecret, destroy: true, want: "needs its secret, which is not written into scripts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onModes(t, "7.16.1", c.mode, c.src, func(b *bench) {
				p := b.plan()
				if c.destroy {
					b.settled()
					p = b.planDestroy()
				}
				before := b.exports()
				_, err := b.guarded(p, apply.GuardOptions{})
				if refused, ok := errors.AsType[*guard.RefusedError](err); !ok || !strings.Contains(err.Error(), c.want) {
					b.Errorf("%v %v", refused, err)
				}
				if d := cmp.Diff(before, b.exports()); d != "" {
					b.Errorf("refused, and yet (-want +got):\n%s", d)
				}
				r, err := b.guarded(p, apply.GuardOptions{Kinds: []guard.Kind{guard.SafeMode, guard.Scheduler, guard.Unguarded}})
				if err != nil || r.Count(apply.Applied) != len(r.Units) {
					b.Errorf("told to go on unguarded: %v %+v", err, r)
				}
			})
		})
	}
}

// TestSafeModeOfOthers names whoever is in safe mode; a hold of a session that
// has just died is waited for.
func TestSafeModeOfOthers(t *testing.T) {
	onBench(t, "7.24", twoSites, func(b *bench) {
		p := b.change()
		c, hangUp, err := b.fresh(b.Context(), "sby")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := routeros.Command(b.Context(), c, "/safe-mode/take", nil); err != nil {
			b.Fatal(err)
		}
		before := b.exports()
		_, err = b.guarded(p, apply.GuardOptions{})
		if held, ok := errors.AsType[*guard.HeldError](err); !ok || held.Router != "sby" || held.User != "admin" {
			b.Errorf("%v", err)
		}
		if d := cmp.Diff(before, b.exports()); d != "" {
			b.Errorf("refused, and yet (-want +got):\n%s", d)
		}
		hangUp()
		r, err := b.guarded(p, apply.GuardOptions{})
		if err != nil || r.Count(apply.Applied) != len(r.Units) {
			b.Errorf("the holder has gone: %v %+v", err, r)
		}
	})
}

// TestManyCommands has more commands for one router than safe mode takes back.
func TestManyCommands(t *testing.T) {
	onBench(t, "7.24", hub(40), func(b *bench) {
		before := b.exports()
		r, err := b.guarded(b.plan(), apply.GuardOptions{})
		if err != nil || r.Count(apply.Applied) != len(r.Units) {
			b.Fatalf("%v %+v", err, r)
		}
		for _, g := range r.Guards {
			want := guard.SafeMode
			if g.Router == "r0" {
				want = guard.Scheduler
			}
			if g.Kind != want {
				b.Errorf("%s: %v, passed %v", g.Router, g.Kind, g.Passed)
			}
		}
		b.destroy()
		if d := cmp.Diff(before, b.exports()); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}

// TestTunnelsMustRun undoes a change whose tunnels do not come up, unless told
// that they need not.
func TestTunnelsMustRun(t *testing.T) {
	onBench(t, "7.24", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		for _, r := range []string{"jkt", "sby"} {
			for _, u := range b.topology.Routers {
				if u.Name != r {
					continue
				}
				lte, _ := u.Uplink("lte")
				other := map[string]string{"jkt": "sby", "sby": "jkt"}[r]
				o, _ := b.topology.Router(other)
				peer, _ := o.Uplink("lte")
				b.world.CutPath(lte.Address, peer.Address)
			}
		}
		r, err := b.guarded(p, apply.GuardOptions{VerifyTimeout: 20 * time.Second})
		if err != nil || r.RolledBack == nil || !strings.Contains(r.RolledBack.Error(), "eoip-servers-sby-lte not running") {
			b.Errorf("%v, %+v", err, r)
		}
		if d := cmp.Diff(was, sorted(b.exports())); d != "" {
			b.Errorf("undone, and yet (-want +got):\n%s", d)
		}
		if r, err = b.guarded(b.plan(), apply.GuardOptions{AllowDown: true}); err != nil || r.RolledBack != nil {
			b.Errorf("%v, %+v", err, r)
		}
	})
}

// TestSlowRouter undoes what is not done in time, before the guards do.
func TestSlowRouter(t *testing.T) {
	onBench(t, "7.16.1", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		b.world.Device("sby").Faults().Latency(3*time.Second, 0, 1)
		r, err := b.guarded(p, apply.GuardOptions{For: 40 * time.Second})
		b.world.Device("sby").Faults().Clear()
		if err != nil || r.Count(apply.Applied) != 0 {
			b.Errorf("%v %+v", err, r)
		}
		time.Sleep(time.Minute)
		if d := cmp.Diff(was, sorted(b.exports())); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}

// hub is a topology of one hub with n spokes.
func hub(n int) string {
	var routers, members strings.Builder
	for i := range n + 1 {
		fmt.Fprintf(&routers, "  r%d: {address: 198.51.100.%d, uplinks: {wan: {address: 198.51.100.%d}}}\n", i, i+1, i+1)
		fmt.Fprintf(&members, "      r%d: {ports: [ether5]}\n", i)
	}
	return "version: 1\ncredentials: {user: admin, password: {env: P}, tls: off}\nrouters:\n" + routers.String() +
		"segments:\n  lan:\n    subnet: 10.0.0.0/16\n    bridge: br-lan\n    shape: hub\n    hubs: [r0]\n    members:\n" + members.String() +
		"    tunnels: {keepalive: \"1s,3\"}\n"
}
