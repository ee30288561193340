package failover_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/health"
)

// effects runs a move with every effect succeeding at once and returns what was
// done, in order.
func effects(t *testing.T, start func(*world)) []string {
	t.Helper()
	w := newWorld(configs()[0])
	w.up()
	start(w)
	var out []string
	for w.m.State().Move != nil {
		p := w.pending()
		if len(p) == 0 || len(out) > 30 {
			t.Fatalf("stands still after %v", out)
		}
		out = append(out, p[0].Kind.String()+" "+p[0].Server)
		w.execute(p[0], 0)
	}
	if len(w.errs) > 0 {
		t.Error(w.errs)
	}
	slices.Sort(out) // Planned moves wait for more proofs: the order of the first three differs.
	return out
}

// TestOnePath: drills test what emergencies use (I12).
func TestOnePath(t *testing.T) {
	command := func(v failover.Verb) func(*world) {
		return func(w *world) { w.step(failover.Command{Time: w.now, ID: "c", Verb: v, Server: "backup"}) }
	}
	want := effects(t, func(w *world) { w.verdict(failover.VerdictChanged{Server: "main", Verdict: health.Failed}) })
	for _, v := range []failover.Verb{failover.Switchover, failover.Drill, failover.Force} {
		if diff := cmp.Diff(want, effects(t, command(v))); diff != "" {
			t.Errorf("%v does something else than an emergency (-emergency +it):\n%s", v, diff)
		}
	}
}

// TestHoldGrows holds the time before a failback: doubled with each failover of
// the day, at most four hours.
func TestHoldGrows(t *testing.T) {
	for n, want := range map[int]int{0: 10, 1: 10, 2: 20, 3: 40, 5: 160, 6: 240, 9: 240} {
		st := failover.State{Phase: failover.FailedOver, Active: "backup", Writable: "backup", At: dawn}
		for range n {
			st.Moves = append(st.Moves, dawn)
		}
		w := newWorld(configs()[0])
		m, err := failover.New(w.c, st)
		if err != nil {
			t.Fatal(err)
		}
		w.m = m
		w.servers["main"], w.servers["backup"] = server{reachable: true}, server{reachable: true, open: true}
		w.up()
		ready := func(after time.Duration) bool {
			w.now = dawn.Add(after)
			w.step(failover.Tick{Time: w.now})
			return w.m.State().Phase == failover.FailbackReady
		}
		if d := time.Duration(want) * time.Minute; ready(d-time.Second) || !ready(d) {
			t.Errorf("after %d failovers: not exactly %v", n, d)
		}
	}
}

// TestPolicyIsChecked refuses what cannot work.
func TestPolicyIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*failover.Config){
		"no name":                   func(c *failover.Config) { c.Service = "" },
		"no server":                 func(c *failover.Config) { c.Servers = nil },
		"a server twice":            func(c *failover.Config) { c.Servers = []string{"a", "a"} },
		"a lease without its TTL":   func(c *failover.Config) { c.SiteLoss = failover.SiteLossLease },
		"a window that is no place": func(c *failover.Config) { c.Failback = failover.FailbackWindow },
	} {
		c := configs()[0]
		spoil(&c)
		if _, err := failover.New(c, failover.State{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
