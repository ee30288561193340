package runner_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
)

// A note is durable when Note returns, is written only by who leads, and one
// that cannot be kept ends the term.
func TestNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &world{})
		entry := journal.Entry{Kind: journal.KindDrill, Detail: "begins"}
		if err := b.r.Note(t.Context(), entry); !errors.Is(err, runner.ErrNotLeading) {
			t.Errorf("without a term: %v", err)
		}
		over := make(chan error, 1)
		go func() { over <- b.r.Lead(t.Context(), runner.Term{Epoch: 5, Save: b.save}, failover.State{}) }()
		until(t, "leading", func() bool { return b.status(t).Leading })
		if err := b.r.Note(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		last := look(b.world, func(w *world) journal.Entry { return w.entries[len(w.entries)-1] })
		if last.Detail != "begins" || last.At.IsZero() || time.Since(last.At) != 0 {
			t.Errorf("kept %+v", last)
		}
		full := errors.New("no quorum")
		look(b.world, func(w *world) bool { w.saveFail = full; return true })
		if err := b.r.Note(t.Context(), entry); !errors.Is(err, full) {
			t.Errorf("not kept: %v", err)
		}
		if err := <-over; !errors.Is(err, full) {
			t.Errorf("the term ended with %v", err)
		}
	})
}
