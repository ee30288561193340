package journal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/lease"
)

func open(t testing.TB, dir string) *lease.Store {
	t.Helper()
	s, err := lease.Open(context.Background(), lease.Options{Dir: dir, Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var errDone = errors.New("done")

// lead lets act work in one term.
func lead(t testing.TB, s *lease.Store, act func(ctx context.Context, term *lease.Term)) {
	t.Helper()
	err := s.Lead(context.Background(), func(ctx context.Context, term *lease.Term) error {
		act(ctx, term)
		return errDone
	})
	if !errors.Is(err, errDone) {
		t.Fatalf("Lead: %v", err)
	}
}

func stateOf(n int) failover.State {
	return failover.State{Phase: failover.Normal, Active: "a", LastID: uint64(n), Pending: map[uint64]failover.Action{
		uint64(n): {ID: uint64(n), Kind: failover.Rewrite, Service: "erp", Phase: failover.Switch},
	}}
}

func TestSaveLoad(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	j := journal.New(s)
	ctx := t.Context()
	if _, found, err := j.Load(ctx, "erp"); found || err != nil {
		t.Fatalf("found %v in an empty store, err %v", found, err)
	}
	entries := []journal.Entry{
		{At: time.Now(), Kind: journal.KindEvent, Detail: "one\xff<&>"},
		{At: time.Now(), Kind: journal.KindIntent, Action: &failover.Action{ID: 3, Kind: failover.Unblock}},
	}
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		if err := j.Save(ctx, term, "erp", stateOf(7), entries); err != nil {
			t.Fatal(err)
		}
		if err := j.PutReport(ctx, term, "erp", "drill/1", []byte("fine")); err != nil {
			t.Fatal(err)
		}
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	j = journal.New(open(t, dir))
	got, found, err := j.Load(ctx, "erp")
	if !found || err != nil {
		t.Fatalf("found %v, err %v", found, err)
	}
	if d := cmp.Diff(stateOf(7), got); d != "" {
		t.Error(d)
	}
	history, err := j.History(ctx, "erp", journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(entries, history); d != "" {
		t.Error(d)
	}
	if err := journal.Verify(history); err != nil {
		t.Error(err)
	}
	body, err := j.Report(ctx, "erp", "drill/1")
	if string(body) != "fine" || err != nil {
		t.Errorf("report %q, err %v", body, err)
	}
}
