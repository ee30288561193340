package runner

import (
	"context"
	"errors"
	"time"

	"jembatan/failover/journal"
)

// ErrNotLeading says that this runner does not act, so it writes no history.
var ErrNotLeading = errors.New("this controller does not lead the service")

// Note appends entries to the service's history under the present term, in
// order; those without a time get the present one. When it returns nil they are
// durable. An error of the store ends the term, as any does: whether they are
// there is then not known.
func (r *Runner) Note(ctx context.Context, entries ...journal.Entry) error {
	var bad error
	if err := r.call(ctx, func(l *loop) { bad = l.note(entries) }); err != nil {
		return err
	}
	return bad
}

func (l *loop) note(entries []journal.Entry) error {
	if l.term == nil {
		return ErrNotLeading
	}
	now := time.Now()
	for i := range entries {
		if entries[i].At.IsZero() {
			entries[i].At = now
		}
	}
	err := l.save(l.machine.State(), entries, now)
	if err != nil {
		l.end(err)
	}
	return err
}
