package watch

import (
	"context"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
)

// arrival is how long a standby may wait for what the active server held before
// it is read: under load the newest transactions are always on their way.
const arrival = 300 * time.Millisecond

// A judge reads round after round and keeps what one leaves for the next.
type judge struct {
	*databases

	history replication.History
	epoch   uint64         // the highest that was told of
	silent  silences       // of standbys, while tokens are in vain
	joined  joined         // links that were connected
	reads   sync.WaitGroup // readings under way
}

// rounds reads until ctx ends.
func (d *databases) rounds(ctx context.Context, sink Sink) error {
	j := &judge{databases: d, silent: make(silences)}
	defer j.reads.Wait()
	j.once(ctx, sink)
	return each(ctx, d.round, func(time.Time) { j.once(ctx, sink) })
}

// once makes one round. If somebody else became active meanwhile, what was seen
// says nothing about either, and is dropped.
func (j *judge) once(ctx context.Context, sink Sink) {
	active := j.w.o.Active()
	seen := j.read(ctx, active.Server)
	now := time.Now()
	if ctx.Err() != nil || j.w.o.Active() != active {
		return
	}
	rules := j.rules
	rules.Tokens = active.Leading
	for _, server := range j.w.accepted.take() {
		j.history = j.history.Accept(server)
	}
	r, h := replication.Judge(j.history, replication.Sample{
		Now: now, Active: active.Server, Epoch: active.Epoch, Servers: seen, Tokens: j.sent(active),
	}, rules)
	j.history = h
	said, inVain := j.writes.judge(active, observed(seen, active.Server), unacknowledged(r), now)
	mute := j.silent.mute(r, seen, inVain)
	if said != fails {
		mute = nil
	}
	j.joined = j.joined.after(r)
	for _, s := range peerSamples(r, j.joined, mute) {
		sink.Sample(ctx, s)
	}
	j.tellEpoch(ctx, active, seen, now, sink)
	for _, c := range Changes(r, j.passed(now)) {
		sink.Event(ctx, c)
	}
	j.w.o.Report(r)
}

// observed is what was seen of a server; the zero value: nothing.
func observed(seen []replication.Observation, server string) replication.Observation {
	for _, o := range seen {
		if o.Server == server {
			return o
		}
	}
	return replication.Observation{}
}

// read observes all servers: the active one first, so that the others can only
// be newer than what they are compared with. One that hung the last time is not
// waited for: a round then takes hardly longer than without it. The result is in
// the order of the servers.
func (j *judge) read(ctx context.Context, active string) []replication.Observation {
	out := make([]replication.Observation, len(j.servers))
	var after gtid.Set
	for i, s := range j.servers {
		j.forget(s)
		if s.name != active {
			continue
		}
		j.start(ctx, s, replication.ReadOptions{})
		if !s.hung {
			out[i] = s.wait(ctx, time.Now().Add(j.limit))
			after = out[i].Executed
		}
	}
	for _, s := range j.servers {
		if s.name != active {
			j.start(ctx, s, replication.ReadOptions{After: after, Wait: arrival})
		}
	}
	now := time.Now()
	for i, s := range j.servers {
		if out[i].Server != "" {
			continue
		}
		patience := j.limit
		if s.hung {
			patience = j.round / 2
		}
		out[i] = s.wait(ctx, now.Add(patience))
	}
	return out
}

// forget drops the result of a reading that came too late for its round: it is
// older than what it would be compared with. A server that answers late is waited
// for the next time.
func (j *judge) forget(s *server) {
	select {
	case o := <-s.reading:
		s.reading = nil
		s.hung = s.hung && o.Failure.Reason == replication.NoAnswer
	default:
	}
}

// start begins to read a server, unless an earlier reading is still under way.
func (j *judge) start(ctx context.Context, s *server, o replication.ReadOptions) {
	if s.reading != nil {
		return
	}
	out := make(chan replication.Observation, 1)
	s.reading, s.began = out, time.Now()
	target := replication.Target{Name: s.name, Engine: j.engine(), DB: s.check}
	j.reads.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, j.limit)
		defer cancel()
		out <- replication.Read(ctx, target, o)
	})
}

// wait returns what the reading under way has found by a time, or that there was
// no answer.
func (s *server) wait(ctx context.Context, until time.Time) replication.Observation {
	enough := time.NewTimer(time.Until(until))
	defer enough.Stop()
	select {
	case o := <-s.reading:
		s.reading = nil
		s.hung = o.Failure.Reason == replication.NoAnswer && time.Since(s.began) > impatience
		return o
	case <-enough.C:
	case <-ctx.Done():
	}
	s.hung = true
	return replication.Observation{
		Server: s.name, At: s.began, Failure: replication.Failure{Reason: replication.NoAnswer, Detail: "no answer yet"},
	}
}

// impatience is how long a failed reading may have taken that is no hanging: a
// refused connection is an answer.
const impatience = 100 * time.Millisecond

// tellEpoch tells of a higher epoch that a server has noted, once.
func (j *judge) tellEpoch(ctx context.Context, active Active, seen []replication.Observation, now time.Time, sink Sink) {
	highest := max(j.epoch, active.Epoch)
	for _, o := range seen {
		for _, t := range o.Tokens {
			highest = max(highest, t.Epoch)
		}
	}
	if highest > max(j.epoch, active.Epoch) {
		sink.Event(ctx, failover.EpochSeen{Time: now, Epoch: highest})
	}
	j.epoch = highest
}
