package emulator

import (
	"strconv"
	"strings"
	"time"
)

// dur takes a duration of [low, high] and is stored as RouterOS writes it.
func dur(low, high time.Duration) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		v, ok := parseDuration(s)
		if !ok {
			return "", invalidValue(a.name)
		}
		if v < low || v > high {
			return "", outOfRange(a.name, formatDuration(low), formatDuration(high))
		}
		return formatDuration(v), nil
	}}
}

// anyDuration takes every duration that RouterOS can write.
func anyDuration() kind {
	return dur(0, maxDuration)
}

// msDuration is anyDuration whose zero prints as 0ms.
func msDuration() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		v, err := anyDuration().parse(a, s)
		if v == "0s" {
			v = "0ms"
		}
		return v, err
	}}
}

// keepalive takes "interval" or "interval,retries" of an EoIP tunnel. The
// retries that are not given are the default's.
func keepalive() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		first, second, both := strings.Cut(s, ",")
		interval, err := dur(time.Second, maxDuration).parse(a, first)
		if err != nil {
			return "", err
		}
		retries := "10"
		if both {
			if retries, err = num(1, 1<<32-1).parse(a, second); err != nil {
				return "", err
			}
		}
		return interval + "," + retries, nil
	}}
}

// splitKeepalive takes a stored keepalive apart.
func splitKeepalive(v string) (interval time.Duration, retries int64) {
	first, second, _ := strings.Cut(v, ",")
	interval, _ = parseDuration(first)
	retries, _ = strconv.ParseInt(second, 10, 64)
	return interval, retries
}

// startTime takes hh:mm:ss or "startup".
func startTime() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if s == "startup" {
			return s, nil
		}
		v, ok := parseDuration(s)
		if !ok || v >= day {
			return "", invalidValue(a.name)
		}
		v = v.Round(time.Second)
		return time.Unix(0, 0).UTC().Add(v).Format(time.TimeOnly), nil
	}}
}

// startDate takes a date in the form of any release, and is stored in ISO form.
func startDate() kind {
	return kind{
		parse: func(a arg, s string) (string, error) {
			for _, layout := range []string{time.DateOnly, "Jan/02/2006", "Jan/2/2006"} {
				if t, err := time.Parse(layout, s); err == nil {
					return t.Format(time.DateOnly), nil
				}
			}
			return "", invalidValue(a.name)
		},
		show: func(d *Device, v string) string {
			t, err := time.Parse(time.DateOnly, v)
			if err != nil {
				return v
			}
			return formatDate(d.version, t)
		},
	}
}

// formatDate writes a date as release v does: ISO from 7.10.
func formatDate(v Version, t time.Time) string {
	if v.AtLeast(7, 10) {
		return t.Format(time.DateOnly)
	}
	return strings.ToLower(t.Format("Jan/02/2006"))
}

// formatTime writes a date and time as release v does.
func formatTime(v Version, t time.Time) string {
	return formatDate(v, t) + " " + t.Format(time.TimeOnly)
}
