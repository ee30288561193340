package apply_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
)

var table = flag.Bool("table", false, "cut at every sentence, not at some, and print the table")

// An accident is what happens at one sentence.
type accident struct {
	name string
	// away is how long the router cannot be reached; forever is the death of the
	// controller.
	away    time.Duration
	forever bool
}

// guardTime is how long the guards of the table wait.
const guardTime = time.Minute

// TestCutTable lets each accident happen before, inside and after every single
// sentence of an apply over two routers, under each kind of guard. By itself
// every router is then as before or as planned; after a recovery, and a new plan
// where that leaves something alone, all of them are the same, and nothing of the
// apply is left.
func TestCutTable(t *testing.T) {
	accidents := []accident{
		{name: "connection cut once"},
		{name: "router away for 20 minutes", away: 20 * time.Minute},
		{name: "controller dies", forever: true},
	}
	var rows []*tableRow
	t.Cleanup(func() {
		if *table {
			fmt.Printf("%-24s %-28s %10s %8s %8s %8s %10s\n", "guard", "what happens", "sentences", "cases", "planned", "before", "superseded")
			for _, r := range rows {
				fmt.Printf("%-24s %-28s %10d %8d %8d %8d %10d\n", r.c.name, r.a.name, r.sentences, r.cases, r.planned, r.before, r.superseded)
			}
		}
	})
	for _, c := range guardCases() {
		want := planned(t, c.version)
		for _, a := range accidents {
			r := &tableRow{c: c, a: a, want: want}
			rows = append(rows, r)
			t.Run(c.name+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				r.T = t
				r.all()
				if *table && (r.planned == 0 || r.before == 0) {
					t.Errorf("%d planned and %d before: the accidents did not happen", r.planned, r.before)
				}
			})
		}
	}
}

// A tableRow is all cases of one kind of guard and one accident.
type tableRow struct {
	*testing.T

	c                                 guardCase
	a                                 accident
	want                              map[string]string
	sentences, cases, planned, before int
	superseded                        int
}

func (r *tableRow) all() {
	first, stride := 1, 1
	if !*table { // A sample; make guards takes all.
		stride = 17
		first += len(r.c.name+r.a.name) % stride
	}
	for n := first; n < 500; n += stride {
		for _, how := range []breakage{before, inside, after} {
			if !r.one(n, how) {
				r.sentences = n - 1
				return
			}
		}
	}
}

// one plays one case; false means that the apply has no such sentence.
func (r *tableRow) one(n int, how breakage) (happened bool) {
	onBench(r.T, r.c.version, twoSites, func(b *bench) {
		p := b.change()
		was := sorted(b.exports())
		story := &journal.Story{Begin: journal.Record{What: journal.Begin, ID: "test", Holder: holder, Plan: p}}
		begin := b.wire.count()
		b.wire.mu.Lock()
		b.wire.breaks = func(router, _ string, nth int) breakage {
			if happened || nth < begin+n {
				return fine
			}
			happened = true
			switch {
			case r.a.forever:
				go b.wire.kill("")
			case r.a.away > 0:
				go func() {
					b.wire.kill(router)
					time.Sleep(r.a.away)
					b.wire.revive()
				}()
			}
			return how
		}
		b.wire.mu.Unlock()
		b.opts = apply.Options{UndoTimeout: 10 * time.Second, StepTimeout: 2 * time.Second}
		result, err := b.guarded(p, apply.GuardOptions{
			Kinds: r.c.kinds, For: guardTime, VerifyTimeout: 10 * time.Second,
			Record: func(rec journal.Record) error { return b.write(story, rec, r.a.forever && happened) },
		})
		if !happened {
			return
		}
		r.cases++
		what := fmt.Sprintf("%s, %s sentence %d (%s)", r.a.name, how, n, b.wire.path(begin+n))
		time.Sleep(guardTime)
		if r.c.kinds[0] != guard.Unguarded {
			r.eitherWay(what+", by itself", was, b)
		}
		time.Sleep(r.a.away)
		b.wire.revive()
		time.Sleep(time.Second)
		if !story.Ended() {
			rec, err := apply.Recover(b.Context(), b.connect, story, apply.RecoverOptions{Holder: "budi@mgmt[8]"})
			switch {
			case err != nil:
				r.Errorf("%s: recover: %v", what, err)
			case rec.Outcome == journal.Superseded:
				// A router was unlocked and its guard ended before another one took
				// its part back: the next plan makes them whole.
				r.superseded++
				b.run(b.plan())
			}
		}
		r.whole(what, was, b, result, err)
	})
	return happened
}

// write keeps a record, unless its writer is dead.
func (b *bench) write(s *journal.Story, rec journal.Record, dead bool) error {
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	if dead {
		return errors.New("dead")
	}
	s.Records = append(s.Records, rec)
	return nil
}

// eitherWay expects each router to be as before or as planned.
func (r *tableRow) eitherWay(what string, was map[string]string, b *bench) {
	want, got := withoutLock(maps.Clone(r.want)), withoutLock(sorted(b.exports()))
	for name := range got {
		if got[name] != was[name] && got[name] != want[name] {
			r.Errorf("%s: %s is neither as before nor as planned (-before +got):\n%s", what, name, cmp.Diff(was[name], got[name]))
		}
	}
}

// whole expects all routers to be as before, or all as planned, with nothing of
// the apply left on them.
func (r *tableRow) whole(what string, was map[string]string, b *bench, result *apply.Result, err error) {
	got := sorted(b.exports())
	switch {
	case cmp.Equal(got, r.want):
		r.planned++
	case cmp.Equal(got, was):
		r.before++
	default:
		r.Errorf("%s: not whole (-before +got):\n%s\nerror %v, result %+v", what, cmp.Diff(was, got), err, result)
	}
	for name, text := range got {
		if strings.Contains(text, "jembatan-") {
			r.Errorf("%s: something is left on %s:\n%s", what, name, text)
		}
	}
	for _, d := range b.world.Devices() {
		if rows, err := d.Do("/safe-mode/print"); err == nil && rows[0]["enabled"] == "true" {
			r.Errorf("%s: %s is still in safe mode", what, d.Name())
		}
	}
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[""]
}

// path names the n-th sentence.
func (w *wire) path(n int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > len(w.paths) {
		return "none"
	}
	return w.paths[n-1]
}
