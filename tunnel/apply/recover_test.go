package apply_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

const other = "budi@noc[8]"

// told is a journal that an apply of p writes into.
func (b *bench) told(p *plan.Plan) (*journal.Story, func(journal.Record) error) {
	s := &journal.Story{Begin: journal.Record{What: journal.Begin, At: time.Now(), ID: "test", Holder: holder, Plan: p}}
	return s, func(r journal.Record) error { return b.write(s, r, false) }
}

// killedAt carries p out with one kind of guard until the controller dies at the
// n-th command that changes an interface.
func (b *bench) killedAt(p *plan.Plan, n int, kind guard.Kind) *journal.Story {
	b.Helper()
	s, record := b.told(p)
	dead, count := false, 0
	b.wire.mu.Lock()
	b.wire.breaks = func(_, path string, _ int) breakage {
		if writes(path) && strings.HasPrefix(path, "/interface") {
			if count++; count == n {
				dead = true
				go b.wire.kill("")
			}
		}
		return fine
	}
	b.wire.mu.Unlock()
	b.opts = apply.Options{UndoTimeout: 2 * time.Second, StepTimeout: time.Second}
	_, _ = b.guarded(p, apply.GuardOptions{
		Kinds: []guard.Kind{kind}, For: time.Minute,
		Record: func(r journal.Record) error {
			if dead {
				return errors.New("dead")
			}
			return record(r)
		},
	})
	if !dead {
		b.Fatal("the controller did not die")
	}
	return s
}

// recover recovers and expects an outcome.
func (b *bench) recover(s *journal.Story, o apply.RecoverOptions, want string) *apply.Recovery {
	b.Helper()
	if o.Holder == "" {
		o.Holder = "anna@mgmt[99]"
	}
	r, err := apply.Recover(b.Context(), b.connect, s, o)
	if err != nil || r.Outcome != want {
		b.Fatalf("recover: %+v %v, want %s", r, err, want)
	}
	return r
}

func (b *bench) same(what string, want map[string]string) {
	b.Helper()
	if d := cmp.Diff(want, sorted(b.exports())); d != "" {
		b.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// disarmAll removes every guard, as a confirmation from anywhere does.
func (b *bench) disarmAll() {
	b.Helper()
	for _, router := range []string{"jkt", "sby"} {
		c, err := b.connect(b.Context(), router)
		if err != nil {
			b.Fatal(err)
		}
		found, err := guard.Find(b.Context(), c, router)
		if err != nil || len(found) == 0 {
			b.Fatalf("%s: %v, %d guards", router, err, len(found))
		}
		for _, l := range found {
			if err := routeros.Delete(b.Context(), c, guard.Menu, l.RowID); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestConfirmedElsewhere leaves a change alone that waited, in the journal here,
// and that somebody else has confirmed: before its time is over, after it, and
// when it is to be undone.
func TestConfirmedElsewhere(t *testing.T) {
	want := planned(t, "7.16.1")
	for name, o := range map[string]struct {
		after time.Duration
		undo  bool
	}{"in time": {after: time.Minute}, "late": {after: time.Hour}, "undo": {after: time.Minute, undo: true}} {
		t.Run(name, func(t *testing.T) {
			onBench(t, "7.16.1", twoSites, func(b *bench) {
				p := b.change()
				s, record := b.told(p)
				if _, err := b.guarded(p, apply.GuardOptions{Confirm: true, For: 10 * time.Minute, Record: record}); err != nil {
					b.Fatal(err)
				}
				if _, err := apply.Recover(b.Context(), b.connect, s, apply.RecoverOptions{Holder: other}); !isWaiting(err) {
					b.Errorf("while it waits: %v", err)
				}
				b.disarmAll()
				time.Sleep(o.after)
				b.recover(s, apply.RecoverOptions{Undo: o.undo}, journal.Done)
				b.same("confirmed", want)
			})
		})
	}
}

func isWaiting(err error) bool {
	_, ok := errors.AsType[*apply.WaitingError](err)
	return ok
}

// TestNotConfirmed tells of a change that the guards have taken back, and undoes
// one on demand.
func TestNotConfirmed(t *testing.T) {
	onBench(t, "7.16.1", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		s, record := b.told(p)
		if _, err := b.guarded(p, apply.GuardOptions{Confirm: true, For: 10 * time.Minute, Record: record}); err != nil {
			b.Fatal(err)
		}
		time.Sleep(11 * time.Minute)
		b.recover(s, apply.RecoverOptions{}, journal.Reverted)
		b.same("reverted", was)
		s, record = b.told(p)
		if _, err := b.guarded(p, apply.GuardOptions{Confirm: true, For: 10 * time.Minute, Record: record}); err != nil {
			b.Fatal(err)
		}
		b.recover(s, apply.RecoverOptions{Undo: true}, journal.Undone)
		b.same("undone", was)
	})
}

// TestSuperseded leaves alone what a colleague has done since an apply died: the
// guards have taken that one back, and what is there has the same marks.
func TestSuperseded(t *testing.T) {
	onBench(t, "7.16.1", twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		s := b.killedAt(p, 9, guard.Scheduler)
		time.Sleep(time.Hour)
		b.wire.revive()
		time.Sleep(time.Minute)
		b.recover(s, apply.RecoverOptions{}, journal.Undone) // Nobody did anything.
		b.same("taken back by the guards", was)
		b.run(b.plan())
		now := sorted(b.exports())
		r := b.recover(s, apply.RecoverOptions{}, journal.Superseded)
		b.same("somebody else's", now)
		if len(r.LeftAlone["jkt"]) == 0 || len(r.LeftAlone["sby"]) == 0 {
			b.Errorf("left alone %v", r.LeftAlone)
		}
	})
}

// TestLockProves undoes an apply without guards as long as its lock is there,
// even one whose time is over, and not once somebody else has had the routers.
func TestLockProves(t *testing.T) {
	for _, taken := range []bool{false, true} {
		onBench(t, "7.20.8", twoSites, func(b *bench) {
			p := b.change()
			was := sorted(b.exports())
			s := b.killedAt(p, 9, guard.Unguarded)
			time.Sleep(24 * time.Hour)
			b.wire.revive()
			time.Sleep(time.Minute)
			if !taken {
				b.recover(s, apply.RecoverOptions{}, journal.Undone)
				b.same("undone", was)
				return
			}
			// The next of the same name is another one: numbers of processes repeat.
			for _, who := range []string{other, holder} {
				unlock, err := apply.Lock(b.Context(), b.connect, []string{"jkt", "sby"}, who)
				if err != nil {
					b.Fatal(err)
				}
				if who == holder {
					break // It dies as well.
				}
				if err := unlock(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			now := sorted(b.exports())
			b.recover(s, apply.RecoverOptions{}, journal.Superseded)
			b.same("somebody else's", now)
		})
	}
}

// TestRecoverDies lets whoever recovers die at each command that it changes
// something by; the next one finishes. Between the end of the old lock and the
// new one no proof is there; then a plan makes the routers whole.
func TestRecoverDies(t *testing.T) {
	want := planned(t, "7.20.8")
	undone := 0
	for n := 1; ; n++ {
		died := false
		onBench(t, "7.20.8", twoSites, func(b *bench) {
			p := b.change()
			was := sorted(b.exports())
			s := b.killedAt(p, 9, guard.Unguarded)
			b.wire.revive()
			time.Sleep(time.Minute)
			count := 0
			b.wire.mu.Lock()
			b.wire.breaks = func(router, path string, _ int) breakage {
				if writes(path) {
					if count++; count == n {
						died = true
						b.wire.dead[""] = true
						for c, name := range b.wire.conns { // The wire is locked here.
							if name != router {
								_ = c.Close()
							}
						}
						return after
					}
				}
				return fine
			}
			b.wire.mu.Unlock()
			_, _ = apply.Recover(b.Context(), b.connect, s, apply.RecoverOptions{Holder: "anna@mgmt[98]"})
			b.wire.revive()
			time.Sleep(time.Minute)
			r, err := apply.Recover(b.Context(), b.connect, s, apply.RecoverOptions{Holder: "anna@mgmt[99]"})
			switch {
			case err != nil:
				b.Fatal(err)
			case r.Outcome == journal.Superseded:
				b.run(b.plan())
				b.same("planned anew", want)
			default:
				undone++
				b.same("recovered twice", was)
			}
		})
		if !died {
			t.Logf("%d commands, %d times undone", n-1, undone)
			if undone < n-4 {
				t.Errorf("undone %d of %d times", undone, n)
			}
			break
		}
	}
}

// TestRecoverAway recovers the routers that answer, and the other one when it
// does; one that never will is given up.
func TestRecoverAway(t *testing.T) {
	for _, forget := range []bool{false, true} {
		onBench(t, "7.20.8", twoSites, func(b *bench) {
			p := b.change()
			was := sorted(b.exports())
			s := b.killedAt(p, 9, guard.Unguarded)
			b.wire.revive()
			b.wire.kill("sby")
			time.Sleep(time.Minute)
			_, err := apply.Recover(b.Context(), b.connect, s, apply.RecoverOptions{Holder: "anna@mgmt[98]"})
			pending, ok := errors.AsType[*apply.PendingError](err)
			if !ok || len(pending.Routers) != 1 || pending.Routers["sby"] == nil {
				b.Fatalf("%v", err)
			}
			if d := cmp.Diff(was["jkt"], sorted(b.exports())["jkt"]); d != "" {
				b.Errorf("jkt (-want +got):\n%s", d)
			}
			if forget {
				r := b.recover(s, apply.RecoverOptions{Forget: []string{"sby"}}, journal.Undone)
				if !slices.Equal(r.Forgotten, []string{"sby"}) {
					b.Errorf("forgotten %v", r.Forgotten)
				}
				return
			}
			b.wire.revive()
			time.Sleep(time.Minute)
			b.recover(s, apply.RecoverOptions{}, journal.Undone)
			b.same("undone", was)
		})
	}
}

// TestVerifiedAway neither keeps nor undoes what was verified before every
// router answers, or is given up.
func TestVerifiedAway(t *testing.T) {
	want := planned(t, "7.20.8")
	for _, forget := range []bool{false, true} {
		onBench(t, "7.20.8", twoSites, func(b *bench) {
			p := b.change()
			s, record := b.told(p)
			_, _ = b.guarded(p, apply.GuardOptions{Kinds: []guard.Kind{guard.Unguarded}, Record: func(r journal.Record) error {
				err := record(r)
				if r.What == journal.Verified {
					b.wire.kill("")
				}
				return err
			}})
			if s.Ended() {
				s.Records = slices.DeleteFunc(s.Records, func(r journal.Record) bool { return r.What == journal.End })
			}
			b.wire.revive()
			b.wire.kill("sby")
			time.Sleep(time.Minute)
			_, err := apply.Recover(b.Context(), b.connect, s, apply.RecoverOptions{Holder: "anna@mgmt[98]"})
			pending, ok := errors.AsType[*apply.PendingError](err)
			if !ok || len(pending.Routers) != 2 {
				b.Fatalf("%v", err)
			}
			if forget {
				b.recover(s, apply.RecoverOptions{Forget: []string{"sby"}}, journal.Done)
				if d := cmp.Diff(want["jkt"], sorted(b.exports())["jkt"]); d != "" {
					b.Errorf("jkt (-want +got):\n%s", d)
				}
				return
			}
			b.wire.revive()
			time.Sleep(time.Minute)
			b.recover(s, apply.RecoverOptions{}, journal.Done)
			b.same("kept", want)
		})
	}
}
