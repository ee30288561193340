package emulator

import (
	"strconv"
	"strings"
	"time"
)

// Lengths of the units that RouterOS writes durations in.
const (
	day  = 24 * time.Hour
	week = 7 * day
	// MaxDuration is the longest time that RouterOS accepts: 7101w3d6h28m15s,
	// which is 2^32-1 seconds.
	maxDuration = (1<<32 - 1) * time.Second
)

// unit is a duration unit by its suffix.
type unit struct {
	suffix string
	length time.Duration
}

// units returns the units of RouterOS, longest first.
func units() [8]unit {
	return [8]unit{
		{"w", week},
		{"d", day},
		{"h", time.Hour},
		{"m", time.Minute},
		{"s", time.Second},
		{"ms", time.Millisecond},
		{"us", time.Microsecond},
		{"ns", time.Nanosecond},
	}
}

// formatDuration writes d as RouterOS does: 1w2d3h4m5s, 100ms, 14ms612us; zero
// is 0s.
func formatDuration(d time.Duration) string {
	if d <= 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units() {
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10))
			b.WriteString(u.suffix)
			d %= u.length
		}
	}
	return b.String()
}

// parseDuration parses 1d2h, 00:00:10, 10 (seconds) and 100ms. A fraction is
// accepted after the last number.
func parseDuration(s string) (time.Duration, bool) {
	if s == "" || len(s) > 64 {
		return 0, false
	}
	if strings.Contains(s, ":") {
		return parseClock(s)
	}
	var total time.Duration
	for s != "" {
		i := 0
		for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
			i++
		}
		n, err := strconv.ParseFloat(s[:i], 64)
		if err != nil {
			return 0, false
		}
		length, rest, ok := cutUnit(s[i:])
		if !ok {
			return 0, false
		}
		s = rest
		if n*float64(length) > float64(maxDuration) {
			return 0, false
		}
		total += time.Duration(n * float64(length))
		if total > maxDuration {
			return 0, false
		}
	}
	return total, true
}

// cutUnit takes a unit from the head of s; the end of s means seconds.
func cutUnit(s string) (time.Duration, string, bool) {
	if s == "" {
		return time.Second, "", true
	}
	i := 0
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	for _, u := range units() {
		if s[:i] == u.suffix {
			return u.length, s[i:], true
		}
	}
	return 0, "", false
}

// parseClock parses hh:mm:ss, with or without days before and a fraction after.
func parseClock(s string) (time.Duration, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, false
	}
	h, err1 := strconv.ParseUint(parts[0], 10, 20)
	m, err2 := strconv.ParseUint(parts[1], 10, 20)
	sec, err3 := strconv.ParseFloat(parts[2], 64)
	if err1 != nil || err2 != nil || err3 != nil || m > 59 || sec < 0 || sec >= 60 {
		return 0, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec*float64(time.Second)), true
}
