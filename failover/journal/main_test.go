package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/lease"
	"jembatan/failover/lease/leasetest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		if err := child(role); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, o lease.Options) *lease.Store {
	t.Helper()
	s, err := lease.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func cluster(t *testing.T) *leasetest.Cluster {
	t.Helper()
	c, err := leasetest.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// lead lets act work in one term.
func lead(t testing.TB, s *lease.Store, act func(ctx context.Context, term *lease.Term)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	acted := false
	err := s.Lead(ctx, func(ctx context.Context, term *lease.Term) error {
		defer cancel()
		acted = true
		act(ctx, term)
		return nil
	})
	if !acted || !errors.Is(err, context.Canceled) {
		t.Fatalf("Lead: %v", err)
	}
}

// stateOf is a state that tells its number.
func stateOf(n uint64) failover.State {
	return failover.State{Phase: failover.Switch, Active: "a", Epoch: n, LastID: n, Pending: map[uint64]failover.Action{
		n: {ID: n, Kind: failover.Rewrite, Service: "erp", Phase: failover.Switch},
	}}
}

// entriesOf are n entries, the first of which tells a number.
func entriesOf(number uint64, n int) []journal.Entry {
	out := make([]journal.Entry, n)
	for i := range out {
		out[i] = journal.Entry{
			At: time.Date(2026, 1, 1, 0, 0, int(number), 0, time.UTC), Kind: journal.KindIntent,
			Action: &failover.Action{ID: number, Kind: failover.Rewrite, Phase: failover.Switch}, Detail: fmt.Sprint(i),
		}
	}
	return out
}
