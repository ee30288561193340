package routeros

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// units are RouterOS's, from large to small.
func units() [8]struct {
	name string
	size time.Duration
} {
	const day = 24 * time.Hour
	return [8]struct {
		name string
		size time.Duration
	}{
		{"w", 7 * day},
		{"d", day},
		{"h", time.Hour},
		{"m", time.Minute},
		{"s", time.Second},
		{"ms", time.Millisecond},
		{"us", time.Microsecond},
		{"ns", time.Nanosecond},
	}
}

// FormatDuration writes d as RouterOS does: "1w2d3h4m5s", "31s250ms",
// "14ms612us", and "0s". A negative d is written as zero, since RouterOS has no
// negative times.
func FormatDuration(d time.Duration) string {
	if d <= 0 {
		return "0s"
	}
	var b []byte
	for _, u := range units() {
		if n := int64(d / u.size); n > 0 {
			b = strconv.AppendInt(b, n, 10)
			b = append(b, u.name...)
			d %= u.size
		}
	}
	return string(b)
}

// ParseDuration reads a time as RouterOS prints and takes it: "1w2d3h4m5s",
// "100ms", "14ms612us", "00:00:10", "2d03:04:05.5", and a bare number of
// seconds. Units must come from large to small, each once.
func ParseDuration(s string) (time.Duration, error) {
	d, ok := parseDuration(s)
	if !ok {
		return 0, fmt.Errorf("%q is not a RouterOS time (examples: 10s, 1d2h, 00:00:10)", clip(s))
	}
	return d, nil
}

func parseDuration(s string) (total time.Duration, ok bool) {
	if s != "" && leadingDigits(s) == len(s) {
		s += "s"
	}
	last := -1
	for s != "" {
		digits := leadingDigits(s)
		if digits < len(s) && s[digits] == ':' {
			clock, ok := parseClock(s)
			return total + clock, ok && last <= 1 && total+clock >= total // Only weeks and days stand before a clock.
		}
		n, err := strconv.ParseInt(s[:digits], 10, 64)
		unit, size := unitOf(s[digits:])
		if err != nil || unit <= last || n > int64((1<<63-1-total)/size) {
			return 0, false
		}
		total, last = total+time.Duration(n)*size, unit
		s = s[digits+len(units()[unit].name):]
	}
	return total, last >= 0
}

// unitOf returns the unit that s begins with, its place and its size; the
// place is -1 if there is none.
func unitOf(s string) (place int, size time.Duration) {
	place, size = -1, 1
	for i, u := range units() {
		// "ms" wins over "m".
		if strings.HasPrefix(s, u.name) && (place < 0 || len(u.name) > len(units()[place].name)) {
			place, size = i, u.size
		}
	}
	return place, size
}

// parseClock reads "hh:mm:ss" with up to nine decimals, or "mm:ss".
func parseClock(s string) (time.Duration, bool) {
	whole, frac, hasFrac := strings.Cut(s, ".")
	parts := strings.Split(whole, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	var total int64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil || leadingDigits(p) != len(p) || i > 0 && n > 59 {
			return 0, false
		}
		total = total*60 + int64(n)
	}
	if total > int64((1<<63-1)/time.Second)-1 {
		return 0, false
	}
	d := time.Duration(total) * time.Second
	if !hasFrac {
		return d, true
	}
	if frac == "" || len(frac) > 9 || leadingDigits(frac) != len(frac) {
		return 0, false
	}
	n, err := strconv.ParseUint(frac+strings.Repeat("0", 9-len(frac)), 10, 31)
	return d + time.Duration(n), err == nil
}

// leadingDigits counts the ASCII digits at the front of s.
func leadingDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
