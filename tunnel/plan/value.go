package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// canonical returns the one spelling of a value that all equal values share.
// A value that does not parse stands for itself.
func canonical(k kind, v string) string {
	switch k {
	case text, secret:
		return v
	case boolean:
		return strconv.FormatBool(v == "true" || v == "yes")
	case integer:
		if n, err := strconv.ParseInt(v, 0, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
		return v
	case duration:
		return canonicalDuration(v)
	case keepalive:
		interval, retries, ok := strings.Cut(v, ",")
		if !ok {
			return v
		}
		return canonicalDuration(interval) + "," + canonical(integer, retries)
	case mac:
		return strings.ToUpper(v)
	case list:
		items := strings.Split(v, ",")
		slices.Sort(items)
		return strings.Join(items, ",")
	}
	return v
}

// same reports whether two values of a property mean the same.
func (p property) same(a, b string) bool {
	return canonical(p.kind, a) == canonical(p.kind, b)
}

// canonicalDuration brings a RouterOS duration ("1w2d3h4m5s", "100ms",
// "00:00:10", "10") to Go's form.
func canonicalDuration(v string) string {
	if d, ok := parseDuration(v); ok {
		return d.String()
	}
	return v
}

// parseDuration reads the spellings that RouterOS prints and accepts; a bare
// number is seconds.
func parseDuration(v string) (time.Duration, bool) {
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if parts := strings.Split(v, ":"); len(parts) == 3 {
		var total time.Duration
		for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
			n, err := strconv.Atoi(parts[i])
			if err != nil || n < 0 {
				return 0, false
			}
			total += time.Duration(n) * unit
		}
		return total, true
	}
	var days time.Duration
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		head, tail, ok := strings.Cut(v, unit.letter)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(head)
		if err != nil {
			return 0, false
		}
		days += time.Duration(n) * unit.length
		if v = tail; v == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(v)
	return days + d, err == nil
}

// formatKeepalive spells a keepalive as RouterOS does.
func formatKeepalive(interval time.Duration, retries int) string {
	return strconv.Itoa(int(interval/time.Second)) + "s," + strconv.Itoa(retries)
}
