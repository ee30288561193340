package load

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// at makes a record that was begun and answered at milliseconds.
func at(from, to int64, by string, why Reason) Record {
	const ms = int64(time.Millisecond)
	return Record{Kind: HTTP, At: from * ms, End: to * ms, OK: why == "", By: by, Why: why}
}

func TestSummarise(t *testing.T) {
	records := []Record{
		at(0, 1, "main", ""), at(5, 6, "main", ""),
		at(10, 260, "", TimedOut), at(15, 16, "", Refused),
		at(25, 28, "backup", ""), at(20, 270, "", TimedOut), // written in the order of their ends
		at(30, 31, "backup", ""),
		at(35, 36, "", Reset),
	}
	want := Summary{
		Sent: 8, Lost: 4, By: map[string]int{"main": 2, "backup": 2}, Why: map[Reason]int{TimedOut: 2, Refused: 1, Reset: 1},
		Outages: []Outage{
			{From: 10e6, Until: 28e6, Lost: 3, Before: "main", After: "backup"},
			{From: 35e6, Lost: 1, Before: "backup"},
		},
	}
	got := Summarise(append(records, Record{Kind: SQL}), HTTP)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if o, _ := got.Longest(); o.Until != 0 {
		t.Errorf("the longest outage is %+v, not the one without an end", o)
	}
	if got, want := Summarise(records[:7], HTTP).String(), "7 sent, 3 lost, 1 refused, 2 timeout; 2 by backup; 2 by main; away 1 times, longest 18ms"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFirstGood(t *testing.T) {
	records := []Record{at(0, 1, "main", ""), at(9, 12, "main", ""), at(10, 11, "", Reset), at(20, 40, "backup", ""), at(25, 30, "backup", "")}
	for _, c := range []struct {
		since time.Duration
		by    string
		want  time.Duration
		ok    bool
	}{
		{8 * time.Millisecond, "", 4 * time.Millisecond, true},
		{8 * time.Millisecond, "backup", 22 * time.Millisecond, true}, // begun later, answered sooner
		{10 * time.Millisecond, "", 20 * time.Millisecond, true},
		{26 * time.Millisecond, "", 0, false},
		{0, "standby", 0, false},
	} {
		got, ok := FirstGood(records, HTTP, time.Unix(0, int64(c.since)), c.by)
		if got != c.want || ok != c.ok {
			t.Errorf("after %v by %q: %v %v, want %v %v", c.since, c.by, got, ok, c.want, c.ok)
		}
	}
}

// TestCounts: nothing is counted twice or left out, in whatever order it comes.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []Record
		lost := 0
		for i, good := range rapid.SliceOf(rapid.Bool()).Draw(t, "good") {
			why := Reset
			if good {
				why = ""
			} else {
				lost++
			}
			records = append(records, at(int64(i), int64(i+1), "x", why))
		}
		s := Summarise(rapid.Permutation(records).Draw(t, "order"), HTTP)
		sum := 0
		for i, o := range s.Outages {
			sum += o.Lost
			if o.Lost == 0 || o.Until == 0 && i != len(s.Outages)-1 {
				t.Fatalf("outage %+v", o)
			}
		}
		if s.Sent != len(records) || s.Lost != lost || sum != lost || s.By["x"] != len(records)-lost {
			t.Fatalf("%+v of %d records, %d lost", s, len(records), lost)
		}
	})
}

func TestMissing(t *testing.T) {
	records := []Record{
		{Kind: SQL, OK: true, ID: 7}, {Kind: SQL, ID: 8, Why: TimedOut}, {Kind: SQL, OK: true, ID: 9}, {Kind: SQL, OK: true, ID: 5}, {Kind: HTTP, OK: true},
	}
	if d := cmp.Diff([]int64{5, 9}, Missing(Acked(records), []int64{7, 8, 1})); d != "" {
		t.Error(d)
	}
}
