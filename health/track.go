package health

import "time"

// A track is what one vantage made of one probe of one server.
type track struct {
	view   Verdict
	misses int // in a row, of any kind
	sure   int // of them the latest in a row that are evidence
	rises  int
	load   int       // busy answers in a row
	last   time.Time // of the latest sample
	lastOK time.Time // when the latest good probe began
	began  time.Time // when the first of the misses began
	rtt    time.Duration
	reason Reason
}

// observe counts s. overdue is the longest gap between two samples that are
// still in a row.
func (t *track) observe(s Sample, c *Config, overdue time.Duration) {
	if s.Reason == ProberFailed || s.At.Before(t.last) {
		return
	}
	if !t.last.IsZero() && s.At.Sub(t.last) > overdue {
		*t = track{}
	}
	t.last, t.rtt, t.reason = s.At, s.RTT, s.Reason
	switch {
	case s.Reason.Load() && !c.LoadFails:
		t.load++
		t.misses, t.sure = 0, 0
		if s.OK {
			t.rise(s, c.Rises)
		} else {
			t.rises = 0
		}
	case s.OK && !s.Reason.Load():
		t.load, t.misses, t.sure = 0, 0, 0
		t.rise(s, c.Rises)
	default:
		t.miss(s, c)
	}
}

func (t *track) rise(s Sample, enough int) {
	t.lastOK = s.Began()
	if t.rises++; t.rises >= enough {
		t.view = Healthy
	}
}

func (t *track) miss(s Sample, c *Config) {
	t.rises, t.load = 0, 0
	if t.misses++; t.misses == 1 {
		t.began = s.Began()
	}
	if t.sure++; !s.Reason.Sure() {
		t.sure = 0
	}
	if t.misses >= c.Misses || t.sure >= c.SureMisses {
		t.view = Failed
	}
}

// fresh reports whether the latest sample still counts at now.
func (t *track) fresh(now time.Time, overdue time.Duration) bool {
	return !t.last.IsZero() && now.Sub(t.last) <= overdue
}
