package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/failover"
)

// An Expect is what has to be so at the end of a rehearsal. What always has to be
// so is not in it: no two servers that clients can write to, no more switches than
// expected, and no acknowledged row lost unless LossAllowed.
type Expect struct {
	Active []string         // where the service ends, one of these
	Phase  []failover.Phase // one of these
	Reason []failover.Reason
	// Switches is how often it moved; AtMost lets it be less.
	Switches int
	AtMost   bool
	// Gap is the longest time without a good page, RowGap that without a row; zero:
	// they are not looked at. With a limit clients must be served at the end, too.
	Gap, RowGap time.Duration
	// Ways are the ways in which clients come that are looked at; none: all.
	Ways []string
	// Alerts have all been raised.
	Alerts []failover.Reason
	// LossAllowed: the variant allows a loss, or clients of a server that was cut
	// off were told what no other server knows.
	LossAllowed bool
	// Own: a server that was cut off may be open to its own segment for as long.
	Own time.Duration
}

// Check returns the expectations that a result breaks. Times may be longer by the
// factor slack; correctness has none.
func (e Expect) Check(r *Result, slack float64) []string {
	var out []string
	broken := func(ok bool, format string, args ...any) {
		if !ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	broken(slices.Contains(e.Active, r.Active), "it ends at %q, not at %s", r.Active, strings.Join(e.Active, " or "))
	broken(slices.Contains(e.Phase, r.Phase), "phase %s %s, not %v", r.Phase, r.Reason, e.Phase)
	broken(len(e.Reason) == 0 || slices.Contains(e.Reason, r.Reason), "reason %q, not %v", r.Reason, e.Reason)
	broken(r.Switched <= e.Switches, "%d switches, not %d", r.Switched, e.Switches)
	broken(e.AtMost || r.Switched >= e.Switches, "%d switches, not %d", r.Switched, e.Switches)
	broken(e.LossAllowed || r.Lost == 0, "%d of %d acknowledged rows are lost: %v", r.Lost, r.Acked, r.Missing)
	for _, a := range e.Alerts {
		broken(slices.Contains(r.Alerts, a), "no alert %s", a)
	}
	for _, o := range r.Two {
		broken(false, "%s", o)
	}
	own := time.Duration(float64(e.Own) * slack)
	broken(longest(r.Own) <= own, "for hosts of the segment two servers took writes for %v, not at most %v", longest(r.Own), own)
	broken(r.Early == 0, "a move began before anything was done to it")
	broken(r.Acked > 0, "no row was acknowledged")
	return append(out, e.gaps(r, slack)...)
}

func (e Expect) gaps(r *Result, slack float64) []string {
	var out []string
	for _, kind := range []struct {
		name  string
		uses  map[string]Use
		limit time.Duration
	}{{"page", r.Pages, e.Gap}, {"row", r.Rows, e.RowGap}} {
		gap := worst(kind.uses, e.Ways)
		limit := time.Duration(float64(kind.limit) * slack)
		switch {
		case gap.Open && kind.limit > 0:
			out = append(out, fmt.Sprintf("no good %s in the last %v", kind.name, gap.Took.Round(time.Millisecond)))
		case !gap.Open && kind.limit > 0 && gap.Took > limit:
			out = append(out, fmt.Sprintf("no good %s for %v, not at most %v", kind.name, gap.Took.Round(time.Millisecond), limit))
		}
	}
	return out
}
