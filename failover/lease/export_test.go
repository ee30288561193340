package lease

import (
	"context"
	"time"
)

// Clock is the clock of terms.
func Clock() time.Duration { return clock() }

// NewTerm makes a term of no store, good for good(granted) after sent.
func NewTerm(sent, granted time.Duration) (*Term, context.Context) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return newTerm(&Store{o: Options{TTL: granted}}, 7, 1, sent, granted, cancel), ctx
}

// Extend notes a renewal.
func (t *Term) Extend(sent time.Duration) { t.extend(sent) }

// End ends the term as resigning does.
func (t *Term) End() { t.end(errResigned) }
