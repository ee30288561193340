package drill_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/internal/drill"
)

func codes(r drill.Report) []drill.Code {
	out := []drill.Code{}
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return out
}

// A drill goes there and back, and its times are those of the effects.
func TestThereAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		r, err := drill.Run(t.Context(), options(w))
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != drill.Pass || len(r.Findings) > 0 || r.Left != "main" || len(r.Legs) != 2 {
			t.Fatalf("%s, left at %s after %d legs: %+v", r.Verdict, r.Left, len(r.Legs), r.Findings)
		}
		there, back := r.Legs[0], r.Legs[1]
		ms := func(p *time.Duration) int64 {
			if p == nil {
				return -1
			}
			return p.Milliseconds()
		}
		for i, leg := range []drill.Leg{there, back} {
			p := leg.Move.Parts
			// Fence: the block takes 30 ms, cutting 10 ms. Switch: rewrite and cut;
			// on the way back the old block goes first.
			want := []int64{-1, 0, 40, 40, 60, 60 + int64(i)*15, 35}
			var got []int64
			for _, part := range p.List() {
				got = append(got, ms(part.Took))
			}
			if !slices.Equal(got, want) {
				t.Errorf("leg %d: parts %v, want %v", i, got, want)
			}
			if leg.Move.End != drill.Done || !leg.Move.Planned || p.Total != leg.Move.Ended.Sub(leg.Move.Asked) {
				t.Errorf("leg %d: %s, total %v", i, leg.Move.End, p.Total)
			}
			if leg.Paths[0].Failed == 0 || leg.Paths[0].Failed != leg.Paths[0].Lost || leg.Paths[0].Longest < 100*time.Millisecond {
				t.Errorf("leg %d: clients saw %+v", i, leg.Paths[0])
			}
			if leg.Resync == nil || leg.After.GTID.State != drill.Equal {
				t.Errorf("leg %d: data %v %+v", i, leg.Resync, leg.After)
			}
		}
		if there.Move.From != "main" || there.Move.To != "backup" || back.Move.To != "main" {
			t.Errorf("from %s to %s, back to %s", there.Move.From, there.Move.To, back.Move.To)
		}
		if r.Measured.RTO == nil || *r.Measured.RTO != max(there.Paths[0].Longest, back.Paths[0].Longest) || r.Measured.Lost == nil || *r.Measured.Lost != 0 {
			t.Errorf("measured %+v", r.Measured)
		}
		if stay := back.Move.Asked.Sub(there.Move.Ended); stay < 10*time.Second || stay > 12*time.Second {
			t.Errorf("stayed %v", stay)
		}
		if first := r.Journal.Entries[0]; !r.Journal.Verified || first.Kind != journal.KindDrill || first.By != "anna" {
			t.Errorf("journal: %v, %+v", r.Journal.Problem, first)
		}
		if len(r.Manual) > 0 {
			t.Errorf("manual: %q", r.Manual)
		}
	})
}

// What the gate refuses moves nothing and leaves no report.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		w.set(func(w *world) { w.sick = "backup" })
		time.Sleep(5 * time.Second)
		r, err := drill.Run(t.Context(), options(w))
		refused, ok := errors.AsType[*drill.RefusedError](err)
		if !ok || refused.Reason != failover.TargetFailed || r.ID != "" {
			t.Fatalf("%v, %+v", err, r)
		}
		all, _ := w.History(t.Context(), journal.Query{Limit: 1000})
		if last := all[len(all)-1]; last.Kind != journal.KindDrill || !strings.Contains(last.Detail, "refused: target-failed") {
			t.Errorf("the last entry is %+v", last)
		}
	})
}

// Who asks may change his mind until the move is commanded.
func TestNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		gone := errors.New("who asked has gone")
		o := options(w)
		o.Begin = func() error { return gone }
		before, _ := w.History(t.Context(), journal.Query{Limit: 1000})
		if _, err := drill.Run(t.Context(), o); !errors.Is(err, gone) {
			t.Errorf("ended with %v", err)
		}
		if after, _ := w.History(t.Context(), journal.Query{Limit: 1000}); len(after) != len(before) {
			t.Errorf("%d entries more", len(after)-len(before))
		}
	})
}

// What goes wrong ends the drill with a name, and says where clients are led to.
func TestStories(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*world) // before it begins
		meddle  func(context.Context, context.CancelCauseFunc, *world)
		left    string
		legs    int
		verdict drill.Verdict
		codes   []drill.Code
	}{
		"taken back": {
			change: func(w *world) { w.refuse, w.refused = failover.OpenWrites, "backup" },
			left:   "main", legs: 1, verdict: drill.Fail, codes: []drill.Code{drill.TakenBack, drill.RPOUnproven, drill.EffectsFailed},
		},
		"left at the backup": {
			meddle: func(_ context.Context, _ context.CancelCauseFunc, w *world) {
				w.set(func(w *world) { w.broken = "main" })
			},
			left: "backup", legs: 1, verdict: drill.Fail, codes: []drill.Code{drill.LeftAtBackup},
		},
		"the gate agrees late": {
			meddle: func(_ context.Context, _ context.CancelCauseFunc, w *world) {
				w.set(func(w *world) { w.broken = "main" })
				time.Sleep(20 * time.Second)
				w.set(func(w *world) { w.broken = "" })
			},
			left: "main", legs: 2, verdict: drill.Conditions, codes: []drill.Code{drill.BackDelayed},
		},
		"somebody else moves it": {
			meddle: func(ctx context.Context, _ context.CancelCauseFunc, w *world) {
				_, _ = w.r.Command(ctx, failover.Command{Verb: failover.Switchover, Server: "main", By: "budi"})
			},
			left: "main", legs: 1, verdict: drill.Fail, codes: []drill.Code{drill.MovedMeanwhile, drill.HandsOn},
		},
		"the controller ends": {
			meddle: func(_ context.Context, cancel context.CancelCauseFunc, _ *world) {
				cancel(errors.New("the term ended"))
			},
			left: "backup", legs: 1, verdict: drill.Fail, codes: []drill.Code{drill.Interrupted},
		},
		"transactions are lost": {
			change: func(w *world) { w.lost = 3 },
			left:   "main", legs: 2, verdict: drill.Fail, codes: []drill.Code{drill.RPOMissed},
		},
		"a person does something": {
			meddle: func(ctx context.Context, _ context.CancelCauseFunc, w *world) {
				_, _ = w.r.Command(ctx, failover.Command{Verb: failover.Pause, By: "budi"})
			},
			left: "main", legs: 2, verdict: drill.Conditions, codes: []drill.Code{drill.HandsOn},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				if c.change != nil {
					w.set(c.change)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				o := options(w)
				o.Answered = nil
				done := make(chan struct{})
				go func() {
					defer close(done)
					if c.meddle == nil {
						return
					}
					for { // Until it is at the backup and the old server was compared.
						time.Sleep(3 * time.Second)
						if st, err := w.r.Status(t.Context()); err != nil || st.Active == "backup" && st.Move == nil {
							break
						}
					}
					c.meddle(ctx, cancel, w)
				}()
				r, err := drill.Run(ctx, o)
				<-done
				if err != nil {
					t.Fatal(err)
				}
				if r.Verdict != c.verdict || r.Left != c.left || len(r.Legs) != c.legs {
					t.Errorf("%s, left at %s after %d legs", r.Verdict, r.Left, len(r.Legs))
				}
				if got := codes(r); !slices.Equal(got, c.codes) {
					t.Errorf("findings %q, want %q\n%+v", got, c.codes, r.Findings)
				}
				if !r.Journal.Verified {
					t.Errorf("journal: %s", r.Journal.Problem)
				}
			})
		})
	}
}
