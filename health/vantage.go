package health

import "time"

// A vantage is one observer at work.
type vantage struct {
	Vantage
	overdue time.Duration // silence after which it is late
	refs    map[string]*reference
	blind   bool // none of its references answers
	tracks  map[trackKey]*track
}

type trackKey struct{ server, probe string }

// A reference is one reference target. It is up or down, or not known.
type reference struct {
	up     bool
	misses int
	last   time.Time
}

func newVantage(v Vantage, c *Config) *vantage {
	// Two intervals and the probe itself; a fifth more because probers jitter.
	out := &vantage{
		Vantage: v, overdue: 2*v.Interval + v.Interval/5*2 + c.Timeout,
		refs: map[string]*reference{}, tracks: map[trackKey]*track{},
	}
	for _, name := range v.References {
		out.refs[name] = &reference{}
	}
	return out
}

// observe counts a sample, unless the vantage is blind: then what it misses is
// its own fault.
func (v *vantage) observe(s Sample, c *Config) {
	if v.blind {
		return
	}
	k := trackKey{s.Server, s.Probe}
	t := v.tracks[k]
	if t == nil {
		t = &track{}
		v.tracks[k] = t
	}
	t.observe(s, c, v.overdue)
}

// refer counts a reference. A vantage is blind sooner than it calls a server
// failed: after half as many misses of every reference. It starts from nothing
// when it sees again.
func (v *vantage) refer(r Reference, c *Config) {
	ref := v.refs[r.Target]
	if ref == nil || r.At.Before(ref.last) {
		return
	}
	ref.last = r.At
	if r.OK {
		ref.up, ref.misses = true, 0
	} else if ref.misses++; ref.misses >= max(1, c.Misses/2) {
		ref.up = false
	}
	v.settle(r.At)
}

// settle decides anew whether v is blind at now.
func (v *vantage) settle(now time.Time) {
	if len(v.refs) == 0 {
		return
	}
	seen, up := false, false
	for _, ref := range v.refs {
		seen = seen || !ref.last.IsZero()
		up = up || ref.up && now.Sub(ref.last) <= v.overdue
	}
	if blind := seen && !up; blind != v.blind {
		v.blind = blind
		clear(v.tracks)
	}
}

// abstains returns why v does not judge server at now, or None.
func (v *vantage) abstains(server string, now time.Time) Reason {
	switch {
	case v.On == server:
		return OnServer
	case v.blind:
		return SickReference
	}
	known := len(v.refs) == 0
	for _, ref := range v.refs {
		known = known || !ref.last.IsZero()
	}
	if !known {
		return UnknownReference
	}
	seen, fresh := false, false
	for k, t := range v.tracks {
		if k.server == server {
			seen, fresh = true, fresh || t.fresh(now, v.overdue)
		}
	}
	if seen && !fresh {
		return Late
	}
	return None
}
