package rehearsal

import (
	"slices"
	"time"

	"jembatan/internal/load"
)

// A Gap is the longest time in which nobody got a good answer.
type Gap struct {
	Took time.Duration `json:"took"`
	Open bool          `json:"open,omitempty"` // there was none until the clients ended
}

// A Use is how one way of using the service went, from a moment on.
type Use struct {
	Sent int `json:"sent"`
	Lost int `json:"lost"`
	Gap  Gap `json:"gap"`
	// Why counts the lost ones by reason.
	Why map[load.Reason]int `json:"why,omitempty"`
}

// UseOf counts records begun at a moment or after it, and looks for the gap between
// that moment and the end: the last thing that any record tells.
func UseOf(records []load.Record, since time.Time) Use {
	from, end := since.UnixNano(), since.UnixNano()
	var u Use
	var good []int64
	for _, r := range records {
		end = max(end, r.At, r.End)
		if r.OK && r.End >= from {
			good = append(good, r.End)
		}
		if r.At < from {
			continue
		}
		u.Sent++
		if !r.OK {
			u.Lost++
			if u.Why == nil {
				u.Why = map[load.Reason]int{}
			}
			u.Why[r.Why]++
		}
	}
	slices.Sort(good)
	last := from
	for _, at := range good {
		u.Gap.Took = max(u.Gap.Took, time.Duration(at-last))
		last = at
	}
	if rest := time.Duration(end - last); rest > u.Gap.Took && rest > openGap {
		u.Gap = Gap{rest, true}
	}
	return u
}

// openGap is how long the silence at the end has to be to count as one: requests
// that are under way when the clients end take a while.
const openGap = 300 * time.Millisecond

// worst returns the longest gap of several ways, or of those that are named.
func worst(uses map[string]Use, ways []string) Gap {
	var out Gap
	for way, u := range uses {
		if len(ways) > 0 && !slices.Contains(ways, way) {
			continue
		}
		if u.Gap.Open && !out.Open || u.Gap.Open == out.Open && u.Gap.Took > out.Took {
			out = u.Gap
		}
	}
	return out
}
