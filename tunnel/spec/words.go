package spec

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"jembatan/tunnel"
)

// Patterns that the decoder and the schema share.
const (
	octet           = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	ipv4Pattern     = `^(` + octet + `\.){3}` + octet + `$`
	subnetPattern   = `^(` + octet + `\.){3}` + octet + `/(3[0-2]|[12]?[0-9])$`
	durationPattern = `^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	refPattern      = `^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}$`
	printPattern    = `^[^\x00-\x1f\x7f]+$`
	envPattern      = `^[A-Za-z_][A-Za-z0-9_]*$`
	sha256Pattern   = `^sha256:[0-9a-fA-F]{64}$`
)

// text is a line of 1 to most characters.
func text(dst *given[string], word string, most int, example string) form {
	return scalar[string]{
		dst: dst, word: word, example: example,
		s:     schema{Type: []string{"string"}, Pattern: printPattern, MaxLength: most},
		parse: func(s string) (string, error) { return s, nil },
	}
}

// pattern is text that matches a pattern.
func pattern(dst *given[string], word, re, example string) scalar[string] {
	return scalar[string]{
		dst: dst, word: word, example: example,
		s:     schema{Type: []string{"string"}, Pattern: re},
		parse: func(s string) (string, error) { return s, nil },
	}
}

// name is the name of something that stands elsewhere in the file.
func name(dst *given[string], what, example string) form {
	return pattern(dst, "the name of a "+what, namePattern, example)
}

// integer is a whole number from low to high.
func integer(dst *given[int], word string, low, high int) form {
	return scalar[int]{
		dst: dst, word: fmt.Sprintf("%s (%d to %d)", word, low, high),
		s:     schema{Type: []string{"integer"}, Minimum: &low, Maximum: &high},
		parse: parseInt,
	}
}

func parseInt(s string) (int, error) {
	i, err := strconv.ParseInt(s, 0, 0)
	if err != nil {
		return 0, errSyntax
	}
	return int(i), nil
}

func port(dst *given[int]) form { return integer(dst, "a port", 1, math.MaxUint16) }

func boolean(dst *given[bool]) form {
	return scalar[bool]{
		dst: dst, word: "true or false", s: schema{Type: []string{"boolean"}},
		parse: func(s string) (bool, error) { return strings.EqualFold(s, "true"), nil },
	}
}

// word is one of some words; each stands for a value.
func word[T fmt.Stringer](dst *given[T], what string, values ...T) form {
	f := scalar[T]{dst: dst, word: what}
	for _, v := range values {
		f.s.Enum = append(f.s.Enum, v.String())
	}
	f.parse = func(s string) (T, error) {
		for _, v := range values {
			if v.String() == s {
				return v, nil
			}
		}
		var zero T
		return zero, errSyntax
	}
	return f
}

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

// tunnelMTU is "auto" (zero) or a number of bytes.
func tunnelMTU(dst *given[int]) form {
	low, high := 68, math.MaxUint16
	return scalar[int]{
		dst: dst, word: fmt.Sprintf("auto or a number of bytes (%d to %d)", low, high),
		s: schema{AnyOf: []*schema{
			{Enum: []any{"auto"}},
			{Type: []string{"integer"}, Minimum: &low, Maximum: &high},
		}},
		parse: func(s string) (int, error) {
			if s == "auto" {
				return 0, nil
			}
			return parseInt(s)
		},
	}
}

// address is an IPv4 address that one host can have.
func address(dst *given[netip.Addr], example string) form {
	return scalar[netip.Addr]{
		dst: dst, word: "an IPv4 address", example: example,
		s: schema{Type: []string{"string"}, Pattern: ipv4Pattern},
		parse: func(s string) (netip.Addr, error) {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return a, errSyntax
			}
			if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a.As4()[0] >= 240 {
				return a, fmt.Errorf("is not an address that a host can have")
			}
			return a, nil
		},
	}
}

// subnet is an IPv4 prefix with room for two hosts.
func subnet(dst *given[netip.Prefix]) form {
	return scalar[netip.Prefix]{
		dst: dst, word: "an IPv4 subnet", example: "192.168.50.0/24",
		s: schema{Type: []string{"string"}, Pattern: subnetPattern},
		parse: func(s string) (netip.Prefix, error) {
			p, err := netip.ParsePrefix(s)
			if err != nil {
				return p, errSyntax
			}
			if p != p.Masked() {
				return p, fmt.Errorf("is the address of a host (did you mean %q?)", p.Masked())
			}
			if p.Bits() < 8 || p.Bits() > 30 {
				return p, fmt.Errorf("is too large or too small (/8 to /30)")
			}
			return p, nil
		},
	}
}

// uplinkRef is "router.uplink".
func uplinkRef(dst *given[tunnel.UplinkRef]) form {
	return scalar[tunnel.UplinkRef]{
		dst: dst, word: "the name of an uplink", example: "jkt.metro",
		s: schema{Type: []string{"string"}, Pattern: refPattern},
		parse: func(s string) (tunnel.UplinkRef, error) {
			router, uplink, _ := strings.Cut(s, ".")
			return tunnel.UplinkRef{Router: router, Uplink: uplink}, nil
		},
	}
}
