package actuator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jembatan/failover/actuator"
	"jembatan/tunnel"
)

func TestEpochOf(t *testing.T) {
	for comment, want := range map[string]struct {
		epoch uint64
		ok    bool
	}{
		"":                                             {0, true},
		"jembatan:erp/dnat":                            {0, true},
		"jembatan:erp/dnat epoch=7":                    {7, true},
		"jembatan:erp/dnat a remark epoch=7":           {7, true},
		"jembatan:erp/dnat epoch=":                     {0, false},
		"jembatan:erp/dnat epoch=-1":                   {0, false},
		"jembatan:erp/dnat epoch=7 epoch=7":            {0, false},
		"jembatan:erp/dnat epoch=99999999999999999999": {0, false},
	} {
		if epoch, ok := actuator.EpochOf(comment); epoch != want.epoch || ok != want.ok {
			t.Errorf("%q: %d %v", comment, epoch, ok)
		}
	}
}

// Stamping keeps the mark and the remarks, and the last stamp counts.
func TestStamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mark := tunnel.Mark("erp", rapid.StringMatching(`[a-z.]{1,12}`).Draw(t, "name"))
		remark := rapid.StringMatching(`( [a-z/:]{1,8}){0,3}`).Draw(t, "remark")
		comment := mark + remark
		var epoch uint64
		for range rapid.IntRange(1, 4).Draw(t, "stamps") {
			epoch = rapid.Uint64().Draw(t, "epoch")
			comment = actuator.Stamp(comment, epoch)
		}
		got, ok := actuator.EpochOf(comment)
		if !ok || got != epoch || !actuator.HasMark(comment, mark) || !strings.HasSuffix(comment, remark) || strings.Count(comment, "epoch=") != 1 {
			t.Fatalf("%q, %d", comment, epoch)
		}
	})
}

// Every state and reason has a word of its own.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for r := actuator.ReasonUnknown; r <= actuator.NotLeading; r++ {
		if w := r.String(); w == "invalid" || seen[w] {
			t.Errorf("reason %d: %q", r, w)
		} else {
			seen[w] = true
		}
	}
	if w := (actuator.NotLeading + 1).String(); w != "invalid" {
		t.Errorf("behind the last reason: %q", w)
	}
	if w := (actuator.Refused + 1).String(); w != "invalid" {
		t.Errorf("behind the last state: %q", w)
	}
}

func TestReportErr(t *testing.T) {
	of := func(rs ...actuator.RouterReport) error {
		return actuator.NewReport(actuator.Target{Service: "erp"}, rs).Err()
	}
	proven := actuator.RouterReport{Router: "a", State: actuator.Proven}
	behind := actuator.RouterReport{Router: "b", State: actuator.Behind, Reason: actuator.Unreachable}
	held := actuator.RouterReport{Router: "c", State: actuator.Refused, Reason: actuator.BothMasters}
	late := actuator.RouterReport{Router: "d", State: actuator.Refused, Reason: actuator.HigherEpoch}
	for name, c := range map[string]struct{ err, want error }{
		"proven":     {of(proven), nil},
		"nobody":     {of(), actuator.ErrBehind},
		"one behind": {of(behind, proven), actuator.ErrBehind},
		"held":       {of(behind, held, proven), actuator.ErrHeld},
		"superseded": {of(late, held), actuator.ErrSuperseded},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

// A call ends what Run is at and Run goes on with the call's work; nothing older
// is done after a call has begun.
func TestCrewTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := actuator.NewCrew([]string{"a", "b"}, actuator.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		var current, caught int
		do := func(n int, until time.Time) {
			work := func(ctx context.Context, router string) actuator.RouterReport {
				if current != n {
					t.Errorf("work of call %d after call %d began", n, current)
				}
				if router == "b" && time.Now().Before(until) {
					<-ctx.Done() // It does not answer.
					return actuator.Lost(router, context.Cause(ctx))
				}
				caught++
				return actuator.RouterReport{Router: router, State: actuator.Proven}
			}
			if _, err := c.Do(t.Context(), work, func(ctx context.Context) ([]actuator.RouterReport, bool) {
				current = n
				return c.All(ctx, work), false
			}); err != nil {
				t.Error(err)
			}
		}
		back := time.Now().Add(time.Hour)
		for n := 1; n <= 5; n++ {
			do(n, back)
			if got := c.Behind(); len(got) != 1 || got[0].Router != "b" {
				t.Errorf("call %d: behind %v", n, got)
			}
			time.Sleep(time.Duration(n) * 777 * time.Millisecond)
		}
		time.Sleep(2 * time.Hour)
		if got := c.Behind(); len(got) != 0 || caught != 6 {
			t.Errorf("behind %v, caught %d", got, caught)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A call whose caller gives up before its turn leaves the rest to Run.
func TestCrewGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := actuator.NewCrew([]string{"a"}, actuator.Options{Timeout: time.Minute})
		slow := func(context.Context) ([]actuator.RouterReport, bool) { time.Sleep(30 * time.Second); return nil, false }
		go c.Do(t.Context(), nil, slow) // It is only in the way.
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Do(ctx, nil, slow); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Minute)
	})
}
