package watch

import (
	"sync"
	"time"

	"jembatan/health/replication"
)

// attempts are the tokens that were tried on the active server, and what that says
// about it. It is safe for concurrent use.
//
// It cannot write when it refused for a reason of its own, or when a token has been
// on its way for longer than limit, and a reading that began after that found the
// server well, open, and nobody waiting for a standby's acknowledgement. A run of
// tokens in vain in which somebody did wait for one says nothing until a token has
// been committed again: what waits is the standbys' matter.
type attempts struct {
	limit time.Duration

	mu      sync.Mutex // guards what follows
	of      Active
	began   time.Time // of the token under way; zero: none
	since   time.Time // when the first of the tokens in vain began; zero: none is
	last    outcome
	excused bool
	told    writing
	at      time.Time // of told
}

// A writing is what a round says of the active server's writes.
type writing uint8

// Writings.
const (
	unsaid writing = iota
	writes
	fails
)

// begin notes that a token sets out.
func (a *attempts) begin(active Active, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.become(active)
	a.began = now
	if a.since.IsZero() {
		a.since = now
	}
}

// end notes what became of it.
func (a *attempts) end(active Active, o outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of != active {
		return
	}
	a.began, a.last = time.Time{}, o
	switch o {
	case committed, unclear:
		a.since, a.excused = time.Time{}, false
	case refused, abandoned:
	}
}

// become forgets everything when somebody else is active, in another epoch, or
// leads.
func (a *attempts) become(active Active) {
	if a.of == active {
		return
	}
	a.of, a.began, a.since, a.last, a.excused, a.told, a.at = active, time.Time{}, time.Time{}, unclear, false, unsaid, time.Time{}
}

// judge says what a round has found: the reading of the active server, and whether
// its commits wait for standbys of which none acknowledges. The time is when the
// tokens in vain began, those under way among them; zero: none is.
func (a *attempts) judge(active Active, o replication.Observation, unacknowledged bool, now time.Time) (writing, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.become(active)
	a.told, a.at = a.verdict(o, unacknowledged), now
	return a.told, a.since
}

func (a *attempts) verdict(o replication.Observation, unacknowledged bool) writing {
	if !a.of.Leading || o.Server == "" || o.Server != a.of.Server || o.Failure.Reason != replication.NoReason || o.ReadOnly != replication.No {
		return unsaid
	}
	hangs := !a.began.IsZero() && o.At.Sub(a.began) >= a.limit
	if (hangs || a.last == refused) && (unacknowledged || waiting(o.SemiSync)) {
		a.excused = true
	}
	switch {
	case a.excused:
		return unsaid
	case hangs, a.last == refused:
		return fails
	case a.last == committed:
		return writes
	}
	return unsaid
}

// waiting reports whether a session may wait for an acknowledgement.
func waiting(s replication.SemiSync) bool {
	return s.Waiting > 0 || s.Source == replication.Yes && s.Waiting < 0
}

// latest is what the latest round said, if that is not longer ago than within.
func (a *attempts) latest(active Active, now time.Time, within time.Duration) writing {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of != active || now.Sub(a.at) > within {
		return unsaid
	}
	return a.told
}
