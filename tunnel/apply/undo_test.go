package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

var encrypted = strings.Replace(site, "mtu: auto,", "mtu: auto, ipsec: {secret: {env: PSK}},", 1)

// rotated is secret after somebody has changed the tunnels' one.
func rotated(ref tunnel.SecretRef) (routeros.Secret, error) {
	if ref.Env == "PSK" {
		return "a-new-one", nil
	}
	return secret(ref)
}

// planRotation is the plan that gives the tunnels another secret.
func (b *bench) planRotation() *plan.Plan {
	b.Helper()
	tokens, err := b.seal.Tokens(b.topology, rotated)
	if err != nil {
		b.Fatal(err)
	}
	p, err := plan.Diff(plan.Input{Topology: b.topology, Observed: b.observe(), Tokens: tokens})
	if err != nil || p.Counts().Set == 0 {
		b.Fatalf("%v, %+v", err, p)
	}
	return p
}

// failing calls fail before each call of a router, and fails it with its error.
func (b *bench) failing(fail func(router string, req routeros.Request) error) apply.Connect {
	return func(ctx context.Context, router string) (routeros.Caller, error) {
		c, err := b.connect(ctx, router)
		if err != nil {
			return nil, err
		}
		return failing{c, func(req routeros.Request) error { return fail(router, req) }}, nil
	}
}

type failing struct {
	routeros.Caller

	fail func(routeros.Request) error
}

func (f failing) Call(ctx context.Context, req routeros.Request) (routeros.Reply, error) {
	if err := f.fail(req); err != nil {
		return routeros.Reply{}, err
	}
	return f.Caller.Call(ctx, req)
}

// TestSecretIsNeverAToken rotates the secret of tunnels; one router does not
// answer when it is read before its step. Nothing was written there, and the
// undoing must not write either: least of all what the plan says the secret was.
func TestSecretIsNeverAToken(t *testing.T) {
	onBench(t, "7.22.3", encrypted, func(b *bench) {
		b.settled()
		p, was := b.planRotation(), b.exports()
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		var once atomic.Bool
		connect := b.failing(func(router string, req routeros.Request) error {
			if router == "sby" && req.Path == "/interface/eoip/print" && once.CompareAndSwap(false, true) {
				cancel()
				return context.Canceled
			}
			return nil
		})
		r := apply.Run(ctx, p, connect, rotated, b.opts)
		if r.Count(apply.Undone) == 0 || r.Count(apply.Stuck) > 0 {
			b.Errorf("%+v", r.Units)
		}
		if d := cmp.Diff(was["sby"], b.exports()["sby"]); d != "" {
			b.Errorf("nothing was written on sby, and yet (-want +got):\n%s", d)
		}
		for router, export := range b.exports() {
			if strings.Contains(export, "sealed:") {
				b.Errorf("a token of the plan is a secret on %s:\n%s", router, export)
			}
		}
	})
}

// TestSecretIsGivenBack rotates the secret, and undoes what was done.
func TestSecretIsGivenBack(t *testing.T) {
	onBench(t, "7.22.3", encrypted, func(b *bench) {
		b.settled()
		p, was := b.planRotation(), b.exports()
		b.world.Device("sby").Faults().TrapOnWrite("/interface/eoip", 2, "failure: no")
		r := apply.Run(b.Context(), p, b.connect, rotated, b.opts)
		b.world.Device("sby").Faults().Clear()
		if r.Count(apply.Undone) == 0 || r.Count(apply.Stuck) > 0 {
			b.Errorf("%+v", r.Units)
		}
		if d := cmp.Diff(was["sby"], b.exports()["sby"]); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}

// byOthers is what an operator has set on objects of ours.
func (b *bench) byOthers() {
	b.Helper()
	for _, words := range [][]string{
		{"/interface/bridge/set", "=.id=br-servers", "=vlan-filtering=yes", "=igmp-snooping=yes", "=pvid=7", "=ageing-time=1m"},
		{"/interface/eoip/set", "=.id=eoip-servers-jkt-metro", "=dscp=46", "=arp=proxy-arp", "=loop-protect=on"},
		{"/interface/bridge/port/set", "=.id=" + b.id("sby", "/interface/bridge/port", "interface", "ether5"), "=pvid=20", "=learn=no"},
	} {
		if _, err := b.world.Device("sby").Do(words[0], words[1:]...); err != nil {
			b.Fatal(err)
		}
	}
}

// id is that of the row of a router with that property.
func (b *bench) id(router, menu, name, value string) string {
	b.Helper()
	c, err := b.connect(b.Context(), router)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := routeros.Print(b.Context(), c, menu, nil, "?"+name+"="+value)
	if err != nil || len(rows) != 1 {
		b.Fatalf("%v, %v", rows, err)
	}
	return rows[0].ID()
}

// destroyInVain destroys everything under a guard and undoes it because the
// last look at jkt fails.
func (b *bench) destroyInVain(kind guard.Kind) *apply.Result {
	b.Helper()
	p := b.planDestroy()
	fresh := func(context.Context, string) (routeros.Caller, func(), error) {
		return nil, nil, errors.New("nobody answers")
	}
	r, err := apply.Guarded(b.Context(), p, b.connect, secret, b.opts, apply.GuardOptions{
		ID: "test", Holder: holder, Kinds: []guard.Kind{kind}, Fresh: fresh, Before: b.observe(),
	})
	if err != nil || r.RolledBack == nil {
		b.Fatalf("%v, %+v", err, r)
	}
	return r
}

// TestRemovalUndoneIsAllThatWas undoes the removal of objects on which an
// operator has set more than plans do: it is there again, and reported as undone.
func TestRemovalUndoneIsAllThatWas(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.16.1", "7.24"} {
		t.Run(version, func(t *testing.T) {
			onBench(t, version, site, func(b *bench) {
				b.settled()
				b.byOthers()
				was := sorted(b.exports())
				r := b.destroyInVain(guard.Unguarded)
				if n := r.Count(apply.Undone); n != len(r.Units) {
					b.Errorf("%d of %d units are undone: %+v", n, len(r.Units), r.Units)
				}
				if d := cmp.Diff(was, sorted(b.exports())); d != "" {
					b.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// TestRowsOfOthersPointNowhere undoes the removal of a bridge on which an
// address of an operator was. Nothing of ours may set that right: safe mode does,
// and else the person is told.
func TestRowsOfOthersPointNowhere(t *testing.T) {
	for kind, version := range map[guard.Kind]string{guard.SafeMode: "7.24", guard.Scheduler: "7.16.1", guard.Unguarded: "7.16.1"} {
		t.Run(kind.String(), func(t *testing.T) {
			onBench(t, version, site, func(b *bench) {
				b.settled()
				b.byOthers()
				for _, words := range [][]string{
					{"/ip/address/add", "=address=192.168.50.1/24", "=interface=br-servers"},
					{"/ip/firewall/filter/add", "=chain=input", "=in-interface=br-servers", "=comment=from the servers"},
				} {
					if _, err := b.world.Device("sby").Do(words[0], words[1:]...); err != nil {
						b.Fatal(err)
					}
				}
				was := sorted(b.exports())
				r := b.destroyInVain(kind)
				if kind == guard.SafeMode {
					if d := cmp.Diff(was, sorted(b.exports())); d != "" || r.Count(apply.Stuck) > 0 {
						b.Errorf("%+v (-want +got):\n%s", r.Units, d)
					}
					return
				}
				var left []string
				for _, u := range r.Units {
					for _, l := range u.Leftovers {
						short, ok := errors.AsType[*apply.ShortError](l.Err)
						if !ok {
							b.Fatalf("%+v", l)
						}
						left = append(left, fmt.Sprint(l.Router, " ", short))
					}
				}
				got := strings.Join(left, "\n")
				if len(left) != 1 || !strings.HasPrefix(got, "sby br-servers was put back") ||
					!strings.Contains(got, "IP address 192.168.50.1/24, firewall filter rule from the servers") || r.Count(apply.Stuck) != 1 {
					b.Errorf("left is %q", got)
				}
				if len(r.Heals) > 0 {
					b.Error("a guard that can do no more is left armed")
				}
			})
		})
	}
}
