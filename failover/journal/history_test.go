package journal_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/failover/journal"
	"jembatan/failover/lease"
)

func seqs(entries []journal.Entry) []uint64 {
	out := []uint64{}
	for _, e := range entries {
		out = append(out, e.Seq)
	}
	return out
}

func TestHistory(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	const n = 250 // entries, one a second: more than two pages
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		for from := 1; from <= n; from += 50 {
			var entries []journal.Entry
			for i := from; i < from+50; i++ {
				entries = append(entries, journal.Entry{At: base.Add(time.Duration(i) * time.Second), Kind: journal.KindNote})
			}
			if err := j.Save(ctx, term, "erp", stateOf(uint64(from)), entries); err != nil {
				t.Fatal(err)
			}
		}
	})
	if all, err := j.History(t.Context(), "er", journal.Query{}); len(all) != 0 || err != nil {
		t.Errorf("%d entries of a service without any, err %v", len(all), err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := journal.Query{
			Newest: rapid.Bool().Draw(rt, "newest"),
			Limit:  rapid.IntRange(0, 300).Draw(rt, "limit"),
			Since:  base.Add(time.Duration(rapid.IntRange(-10, n+10).Draw(rt, "since")) * time.Second),
			After:  rapid.Uint64Range(0, n+10).Draw(rt, "after"),
			Before: rapid.Uint64Range(0, n+10).Draw(rt, "before"),
		}
		want := []uint64{}
		for i := uint64(1); i <= n; i++ {
			if i > q.After && (q.Before == 0 || i < q.Before) && !base.Add(time.Duration(i)*time.Second).Before(q.Since) {
				want = append(want, i)
			}
		}
		if q.Newest {
			slices.Reverse(want)
		}
		limit := q.Limit
		if limit == 0 {
			limit = journal.DefaultLimit
		}
		want = want[:min(limit, len(want))]
		got, err := j.History(context.Background(), "erp", q)
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, seqs(got)); d != "" {
			rt.Fatal(d)
		}
		if err := journal.Verify(got); err != nil {
			rt.Fatal(err)
		}
	})
}

// Entries that are too old or too many go, a few at a time, and the rest still
// verifies.
func TestPrune(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		save := func(at time.Time, n int) {
			t.Helper()
			entries := make([]journal.Entry, n)
			for i := range entries {
				entries[i] = journal.Entry{At: at, Kind: journal.KindNote}
			}
			if err := j.Save(ctx, term, "erp", stateOf(1), entries); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			save(old, 50)
		}
		for range 100 {
			save(old.Add(2*journal.KeepFor), 4)
		}
		got, err := j.History(ctx, "erp", journal.Query{Limit: 1000})
		if err != nil || len(got) != 400 || got[0].Seq != 151 {
			t.Fatalf("%d entries, err %v", len(got), err)
		}
		if err := journal.Verify(got); err != nil {
			t.Error(err)
		}
		j.Keep(200)
		for range 10 {
			save(old.Add(2*journal.KeepFor), 100)
		}
		got, err = j.History(ctx, "erp", journal.Query{Limit: 1000})
		if err != nil || len(got) != 200 {
			t.Fatalf("%d entries, err %v", len(got), err)
		}
		if err := journal.Verify(got); err != nil {
			t.Error(err)
		}
	})
}

// Whatever is done to an extract, short of cutting its ends off, shows.
func TestVerify(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	entries := slices.Concat(entriesOf(1, 5), entriesOf(2, 5))
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		if err := j.Save(ctx, term, "erp", stateOf(1), entries); err != nil {
			t.Fatal(err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, 6).Draw(t, "from")
		part := slices.Clone(entries[from : from+4])
		if rapid.Bool().Draw(t, "reversed") {
			slices.Reverse(part)
		}
		if err := journal.Verify(part); err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(1, 2).Draw(t, "which") // neither end
		switch rapid.IntRange(0, 5).Draw(t, "how") {
		case 0:
			part = slices.Delete(part, i, i+1)
		case 1:
			part[i], part[i+1] = part[i+1], part[i]
		case 2:
			part[i].Detail += "!"
		case 3:
			part = slices.Insert(part, i, part[i])
		case 4:
			part[i].At = part[i].At.Add(time.Nanosecond)
		case 5:
			part[i].Hash = part[i-1].Hash
		}
		if journal.Verify(part) == nil {
			t.Fatal("it does not show")
		}
	})
}
