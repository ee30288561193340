package replication

import (
	"maps"
	"time"

	"jembatan/health/replication/gtid"
)

// A History is what earlier rounds left for the next one. The zero value is the
// beginning. Judge returns a new one and never changes the one that it was
// given.
type History struct {
	Active string
	Epoch  uint64
	At     time.Time
	// Baseline is what each server had written itself when it was first seen in
	// this epoch. A standby whose own part grows after that made errant writes.
	Baseline map[string]gtid.Set
	// Self is how each server was last known to the others.
	Self map[string]Identity
	// Moved is when something last arrived on a link, by receiver and channel.
	Moved map[string]Movement
	// NoTx is the active server's count of commits without acknowledgement.
	NoTx map[string]int64
	// Ended is how many of its commits have ended their waiting, either way.
	Ended                map[string]int64
	SyncedAt, LosslessAt map[string]time.Time
}

// A Movement is what a link had received, and when that last changed; a zero
// time: it was seen once only.
type Movement struct {
	Received   string
	Heartbeats uint64
	At         time.Time
}

// Accept returns the history after a person judged the errant writes of a
// server: its next observation becomes the new baseline.
func (h History) Accept(server string) History {
	h.Baseline = maps.Clone(h.Baseline)
	delete(h.Baseline, server)
	return h
}

// next returns the history that the observations of s extend. A new epoch or
// another active server starts new baselines.
func (h History) next(s Sample) History {
	fresh := h.Epoch != s.Epoch || h.Active != s.Active
	out := History{
		Active: s.Active, Epoch: s.Epoch, At: s.Now,
		Baseline: cloned(h.Baseline), Self: cloned(h.Self), Moved: cloned(h.Moved),
		NoTx: cloned(h.NoTx), Ended: cloned(h.Ended), SyncedAt: cloned(h.SyncedAt), LosslessAt: cloned(h.LosslessAt),
	}
	if fresh {
		out.Baseline, out.NoTx, out.Ended = map[string]gtid.Set{}, map[string]int64{}, map[string]int64{}
	}
	for _, o := range s.Servers {
		if o.Failure.Reason != NoReason {
			continue
		}
		out.Self[o.Server] = o.Self
		if _, known := out.Baseline[o.Server]; !known && o.Comparable == Yes {
			out.Baseline[o.Server] = baseline(o, s)
		}
		for _, l := range o.Links {
			key := linkKey(o.Server, l.Channel)
			was, known := out.Moved[key]
			now := Movement{l.received(), l.Heartbeats, was.At}
			if known && (now.Received != was.Received || now.Heartbeats != was.Heartbeats) {
				now.At = o.At
			}
			out.Moved[key] = now
		}
	}
	return out
}

// baseline is what is no errant write of a server that is seen for the first time
// in an epoch: what it wrote before, also where only the active server holds that
// any more, since crash recovery may have thrown it away here and it comes back.
func baseline(o Observation, s Sample) gtid.Set {
	out := o.Executed.Of(o.Self.Wrote)
	for _, active := range s.Servers {
		if active.Server == s.Active && active.Failure.Reason == NoReason && active.Comparable == Yes {
			out = out.Plus(active.Executed.Of(o.Self.Wrote))
		}
	}
	return out
}

func cloned[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return maps.Clone(m)
}

func linkKey(server, channel string) string { return server + "/" + channel }

// received is what has arrived, as text to be compared.
func (l *Link) received() string {
	if l.ReceivedSet.Empty() {
		return l.Received.String()
	}
	return l.ReceivedSet.String()
}
