package replication

import (
	"slices"
	"time"
)

// keptTokens is how many sent tokens are remembered: ten minutes at one a second.
const keptTokens = 600

// A TokenLog remembers when each token was written to the active server, by the
// controller's own clock: the clocks of the servers do not matter. The zero value is empty.
type TokenLog struct{ sent []sentToken }

type sentToken struct {
	value uint64
	at    time.Time
}

// Sent returns the log with a token that was acknowledged at a time. Values
// must grow; one that does not is left out.
func (l TokenLog) Sent(value uint64, at time.Time) TokenLog {
	if n := len(l.sent); n > 0 && value <= l.sent[n-1].value {
		return l
	}
	from := max(0, len(l.sent)-keptTokens+1)
	out := make([]sentToken, 0, keptTokens)
	return TokenLog{append(append(out, l.sent[from:]...), sentToken{value, at})}
}

// Age returns how old the data can be at most of a server that showed value at
// now: the time since that token was written. False: no token as old as that is remembered.
func (l TokenLog) Age(value uint64, now time.Time) (time.Duration, bool) {
	for _, t := range slices.Backward(l.sent) {
		if t.value <= value {
			return max(0, now.Sub(t.at)), true
		}
	}
	return 0, false
}

// Empty reports whether no token was ever sent.
func (l TokenLog) Empty() bool { return len(l.sent) == 0 }
