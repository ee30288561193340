package apply_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
)

// TestSweep finds what a controller that was killed has left, without its
// journal: guards run at once, its lock goes when it is known to be dead.
func TestSweep(t *testing.T) {
	onBench(t, "7.16.1", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		count := 0
		b.wire.breaks = func(_, path string, _ int) breakage {
			if path == "/interface/bonding/add" {
				if count++; count == 1 {
					go b.wire.kill("")
				}
			}
			return fine
		}
		b.opts = apply.Options{UndoTimeout: time.Second, StepTimeout: time.Second}
		_, _ = b.guarded(p, apply.GuardOptions{For: time.Hour})
		b.wire.revive()
		busy, err := apply.Sweep(b.Context(), b.connect, "sby", apply.RecoverOptions{})
		if err != nil || busy.Busy == nil || busy.Busy.Holder != holder {
			b.Errorf("a lock that may be alive: %+v %v", busy, err)
		}
		for _, router := range []string{"jkt", "sby"} {
			s, err := apply.Sweep(b.Context(), b.connect, router, apply.RecoverOptions{Dead: func(who string) bool { return who == holder }})
			if err != nil || len(s.Fired) != 1 || len(s.Locks) != 1 {
				b.Errorf("%s: %+v %v", router, s, err)
			}
		}
		if d := cmp.Diff(was, sorted(b.exports())); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}

// TestSweepSafeMode leaves a safe mode backwards that our own user holds and
// nobody of ours is at work under, and no other.
func TestSweepSafeMode(t *testing.T) {
	onBench(t, "7.24", twoSites, func(b *bench) {
		b.settled()
		was := b.exports()
		c, hangUp, err := b.fresh(b.Context(), "sby")
		if err != nil {
			b.Fatal(err)
		}
		defer hangUp()
		if _, err := routeros.Command(b.Context(), c, "/safe-mode/take", nil); err != nil {
			b.Fatal(err)
		}
		if _, err := routeros.Create(b.Context(), c, "/interface/bridge", routeros.FieldsOf("name", "half")); err != nil {
			b.Fatal(err)
		}
		s, err := apply.Sweep(b.Context(), b.connect, "sby", apply.RecoverOptions{User: func(string) string { return "somebody" }})
		if err != nil || s.Unrolled {
			b.Errorf("somebody else's: %+v %v", s, err)
		}
		s, err = apply.Sweep(b.Context(), b.connect, "sby", apply.RecoverOptions{User: func(string) string { return "admin" }})
		if err != nil || !s.Unrolled {
			b.Errorf("ours: %+v %v", s, err)
		}
		if d := cmp.Diff(was, b.exports()); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
		if err := guard.Nobody(b.Context(), guard.Connect(b.connect), "sby"); err != nil {
			b.Error(err)
		}
	})
}
