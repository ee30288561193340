package runner

import (
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// flapEvery is how often the history tells of a doubt that comes and goes. A
// link that loses packets would otherwise push everything else out of it.
const flapEvery = 30 * time.Second

// flaps remembers what was told lately about doubts.
type flaps struct {
	told    map[string]time.Time
	verdict map[string]health.Verdict // the latest of each server
}

func newFlaps() flaps {
	return flaps{told: map[string]time.Time{}, verdict: map[string]health.Verdict{}}
}

// lately reports whether something was told within flapEvery, and if not notes
// that it is told now.
func (f *flaps) lately(what string, now time.Time) bool {
	if last, ok := f.told[what]; ok && now.Sub(last) < flapEvery {
		return true
	}
	f.told[what] = now
	return false
}

// doubt reports whether a change of verdict is not worth an entry: nobody failed
// or came back, and the like was told lately.
func (f *flaps) doubt(v failover.VerdictChanged, now time.Time) bool {
	was := f.verdict[v.Server]
	f.verdict[v.Server] = v.Verdict
	grave := v.Verdict == health.Failed || was == health.Failed || v.Split || v.Load
	return !grave && f.lately("verdict "+v.Verdict.String()+" "+v.Server, now)
}

// passing reports whether an action only tells once more that a server is
// doubted, or no longer.
func (f *flaps) passing(a failover.Action, was failover.Phase, now time.Time) bool {
	switch {
	case a.Kind == failover.Alert && a.Reason == failover.ServerSuspect:
		return f.lately("suspect "+a.Server, now)
	case a.Kind == failover.Record && (a.Phase == failover.Suspect || was == failover.Suspect):
		return f.lately("phase "+a.Phase.String(), now)
	}
	return false
}
