package packet

import "time"

// A Keepalive is the setting "interval,retries" of an EoIP interface. The zero
// value means switched off: the interface then always runs.
type Keepalive struct {
	Interval time.Duration
	Retries  int
}

// stretch is what RouterOS makes of a second between keepalives: all gaps in
// captures of 7.18.2 are multiples of 1.04 s.
const stretch = 104

// Period returns the time between two keepalives that are sent.
func (k Keepalive) Period() time.Duration { return k.Interval / 100 * stretch }

// Timeout returns how long an interface runs after the last keepalive heard.
func (k Keepalive) Timeout() time.Duration { return k.Period() * time.Duration(k.Retries) }
