package watch

import (
	"errors"
	"testing"
	"time"

	"jembatan/health/replication"
)

var (
	epoch0 = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	leads  = Active{Server: "main", Epoch: 7, Leading: true}
)

// well is a reading of an open server that nobody waits on, begun at a time.
func well(at time.Duration) replication.Observation {
	return replication.Observation{
		Server: "main", At: epoch0.Add(at), ReadOnly: replication.No, SemiSync: replication.SemiSync{Source: replication.No},
	}
}

// TestAttempts holds what tokens say of a server: of each case the steps, and what a
// reading that begins after some seconds makes of them.
func TestAttempts(t *testing.T) {
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	begin := func(s float64) func(*attempts) { return func(a *attempts) { a.begin(leads, epoch0.Add(at(s))) } }
	end := func(o outcome) func(*attempts) { return func(a *attempts) { a.end(leads, o) } }
	read := func(s float64, unacknowledged bool, change func(*replication.Observation)) func(*attempts) {
		return func(a *attempts) {
			o := well(at(s))
			change(&o)
			a.judge(leads, o, unacknowledged, o.At)
		}
	}
	acks := func(o *replication.Observation) {
		o.SemiSync = replication.SemiSync{Source: replication.Yes, Waiting: 1}
	}
	same := func(*replication.Observation) {}
	for _, tt := range []struct {
		name   string
		steps  []func(*attempts)
		active Active
		change func(*replication.Observation)
		want   writing
	}{
		{"nothing was tried", nil, leads, same, unsaid},
		{"committed", []func(*attempts){begin(0), end(committed)}, leads, same, writes},
		{"under way for a moment", []func(*attempts){begin(0), end(committed), begin(4.5)}, leads, same, writes},
		{"the first hangs", []func(*attempts){begin(0)}, leads, same, fails},
		{"one hangs", []func(*attempts){begin(0), end(committed), begin(3)}, leads, same, fails},
		{"not for long", []func(*attempts){begin(4.5)}, leads, same, unsaid},
		{"refused", []func(*attempts){begin(4.9), end(refused)}, leads, same, fails},
		{"refused, and the next under way", []func(*attempts){begin(0), end(refused), begin(4.9)}, leads, same, fails},
		{"and committed then", []func(*attempts){begin(0), end(refused), begin(4.9), end(committed)}, leads, same, writes},
		{"given up", []func(*attempts){begin(0), end(abandoned)}, leads, same, unsaid},
		{"the path", []func(*attempts){begin(0), end(unclear)}, leads, same, unsaid},
		{"it could not be read", []func(*attempts){begin(0), end(refused)}, leads, func(o *replication.Observation) { o.Failure.Reason = replication.NoAnswer }, unsaid},
		{"it was not read", []func(*attempts){begin(0), end(refused)}, leads, func(o *replication.Observation) { *o = replication.Observation{} }, unsaid},
		{"it is read-only", []func(*attempts){begin(0)}, leads, func(o *replication.Observation) { o.ReadOnly = replication.Yes }, unsaid},
		{"whether it is open is not known", []func(*attempts){begin(0)}, leads, func(o *replication.Observation) { o.ReadOnly = replication.FlagUnknown }, unsaid},
		{"we do not lead", []func(*attempts){begin(0)}, Active{Server: "main", Epoch: 7}, same, unsaid},
		{"another epoch", []func(*attempts){begin(0), end(refused)}, Active{Server: "main", Epoch: 8, Leading: true}, same, unsaid},
		{"another server", []func(*attempts){begin(0), end(refused)}, Active{Server: "backup", Epoch: 8, Leading: true}, same, unsaid},
		{"it waits for a standby", []func(*attempts){begin(0)}, leads, acks, unsaid},
		{"whether it waits is not known", []func(*attempts){begin(0)}, leads, func(o *replication.Observation) {
			o.SemiSync = replication.SemiSync{Source: replication.Yes, Waiting: -1}
		}, unsaid},
		{"without semi-sync", []func(*attempts){begin(0)}, leads, func(o *replication.Observation) { o.SemiSync = replication.SemiSync{Waiting: -1} }, fails},
		{"it waited, and the standby is back before the next token", []func(*attempts){begin(0), read(2, false, acks), end(abandoned)}, leads, same, unsaid},
		{"and its lock was in the way of the next", []func(*attempts){begin(0), read(2, false, acks), end(abandoned), begin(3), end(refused)}, leads, same, unsaid},
		{"nobody acknowledges", []func(*attempts){begin(0), read(2, true, same)}, leads, same, unsaid},
		{"a standby is waited for, as always", []func(*attempts){begin(0), read(0.01, false, acks)}, leads, same, fails},
		{"it waited, was committed, and hangs anew", []func(*attempts){begin(0), read(2, false, acks), end(committed), begin(3)}, leads, same, fails},
	} {
		a := &attempts{limit: time.Second}
		for _, step := range tt.steps {
			step(a)
		}
		o := well(5 * time.Second)
		tt.change(&o)
		if got, _ := a.judge(tt.active, o, false, o.At); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if got := a.latest(tt.active, o.At.Add(time.Second), time.Second); got != tt.want {
			t.Errorf("%s: later %v", tt.name, got)
		}
		if got := a.latest(tt.active, o.At.Add(time.Minute), time.Second); got != unsaid {
			t.Errorf("%s: a minute later %v", tt.name, got)
		}
	}
}

func TestOutcome(t *testing.T) {
	lost := errors.New("invalid connection")
	for _, tt := range []struct {
		err  error
		took time.Duration
		want outcome
	}{
		{nil, time.Minute, committed},
		{lost, 15 * time.Second, abandoned},
		{lost, time.Millisecond, unclear},
	} {
		if got := outcomeOf(tt.err, tt.took); got != tt.want {
			t.Errorf("%v after %v: %v, want %v", tt.err, tt.took, got, tt.want)
		}
	}
}
