package tunnel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Cron is a set of minutes: a cron expression of five fields.
type Cron struct {
	fields [5]uint64 // minute, hour, day of month, month, day of week: a bit for each value
	// days: the day of the month and that of the week are both given, and then
	// either is enough.
	days bool
}

// ParseCron reads minute, hour, day of month, month and day of week (0 and 7 are
// Sunday), each *, N, N-M, or a list of those; * and N-M may have a step, as in
// */15. As in crontab(5), where both days are given, without a * in front, a
// day that matches one of them matches.
func ParseCron(s string) (Cron, error) {
	limits := [5]struct {
		what      string
		low, high int
	}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12}, {"day of week", 0, 7}}
	var c Cron
	fields := strings.Fields(s)
	if len(fields) != len(limits) {
		return Cron{}, errors.New("has not five fields")
	}
	for i, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			bits, ok := cronPart(part, limits[i].low, limits[i].high)
			if !ok {
				return Cron{}, fmt.Errorf("has a wrong %s, %q", limits[i].what, field)
			}
			c.fields[i] |= bits
		}
	}
	c.fields[4] |= c.fields[4] >> 7 & 1
	c.days = fields[2][0] != '*' && fields[4][0] != '*'
	return c, nil
}

// cronPart returns the values of *, N or N-M, the latter with or without a step.
func cronPart(s string, low, high int) (bits uint64, ok bool) {
	s, every, stepped := strings.Cut(s, "/")
	step := 1
	if stepped {
		n, err := strconv.Atoi(every)
		if err != nil || n < 1 || n > high {
			return 0, false
		}
		step = n
	}
	from, to := low, high
	if s != "*" {
		first, last, ranged := strings.Cut(s, "-")
		if !ranged {
			last = first
		}
		a, err1 := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || a < low || b < a || b > high || stepped && !ranged {
			return 0, false
		}
		from, to = a, b
	}
	for v := from; v <= to; v += step {
		bits |= 1 << v
	}
	return bits, true
}

// Match reports whether the minute of t, in UTC, is in the set.
func (c Cron) Match(t time.Time) bool {
	t = t.UTC()
	has := func(field, value int) bool { return c.fields[field]>>value&1 == 1 }
	day, weekday := has(2, t.Day()), has(4, int(t.Weekday()))
	on := day && weekday
	if c.days {
		on = day || weekday
	}
	return on && has(0, t.Minute()) && has(1, t.Hour()) && has(3, int(t.Month()))
}
