package effect_test

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

	"jembatan/failover"
	"jembatan/failover/actuator"
	"jembatan/failover/actuator/database"
	"jembatan/failover/effect"
)

// A fakeSwitch answers with what the test says and notes what it was asked.
type fakeSwitch struct {
	states map[string]actuator.State
	why    actuator.Reason
	hang   bool
	asked  []string
}

func (f *fakeSwitch) do(ctx context.Context, what string, t actuator.Target) (actuator.Report, error) {
	f.asked = append(f.asked, fmt.Sprintf("%s %s epoch=%d", what, t.Server, t.Epoch))
	if f.hang {
		<-ctx.Done()
		return actuator.Report{}, context.Cause(ctx)
	}
	var rs []actuator.RouterReport
	for name, s := range f.states {
		rs = append(rs, actuator.RouterReport{Router: name, State: s, Reason: f.why})
	}
	r := actuator.NewReport(t, rs)
	return r, r.Err()
}

func (f *fakeSwitch) Ensure(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return f.do(ctx, "ensure", t)
}

func (f *fakeSwitch) Block(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return f.do(ctx, "block", t)
}

func (f *fakeSwitch) Unblock(ctx context.Context, t actuator.Target) (actuator.Report, error) {
	return f.do(ctx, "unblock", t)
}

func (f *fakeSwitch) Drop() { f.asked = append(f.asked, "drop") }

func (f *fakeSwitch) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func service(s effect.Switch, address effect.AddressMover, public ...effect.Public) effect.Service {
	return effect.Service{
		Name: "web", Switch: s, Address: address, Public: public,
		Servers: []effect.Server{{Name: "main", Address: netip.MustParseAddr("192.0.2.1")}, {Name: "backup", Address: netip.MustParseAddr("192.0.2.2")}},
	}
}

func act(k failover.Kind) failover.Action {
	return failover.Action{ID: 1, Kind: k, Service: "web", Server: "backup", Epoch: 7}
}

const (
	proven  = actuator.Proven
	behind  = actuator.Behind
	refused = actuator.Refused
)

// What routers report becomes one outcome: some is not all, and none is not some.
func TestRouters(t *testing.T) {
	for name, c := range map[string]struct {
		states map[string]actuator.State
		why    actuator.Reason
		want   effect.Outcome
	}{
		"all":        {map[string]actuator.State{"a": proven, "b": proven}, 0, effect.Outcome{}},
		"some":       {map[string]actuator.State{"a": proven, "b": behind}, actuator.Unreachable, effect.Outcome{Err: failover.Partly, Routers: []string{"b"}}},
		"none":       {map[string]actuator.State{"a": behind, "b": behind}, actuator.Unreachable, effect.Outcome{Err: failover.Unreachable, Routers: []string{"a", "b"}}},
		"all refuse": {map[string]actuator.State{"a": refused}, actuator.NoRule, effect.Outcome{Err: failover.Refused, Routers: []string{"a"}}},
		"superseded": {map[string]actuator.State{"a": proven, "b": refused}, actuator.HigherEpoch, effect.Outcome{Err: failover.StaleEpoch, Routers: []string{"b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, word := range map[failover.Kind]string{
				failover.BlockPaths: "block", failover.KillConnections: "block", failover.Unblock: "unblock", failover.Rewrite: "ensure",
			} {
				f := &fakeSwitch{states: c.states, why: c.why}
				got := effect.New(service(f, nil)).Do(t.Context(), act(kind))
				if (got.Detail == "") != (got.Err == failover.Done) {
					t.Errorf("%s: %q says %q", kind, got.Err, got.Detail)
				}
				got.Detail = ""
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("%s: %s", kind, d)
				}
				if want := []string{word + " 192.0.2.2 epoch=7"}; !slices.Equal(f.asked, want) {
					t.Errorf("%s: asked %q", kind, f.asked)
				}
			}
		})
	}
}

// A virtual address that does not move does not undo what the rules do.
func TestRewriteWithAddress(t *testing.T) {
	states := func(s actuator.State) map[string]actuator.State { return map[string]actuator.State{"a": s} }
	for name, c := range map[string]struct {
		rules, address *fakeSwitch
		want           failover.Failure
	}{
		"both":             {&fakeSwitch{states: states(proven)}, &fakeSwitch{states: states(proven)}, failover.Done},
		"two masters":      {&fakeSwitch{states: states(proven)}, &fakeSwitch{states: states(refused), why: actuator.BothMasters}, failover.Partly},
		"rules fail":       {&fakeSwitch{states: states(behind)}, &fakeSwitch{states: states(proven)}, failover.Unreachable},
		"both fail":        {&fakeSwitch{states: states(behind)}, &fakeSwitch{states: states(behind)}, failover.Unreachable},
		"superseded there": {&fakeSwitch{states: states(proven)}, &fakeSwitch{states: states(refused), why: actuator.HigherEpoch}, failover.StaleEpoch},
	} {
		if got := effect.New(service(c.rules, c.address)).Do(t.Context(), act(failover.Rewrite)); got.Err != c.want {
			t.Errorf("%s: %q, want %q", name, got.Err, c.want)
		}
	}
}

// The public address must answer several times in a row through each router that
// leads to the new server; a router that was not reached is not asked.
func TestProbePublic(t *testing.T) { synctest.Test(t, probePublic) }

func probePublic(t *testing.T) {
	f := &fakeSwitch{states: map[string]actuator.State{"a": proven, "b": behind}}
	asked := map[string]int{}
	bad := errors.New("refused")
	var err error
	e := effect.New(service(f, nil,
		effect.Public{Router: "a", Ask: func(context.Context) error { asked["a"]++; return err }},
		effect.Public{Router: "b", Ask: func(context.Context) error { asked["b"]++; return bad }}))
	e.Do(t.Context(), act(failover.Rewrite))
	if got := e.Do(t.Context(), act(failover.ProbePublic)); got.Err != failover.Done || asked["a"] != 3 || asked["b"] != 0 {
		t.Errorf("%+v after %v", got, asked)
	}
	// A moment until packets go the new way is no failure.
	later := time.Now().Add(100 * time.Millisecond)
	e2 := effect.New(service(f, nil, effect.Public{Router: "a", Ask: func(context.Context) error {
		if time.Now().Before(later) {
			return bad
		}
		return nil
	}}))
	if got := e2.Do(t.Context(), act(failover.ProbePublic)); got.Err != failover.Done || time.Now().Before(later) {
		t.Errorf("after a moment: %+v", got)
	}
	err = bad
	if got := e.Do(t.Context(), act(failover.ProbePublic)); got.Err != failover.Refused {
		t.Errorf("%+v", got)
	}
	f.states = map[string]actuator.State{"a": behind, "b": behind}
	e.Do(t.Context(), act(failover.Rewrite))
	if got := e.Do(t.Context(), act(failover.ProbePublic)); got.Err != failover.Unreachable {
		t.Errorf("no router: %+v", got)
	}
}

// Nothing is tried without leadership, for an unknown server, or without a
// database; and nothing hangs.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(&fakeSwitch{hang: true}, nil)
		leads := true
		s.Valid = func() bool { return leads }
		e := effect.New(s)
		if got := e.Do(t.Context(), act(failover.OpenWrites)); got.Err != failover.Refused {
			t.Errorf("no database: %+v", got)
		}
		stranger := act(failover.Rewrite)
		stranger.Server = "nobody"
		if got := e.Do(t.Context(), stranger); got.Err != failover.Refused {
			t.Errorf("no such server: %+v", got)
		}
		began := time.Now()
		if got := e.Do(t.Context(), act(failover.Rewrite)); got.Err != failover.TimedOut || time.Since(began) > 5*time.Second {
			t.Errorf("hanging: %+v after %v", got, time.Since(began))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("the lease is gone"))
		if got := e.Do(ctx, act(failover.Rewrite)); got.Err != failover.NotLeading {
			t.Errorf("ended: %+v", got)
		}
		leads = false
		if got := e.Do(t.Context(), act(failover.Rewrite)); got.Err != failover.NotLeading {
			t.Errorf("not leading: %+v", got)
		}
	})
}

// A leader that was another's in between does not know when that one renewed: what
// it tried itself in an earlier term says nothing.
func TestStopRenewing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(&fakeSwitch{}, &fakeSwitch{})
		s.TTL, s.Valid = 10*time.Second, func() bool { return true }
		s.Servers[1].Database = &database.Server{Name: "backup"}
		e := effect.New(s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		defer func() { cancel(); <-done }()
		e.Renew("backup", 5)
		time.Sleep(time.Second)
		last := e.Do(t.Context(), act(failover.StopRenewing)).LastRenewal
		if last.IsZero() || time.Since(last) > 2*time.Second {
			t.Errorf("in its own term: %v", last)
		}
		e.Rest()
		time.Sleep(time.Minute) // Another leads and renews.
		e.Renew("", 9)
		if last := e.Do(t.Context(), act(failover.StopRenewing)).LastRenewal; !last.IsZero() {
			t.Errorf("in a later term it says %v, which was another's time", last)
		}
	})
}

// At the end of a term routers are tried no longer.
func TestRest(t *testing.T) {
	rules, address := &fakeSwitch{}, &fakeSwitch{}
	effect.New(service(rules, address)).Rest()
	if want := []string{"drop"}; !slices.Equal(rules.asked, want) || !slices.Equal(address.asked, want) {
		t.Errorf("asked %q and %q", rules.asked, address.asked)
	}
}
