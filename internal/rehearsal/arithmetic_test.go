//go:build linux

package rehearsal

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/internal/load"
)

func TestGaps(t *testing.T) {
	ms := func(n int64) int64 { return n * int64(time.Millisecond) }
	page := func(at, end int64, ok bool) load.Record {
		r := load.Record{Kind: load.HTTP, At: ms(at), End: ms(end), OK: ok}
		if !ok {
			r.Why = load.TimedOut
		}
		return r
	}
	for name, c := range map[string]struct {
		records []load.Record
		since   int64
		want    Use
	}{
		"nothing":       {nil, 100, Use{}},
		"from a fault":  {[]load.Record{page(0, 1, true), page(101, 351, false), page(200, 400, true), page(410, 411, true)}, 100, Use{3, 1, Gap{Took: 300 * time.Millisecond}, map[load.Reason]int{load.TimedOut: 1}}},
		"answered late": {[]load.Record{page(90, 110, true), page(120, 121, true)}, 100, Use{1, 0, Gap{Took: 11 * time.Millisecond}, nil}},
		"out of order":  {[]load.Record{page(130, 131, true), page(110, 111, true)}, 100, Use{2, 0, Gap{Took: 20 * time.Millisecond}, nil}},
		"for ever":      {[]load.Record{page(90, 110, true), page(120, 1120, false)}, 100, Use{1, 1, Gap{Took: 1010 * time.Millisecond, Open: true}, map[load.Reason]int{load.TimedOut: 1}}},
	} {
		if diff := cmp.Diff(c.want, UseOf(c.records, time.Unix(0, ms(c.since)))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	uses := map[string]Use{"a": {Gap: Gap{Took: 3}}, "b": {Gap: Gap{Took: 1, Open: true}}, "c": {Gap: Gap{Took: 2}}}
	if got := worst(uses, nil); got != uses["b"].Gap {
		t.Errorf("one that never ended is the worst, not %v", got)
	}
	if got := worst(uses, []string{"c"}); got != uses["c"].Gap {
		t.Errorf("only one way counts: %v", got)
	}
}

func TestOverlaps(t *testing.T) {
	sight := func(to, by string, at, end int64, takes bool) Sight {
		return Sight{From: "client", To: to, At: at, End: end, By: by, Takes: takes}
	}
	times := Writables([]Sight{
		sight("x", "main", 0, 5, true), sight("x", "main", 20, 25, true), sight("x", "main", 40, 90, true), sight("x", "main", 100, 105, false),
		sight("y", "backup", 30, 35, true), sight("y", "backup", 50, 55, true), sight("y", "main", 60, 65, true),
		sight("x", "backup", 120, 125, true),
	})
	want := []Writable{
		{"main", "client", "x", 0, 5, 40, 90},
		{"backup", "client", "y", 30, 35, 50, 55},
		{"main", "client", "y", 60, 65, 60, 65},
		{"backup", "client", "x", 120, 125, 120, 125},
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Error(diff)
	}
	// Main took one between 40 and 90, so for certain it did until 40; backup did
	// from 35 for certain.
	got := Overlaps(times, func(Writable, Writable) bool { return true })
	if len(got) != 1 || got[0].Took != 5 || got[0].From.UnixNano() != 35 || got[0].Servers != [2]string{"main", "backup"} {
		t.Errorf("%v", got)
	}
	if n := len(Overlaps(times, func(Writable, Writable) bool { return false })); n != 0 {
		t.Errorf("%d overlaps of pairs that do not count", n)
	}
}

func TestSpread(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(100-i))
	}
	if got := SpreadOf(all); got != (Spread{50, 95, 100}) {
		t.Errorf("%v", got)
	}
	if got := SpreadOf(all[:3]); got != (Spread{99, 100, 100}) {
		t.Errorf("%v", got)
	}
	if got := SpreadOf(nil); got != (Spread{}) {
		t.Errorf("%v", got)
	}
}

// TestCheck breaks each expectation by itself.
func TestCheck(t *testing.T) {
	e := Expect{
		Active: []string{"backup"}, Phase: []failover.Phase{failover.FailedOver}, Switches: 1, Gap: time.Second, Alerts: []failover.Reason{failover.MoveDone},
	}
	good := func() *Result {
		return &Result{
			Active: "backup", Phase: failover.FailedOver, Switched: 1, Acked: 10, Alerts: []failover.Reason{failover.MoveDone},
			Pages: map[string]Use{"jkt": {Gap: Gap{Took: 900 * time.Millisecond}}},
		}
	}
	if broken := e.Check(good(), 1); len(broken) != 0 {
		t.Errorf("a good result breaks %v", broken)
	}
	for want, spoil := range map[string]func(*Result){
		"ends at":           func(r *Result) { r.Active = "main" },
		"phase":             func(r *Result) { r.Phase = failover.Held },
		"2 switches":        func(r *Result) { r.Switched = 2 },
		"0 switches":        func(r *Result) { r.Switched = 0 },
		"are lost":          func(r *Result) { r.Lost = 1 },
		"before anything":   func(r *Result) { r.Early = 1 },
		"no row":            func(r *Result) { r.Acked = 0 },
		"no alert":          func(r *Result) { r.Alerts = nil },
		"took writes at":    func(r *Result) { r.Two = []Overlap{{}} },
		"of the segment":    func(r *Result) { r.Own = []Overlap{{Took: 1}} },
		"not at most 1s":    func(r *Result) { r.Pages["jkt"] = Use{Gap: Gap{Took: 2 * time.Second}} },
		"no good page in t": func(r *Result) { r.Pages["jkt"] = Use{Gap: Gap{Took: time.Second, Open: true}} },
	} {
		r := good()
		spoil(r)
		if broken := e.Check(r, 1); len(broken) != 1 || !strings.Contains(broken[0], want) {
			t.Errorf("%s: %v", want, broken)
		}
	}
}

func TestPrint(t *testing.T) {
	part := 300 * time.Millisecond
	r := &Result{Scenario: "power-off", Variant: "nat lan", Acked: 5, Active: "backup", Phase: failover.FailedOver, PageGap: Gap{Took: 431 * time.Millisecond}, Broken: []string{"it is late"}}
	r.Parts.Detect = &part
	r.Rivals = map[string]Use{"keepalived 1 s": {Gap: Gap{Took: 3500 * time.Millisecond}}}
	rows := Summarise([]*Result{r, r}, []Scenario{{Name: "power-off"}})
	for form, want := range map[Form][]string{
		Text:     {"power-off  nat lan  2     431 ms / 431 ms / 431 ms", "BROKEN power-off: it is late", "keepalived 1 s beside power-off: no page for 3.50 s"},
		Markdown: {"| power-off | nat lan | 2 | 431 ms / 431 ms / 431 ms | – | detect 300 ms | 0 | 0 of 10 | 0 | 0 | – | 0 % | backup failed-over |"},
		JSON:     {`"scenario": "power-off"`},
	} {
		var b strings.Builder
		if err := Print(&b, rows, form); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: no %q in\n%s", form, w, b.String())
			}
		}
	}
}
