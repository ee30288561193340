package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"jembatan/tunnel"
)

// duration is a time from low to high.
func duration(dst *given[time.Duration], low, high time.Duration, example string) form {
	return scalar[time.Duration]{
		dst: dst, word: "a duration", example: example,
		s: schema{Type: []string{"string"}, Pattern: durationPattern},
		parse: func(s string) (time.Duration, error) {
			return parseDuration(s, low, high)
		},
	}
}

func parseDuration(s string, low, high time.Duration) (time.Duration, error) {
	v, err := time.ParseDuration(s)
	if err != nil {
		return 0, errSyntax
	}
	if v < low || v > high {
		return 0, fmt.Errorf("is not between %s and %s", short(low), short(high))
	}
	return v, nil
}

// short prints d without the units that are zero.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// loss is "none" or a duration.
func loss(dst *given[time.Duration]) form {
	return scalar[time.Duration]{
		dst: dst, word: "none or a duration", example: "30s",
		s: schema{AnyOf: []*schema{
			{Enum: []any{"none"}},
			{Type: []string{"string"}, Pattern: durationPattern},
		}},
		parse: func(s string) (time.Duration, error) {
			if s == "none" {
				return 0, nil
			}
			return parseDuration(s, 0, 24*time.Hour)
		},
	}
}

// keepalive is "off" or interval and retries.
func keepalive(dst *given[tunnel.Keepalive]) form {
	return scalar[tunnel.Keepalive]{
		dst: dst, word: "a duration", example: "1s,3",
		s: schema{AnyOf: []*schema{
			{Enum: []any{"off", false}},
			{Type: []string{"string"}, Pattern: `^[1-9][0-9]{0,4}(s|m),[1-9][0-9]{0,3}$`},
		}},
		parse: func(s string) (tunnel.Keepalive, error) {
			interval, retries, ok := strings.Cut(s, ",")
			if !ok {
				return tunnel.Keepalive{}, nil // off
			}
			every, err := parseDuration(interval, time.Second, 24*time.Hour)
			if err != nil {
				return tunnel.Keepalive{}, err
			}
			n, err := strconv.Atoi(retries)
			if err != nil {
				return tunnel.Keepalive{}, errSyntax
			}
			return tunnel.Keepalive{Interval: every, Retries: n}, nil
		},
	}
}
