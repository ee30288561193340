package lease_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jembatan/failover/lease"
)

func open(t *testing.T, o lease.Options) *lease.Store {
	t.Helper()
	s, err := lease.Open(t.Context(), o)
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

// errDone ends a Lead from within act.
var errDone = errors.New("done")

// lead lets act work in one term and returns when leadership has been given up.
func lead(t *testing.T, s *lease.Store, act func(ctx context.Context, term *lease.Term)) {
	t.Helper()
	err := s.Lead(t.Context(), func(ctx context.Context, term *lease.Term) error {
		act(ctx, term)
		return errDone
	})
	if !errors.Is(err, errDone) {
		t.Fatalf("Lead: %v", err)
	}
}

// Nothing is left of a store, and epochs grow over restarts of the member.
func TestRestart(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	var last uint64
	for range 3 {
		began := time.Now()
		s, err := lease.Open(t.Context(), lease.Options{Dir: dir, Holder: "one"})
		if err != nil {
			t.Fatal(err)
		}
		opened := time.Since(began)
		lead(t, s, func(ctx context.Context, term *lease.Term) {
			t.Logf("open %s, leader %s", opened, time.Since(began))
			if term.Epoch() <= last {
				t.Errorf("epoch %d after %d", term.Epoch(), last)
			}
			last = term.Epoch()
			if err := term.Confirm(ctx); err != nil || !term.Valid() {
				t.Errorf("valid %v, confirmed: %v", term.Valid(), err)
			}
			holder, epoch, err := s.Leader(ctx)
			if holder != "one" || epoch != last || err != nil {
				t.Errorf("leader %q epoch %d err %v", holder, epoch, err)
			}
		})
		if holder, _, err := s.Leader(t.Context()); holder != "" || err != nil {
			t.Errorf("leader %q after resigning, err %v", holder, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
