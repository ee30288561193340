package drill

import (
	"strings"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
)

// An End is how a move ended.
type End string

// Ends.
const (
	EndUnknown End = "" // it has not, as far as the journal goes
	Done       End = "done"
	Undone     End = "undone"      // taken back: clients are where they were
	UndoFailed End = "undo-failed" // it could not even be taken back
)

// A Move is what a journal tells of one move.
type Move struct {
	From    string          `json:"from,omitempty"`
	To      string          `json:"to"`
	Asked   time.Time       `json:"asked"` // when it was commanded, or a failure was certain
	Ended   time.Time       `json:"ended,omitzero"`
	End     End             `json:"end"`
	Why     failover.Reason `json:"why,omitempty"` // it was taken back
	Planned bool            `json:"planned"`       // commanded: nothing had to be detected
	Parts   Parts           `json:"parts"`
	Effects []Effect        `json:"effects"`
	Waits   []Wait          `json:"waits,omitempty"`
}

// An Effect is one thing that was done to servers or routers.
type Effect struct {
	Kind    string           `json:"kind"`
	Server  string           `json:"server"`
	Phase   failover.Phase   `json:"phase"`
	Began   time.Time        `json:"began"`
	Took    time.Duration    `json:"took"`
	Failure failover.Failure `json:"failure,omitempty"`
	Routers []string         `json:"routers,omitempty"` // that did not do it
	Detail  string           `json:"detail,omitempty"`
}

// A Wait is a time at which a move did not go on, and why.
type Wait struct {
	At     time.Time       `json:"at"`
	Reason failover.Reason `json:"reason"`
}

// Tell reads the first move out of entries of one service, which are in order.
// It needs nothing else, so whoever has the journal can count again.
func Tell(entries []journal.Entry) Move {
	t := teller{}
	for i := range entries {
		t.take(&entries[i])
		if t.m.End != EndUnknown {
			break
		}
	}
	t.split()
	return t.m
}

// A teller collects what splits a move.
type teller struct {
	m       Move
	first   time.Time // when the first effect began
	missed  time.Time // since when the old server was missed
	started bool
	steps   []step
}

// A step is one part of the move beginning.
type step struct {
	phase failover.Phase
	at    time.Time
}

func (t *teller) take(e *journal.Entry) {
	switch e.Kind { //nolint:exhaustive // The others say nothing about a move.
	case journal.KindCommand:
		if verb, _, _ := strings.Cut(e.Detail, " "); moves(verb) && !t.started {
			t.m.Asked, t.m.Planned = e.At, true
		}
	case journal.KindEvent:
		if since, ok := sinceOf(e.Detail); ok && !t.started && t.missed.IsZero() {
			t.missed = since
		}
	case journal.KindAlert:
		t.alert(e)
	case journal.KindPhase:
		t.phase(e)
	case journal.KindOutcome:
		t.outcome(e)
	}
}

func moves(verb string) bool {
	v, err := failover.ParseVerb(verb)
	return err == nil && (v == failover.Drill || v == failover.Switchover || v == failover.Failback || v == failover.Force)
}

// sinceOf finds the time from which a verdict counts.
func sinceOf(detail string) (time.Time, bool) {
	_, text, ok := strings.Cut(detail, " since ")
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}

func (t *teller) alert(e *journal.Entry) {
	switch e.Reason { //nolint:exhaustive // Only what bounds a move.
	case failover.ServerFailed:
		if !t.started && !t.m.Planned {
			t.m.Asked = e.At
		}
	case failover.MoveStarted:
		if !t.started {
			t.started, t.m.To = true, e.Server
			if t.m.Asked.IsZero() {
				t.m.Asked = e.At
			}
		}
	case failover.MoveDone:
		t.end(Done, e, failover.None)
	case failover.MoveUndone:
		t.end(Undone, e, failover.Reason(e.Detail))
	case failover.UndoFailed:
		t.end(UndoFailed, e, failover.UndoFailed)
	}
}

func (t *teller) end(how End, e *journal.Entry, why failover.Reason) {
	if t.started {
		t.m.End, t.m.Ended, t.m.Why = how, e.At, why
	}
}

func (t *teller) phase(e *journal.Entry) {
	switch e.Phase {
	case failover.Fence, failover.Drain, failover.Promote, failover.Switch, failover.Verify, failover.Undo:
		if t.started {
			t.steps = append(t.steps, step{e.Phase, e.At})
		}
	case failover.Held:
	case failover.PhaseUnknown, failover.Normal, failover.Suspect, failover.Partition, failover.FailedOver, failover.Rejoin,
		failover.FailbackReady, failover.Forked, failover.Maintenance:
		return
	}
	if t.started && e.Reason != failover.None && e.Phase != failover.Undo {
		t.m.Waits = append(t.m.Waits, Wait{e.At, e.Reason})
	}
}

func (t *teller) outcome(e *journal.Entry) {
	if !t.started || e.Action == nil || e.Outcome == nil {
		return
	}
	began := e.At.Add(-e.Outcome.Took)
	if began.Before(t.m.Asked) {
		return // Of before the move: a debt.
	}
	if t.m.From == "" {
		t.m.From = e.Action.From
	}
	if t.first.IsZero() || began.Before(t.first) {
		t.first = began
	}
	t.m.Effects = append(t.m.Effects, Effect{
		Kind: e.Action.Kind.String(), Server: e.Server, Phase: e.Phase, Began: began, Took: e.Outcome.Took, Failure: e.Outcome.Failure,
		Routers: e.Outcome.Routers, Detail: e.Outcome.Detail,
	})
}
