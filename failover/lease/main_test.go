package lease_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jembatan/failover/lease"
	"jembatan/failover/lease/leasetest"
)

// childDir makes this program open a directory, print the error and end.
const childDir = "JEMBATAN_TEST_LEASE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		s, err := lease.Open(context.Background(), lease.Options{Dir: dir})
		fmt.Println(s, err)
		return
	}
	goleak.VerifyTestMain(m)
}

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

// A reign is a Lead that runs beside the test. Its terms come through won, and
// act goes on until its context ends or the test lets it go.
type reign struct {
	won  chan won
	let  chan struct{}
	done chan error
}

type won struct {
	ctx  context.Context //nolint:containedctx // what act was given
	term *lease.Term
}

// lead begins a Lead and ends it with the test.
func lead(t *testing.T, s *lease.Store) *reign {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &reign{won: make(chan won, 10), let: make(chan struct{}), done: make(chan error, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.done <- s.Lead(ctx, func(ctx context.Context, term *lease.Term) error {
			r.won <- won{ctx, term}
			select {
			case <-ctx.Done():
			case <-r.let:
			}
			return ctx.Err()
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return r
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s after %s", what, patience)
		panic("unreachable")
	}
}

// seen is what Observe was told.
type seen struct {
	holder string
	epoch  uint64
	err    error
}

func observer() (chan seen, func(string, uint64, error)) {
	c := make(chan seen, 1000)
	return c, func(holder string, epoch uint64, err error) {
		select {
		case c <- seen{holder, epoch, err}:
		default:
		}
	}
}

// mustBeOver checks that a term is over in every way.
func mustBeOver(t *testing.T, w won) {
	t.Helper()
	within(t, "end of the term", w.term.Done())
	within(t, "end of act's context", w.ctx.Done())
	if w.term.Valid() {
		t.Error("the term is valid after its end")
	}
	if cause := context.Cause(w.ctx); !errors.Is(cause, lease.ErrNotLeading) {
		t.Errorf("act's context ended with %v", cause)
	}
	if err := w.term.Confirm(context.Background()); !errors.Is(err, lease.ErrNotLeading) {
		t.Errorf("Confirm: %v", err)
	}
	if _, _, err := w.term.Commit(context.Background(), nil); !errors.Is(err, lease.ErrNotLeading) {
		t.Errorf("Commit: %v", err)
	}
}
