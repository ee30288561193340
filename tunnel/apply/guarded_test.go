package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// Two sites as they were, and as they shall be: the change adds, sets and
// removes on both routers.
const (
	siteBefore = `
version: 1
credentials: {user: admin, password: {env: P}, tls: off}
routers:
  jkt:
    address: 198.51.100.1
    uplinks: {metro: {address: 198.51.100.1}, lte: {address: 203.0.113.1}}
  sby:
    address: 198.51.100.2
    uplinks: {metro: {address: 198.51.100.2}, lte: {address: 203.0.113.2}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether5]}, sby: {ports: [ether5]}}
    tunnels: {mtu: 1400, keepalive: "1s,3", redundancy: none}
`
	twoSites = `
version: 1
credentials: {user: admin, password: {env: P}, tls: off}
routers:
  jkt:
    address: 198.51.100.1
    uplinks: {metro: {address: 198.51.100.1}, lte: {address: 203.0.113.1}}
  sby:
    address: 198.51.100.2
    uplinks: {metro: {address: 198.51.100.2}, lte: {address: 203.0.113.2}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether5]}, sby: {ports: [ether4]}}
    tunnels: {mtu: auto, keepalive: "1s,3", redundancy: bond}
`
)

// A guardCase is a release and the kinds that it lets be used.
type guardCase struct {
	name, version string
	kinds         []guard.Kind
}

func guardCases() []guardCase {
	return []guardCase{
		{"safe mode", "7.24", []guard.Kind{guard.SafeMode}},
		{"scheduler", "7.16.1", []guard.Kind{guard.Scheduler}},
		{"scheduler on RouterOS 6", "6.49.10", []guard.Kind{guard.Scheduler}},
		{"none", "7.20.8", []guard.Kind{guard.Unguarded}},
	}
}

const holder = "anna@mgmt[7]"

func (b *bench) fresh(ctx context.Context, router string) (routeros.Caller, func(), error) {
	t := b.targets[router]
	s, err := routeros.Dial(ctx, t.Addr, t.Options)
	if err != nil {
		return nil, nil, err
	}
	return s, func() { _ = s.Close() }, nil
}

// guarded locks, carries p out under guards, and unlocks.
func (b *bench) guarded(p *plan.Plan, g apply.GuardOptions) (*apply.Result, error) {
	ctx := b.Context()
	var routers []string
	for _, s := range p.Routers {
		routers = append(routers, s.Name)
	}
	unlock, err := apply.Lock(ctx, b.connect, routers, holder)
	if err != nil {
		return nil, err
	}
	g.ID, g.Holder, g.Fresh, g.Before = "test", holder, b.fresh, b.observe()
	r, err := apply.Guarded(ctx, p, b.connect, secret, b.opts, g)
	if uerr := unlock(ctx); uerr != nil || err != nil {
		return r, errors.Join(err, uerr)
	}
	if end, ok := r.End(); ok && g.Record != nil {
		err = g.Record(end)
	}
	return r, err
}

// change makes the bench a network that runs as siteBefore says, with twoSites
// still to be applied.
func (b *bench) change() *plan.Plan {
	b.Helper()
	after := b.topology
	b.topology = parse(b.T, siteBefore)
	b.settled()
	b.topology = after
	return b.plan()
}

// sorted puts the rows of each menu of exports in order: a row that was removed
// and added again stands at another place.
func sorted(exports map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range exports {
		sections := strings.Split(text, "\n/")
		for i, s := range sections {
			head, rows, _ := strings.Cut(s, "\n")
			lines := strings.Split(strings.TrimSpace(rows), "\n")
			slices.Sort(lines)
			sections[i] = head + "\n" + strings.Join(lines, "\n")
		}
		out[name] = strings.Join(sections, "\n/")
	}
	return out
}

// planned is what the exports are after an apply that nothing disturbs.
func planned(t *testing.T, version string) map[string]string {
	t.Helper()
	var out map[string]string
	onBench(t, version, twoSites, func(b *bench) {
		if r := b.run(b.change()); r.Count(apply.Applied) != len(r.Units) {
			b.Fatalf("%+v", r.Units)
		}
		out = sorted(b.exports())
	})
	return out
}

// TestGuarded carries the change out under every kind of guard, and finds
// nothing left of it but the change.
func TestGuarded(t *testing.T) {
	for _, c := range guardCases() {
		t.Run(c.name, func(t *testing.T) {
			want := planned(t, c.version)
			onBench(t, c.version, twoSites, func(b *bench) {
				r, err := b.guarded(b.change(), apply.GuardOptions{Kinds: c.kinds})
				if err != nil || r.RolledBack != nil || len(r.Alarms) > 0 || r.Count(apply.Applied) != len(r.Units) {
					b.Fatalf("%v, rolled back %v, alarms %v, %+v", err, r.RolledBack, r.Alarms, r.Units)
				}
				for _, g := range r.Guards {
					if g.Kind != c.kinds[0] {
						b.Errorf("%s is guarded by %v", g.Router, g.Kind)
					}
				}
				time.Sleep(time.Hour)
				if d := cmp.Diff(want, sorted(b.exports())); d != "" {
					b.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// TestGuardHeals lets the controller vanish in the middle of the change; each
// router is as it was within the guard's time, by itself.
func TestGuardHeals(t *testing.T) {
	for _, c := range guardCases()[:3] {
		t.Run(c.name, func(t *testing.T) {
			for n := 1; ; n++ {
				done := false
				onBench(t, c.version, twoSites, func(b *bench) {
					p := b.change()
					was := sorted(b.exports())
					count := 0
					b.wire.breaks = func(_, path string, _ int) breakage {
						if writes(path) && strings.HasPrefix(path, "/interface") {
							if count++; count == n {
								go b.wire.kill("")
							}
						}
						return fine
					}
					b.opts = apply.Options{UndoTimeout: 2 * time.Second, StepTimeout: time.Second}
					_, _ = b.guarded(p, apply.GuardOptions{Kinds: c.kinds, For: time.Minute})
					if done = count < n; done {
						return
					}
					time.Sleep(time.Minute)
					if d := cmp.Diff(was, withoutLock(sorted(b.exports()))); d != "" {
						b.Errorf("killed at write %d (-want +got):\n%s", n, d)
					}
				})
				if done || n > 60 {
					t.Logf("%d writes", n-1)
					break
				}
			}
		})
	}
}

// withoutLock leaves out the lock, which ends by itself in half an hour.
func withoutLock(exports map[string]string) map[string]string {
	for name, text := range exports {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.Contains(line, guard.LockName) })
		exports[name] = strings.Replace(strings.Join(lines, "\n"), "\n/system/script\n/", "\n/", 1)
	}
	return exports
}

// TestRebootUnderGuard lets a router reboot when the controller is gone: its
// scheduler waits once more, and takes the change back.
func TestRebootUnderGuard(t *testing.T) {
	onBench(t, "7.16.1", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		count := 0
		b.wire.breaks = func(_, path string, _ int) breakage {
			if writes(path) && strings.HasPrefix(path, "/interface") {
				if count++; count == 9 {
					go b.wire.kill("")
				}
			}
			return fine
		}
		b.opts = apply.Options{UndoTimeout: 2 * time.Second, StepTimeout: time.Second}
		_, _ = b.guarded(p, apply.GuardOptions{For: 2 * time.Minute})
		sby := b.world.Device("sby")
		sby.PowerOff()
		time.Sleep(time.Hour)
		sby.PowerOn()
		if d := cmp.Diff(was["sby"], withoutLock(sorted(b.exports()))["sby"]); d == "" {
			b.Error("the change had not begun on the router that reboots")
		}
		time.Sleep(2*time.Minute + time.Second)
		if d := cmp.Diff(was, withoutLock(sorted(b.exports()))); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}
