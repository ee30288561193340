package watch

import (
	"context"
	"time"

	"jembatan/health"
	"jembatan/health/replication"
)

// tellWrites says each interval whether the active server takes writes, as the
// latest round has found. A round may be longer than an interval: it waits for
// standbys.
func (d *databases) tellWrites(ctx context.Context, sink Sink) error {
	interval := d.w.service.Policy.Interval
	within := 2*d.round + arrival
	return each(ctx, interval, func(now time.Time) {
		active := d.w.o.Active()
		s := health.Sample{Server: active.Server, Probe: writeProbe, Vantage: controller, At: now}
		switch d.writes.latest(active, now, within) {
		case unsaid:
			return
		case writes:
			s.OK = true
		case fails:
			s.Reason = health.WriteFailed
		}
		sink.Sample(ctx, s)
	})
}

// A silence is what a standby had received from the active server when it was first
// read after a token was written in vain.
type silence struct {
	since    time.Time // of the tokens in vain
	received string
	beats    uint64
}

// silences are the links to standbys, while tokens are in vain.
type silences map[string]silence

// mute returns the standbys that confirm that nothing is committed on the active
// server: its heartbeats arrive, which it sends when it has nothing to send, and
// since the tokens are in vain nothing else has. Whether a standby has applied what
// arrived does not matter.
func (s silences) mute(r replication.Report, seen []replication.Observation, since time.Time) map[string]bool {
	if since.IsZero() {
		clear(s)
		return nil
	}
	out := make(map[string]bool)
	for _, o := range seen {
		if o.Server == r.Active || o.Failure.Reason != replication.NoReason || o.At.Before(since) {
			continue
		}
		for _, l := range o.Links {
			if fromActive(r, o.Server, l.Channel) && s.hears(o.Server+"/"+l.Channel, l, since) {
				out[o.Server] = true
			}
		}
	}
	return out
}

// hears reports whether heartbeats, and nothing else, have arrived on a link.
func (s silences) hears(key string, l replication.Link, since time.Time) bool {
	if l.IO != replication.Running || l.IOErrno != 0 || l.HeartbeatsKnown != replication.Yes || l.ReceivedKnown != replication.Yes {
		delete(s, key)
		return false
	}
	now := silence{since: since, received: l.Received.String() + " " + l.ReceivedSet.String(), beats: l.Heartbeats}
	was, known := s[key]
	if !known || !was.since.Equal(since) || was.received != now.received || now.beats < was.beats {
		s[key] = now
		return false
	}
	return now.beats > was.beats
}

// fromActive reports whether a link leads from the active server.
func fromActive(r replication.Report, to, channel string) bool {
	for i := range r.Links {
		if l := &r.Links[i]; l.To == to && l.Channel == channel {
			return l.From == r.Active && l.From != ""
		}
	}
	return false
}

// unacknowledged reports whether the active server's commits wait for standbys and
// none of those acknowledges.
func unacknowledged(r replication.Report) bool {
	if r.Server(r.Active).Waits != replication.Yes {
		return false
	}
	for i := range r.Servers {
		if r.Servers[i].Acking == replication.Yes {
			return false
		}
	}
	return true
}
