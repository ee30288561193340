package lease_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jembatan/failover/lease"
)

// A term is over when its time has come, though no timer has run, and no renewal
// brings it back, whenever it was sent.
func TestTermEnds(t *testing.T) {
	const ttl = 10 * time.Second
	term, ctx := lease.NewTerm(lease.Clock()-ttl, ttl)
	if term.Valid() {
		t.Error("valid after its time")
	}
	term.Extend(lease.Clock())
	if term.Valid() {
		t.Error("valid again")
	}
	within(t, "end", term.Done())
	if !errors.Is(context.Cause(ctx), lease.ErrNotLeading) {
		t.Error(context.Cause(ctx))
	}
}

// A timer ends a term that nobody asks about.
func TestTermRings(t *testing.T) {
	term, ctx := lease.NewTerm(lease.Clock(), 20*time.Millisecond)
	within(t, "end of act's context", ctx.Done())
	within(t, "end", term.Done())
}

// Whatever renewals are noted, in whatever order: the term is valid exactly as
// long as the newest of those noted in time is young enough, and once it is not
// it stays so.
func TestTermProperty(t *testing.T) {
	const hour = time.Hour // nothing happens by itself
	rapid.Check(t, func(t *rapid.T) {
		began := lease.Clock()
		age := func(label string) time.Duration {
			return time.Duration(rapid.IntRange(0, 100).Draw(t, label)) * time.Minute
		}
		newest := began - age("first")
		term, _ := lease.NewTerm(newest, hour)
		defer term.End()
		good := func() bool { return began-newest < 54*time.Minute }
		over := !good()
		for range rapid.IntRange(0, 10).Draw(t, "renewals") {
			if got := term.Valid(); got == over {
				t.Fatalf("valid %v, over %v", got, over)
			}
			sent := began - age("sent")
			term.Extend(sent)
			if !over {
				newest = max(newest, sent)
			}
			over = over || !good()
		}
		term.End()
		if term.Valid() {
			t.Fatal("valid after its end")
		}
	})
}
