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
		{"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
		{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond},
	}
}

// FormatDuration writes d as RouterOS does: "1w2d3h4m5s", "31s250ms",
// "14ms612us", and "0s". What is below a nanosecond's multiple cannot be; a
// negative d is written as zero, since RouterOS has no negative times.
func FormatDuration(d time.Duration) string {
	if d <= 0 {
		return "0s"
	}
	var b []byte
	for _, u := range units() {
		if n := d / u.size; n > 0 {
			b = strconv.AppendInt(b, int64(n), 10)
			b = append(b, u.name...)
			d -= n * u.size
		}
	}
	return string(b)
}

// ParseDuration reads a time as RouterOS prints and takes it: "1w2d3h4m5s",
// "100ms", "14ms612us", "00:00:10", "2d03:04:05.5", and a bare number of
// seconds. Units must come from large to small, each once.
func ParseDuration(s string) (time.Duration, error) {
	rest, total, last := s, time.Duration(0), -1
	bad := func() (time.Duration, error) {
		return 0, fmt.Errorf("%q is not a RouterOS time (examples: 10s, 1d2h, 00:00:10)", clip(s))
	}
	for rest != "" {
		digits := leadingDigits(rest)
		if digits == 0 {
			return bad()
		}
		if strings.ContainsRune(rest, ':') && !strings.ContainsAny(rest, "hmsu") && rest[digits] == ':' {
			if last > 1 {
				return bad() // Only weeks and days stand before a clock.
			}
			clock, ok := parseClock(rest)
			if !ok || total+clock < total {
				return bad()
			}
			return total + clock, nil
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil {
			return bad()
		}
		rest = rest[digits:]
		i, size := unitOf(rest)
		if rest == "" && last < 0 {
			i, size = 4, time.Second
		} else if i < 0 {
			return bad()
		} else {
			rest = rest[len(units()[i].name):]
		}
		if i <= last || n > int64((1<<63-1-total)/size) {
			return bad()
		}
		total, last = total+time.Duration(n)*size, i
	}
	if last < 0 {
		return bad()
	}
	return total, nil
}

// unitOf returns the unit that s begins with: its place and its size, or -1.
func unitOf(s string) (int, time.Duration) {
	found, size := -1, time.Duration(0)
	for i, u := range units() {
		// "ms" wins over "m".
		if strings.HasPrefix(s, u.name) && (found < 0 || len(u.name) > len(units()[found].name)) {
			found, size = i, u.size
		}
	}
	return found, size
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
