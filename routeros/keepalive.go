package routeros

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Keepalive is how an EoIP tunnel finds out that its peer is gone: after
// Interval × Retries without a keepalive it stops running. The zero value is
// none, with which a tunnel always runs. Source: MikroTik manual, "EoIP".
type Keepalive struct {
	Interval time.Duration // at least a second
	Retries  uint32        // at least one
}

// ParseKeepalive reads "10s,10". Empty, "0s,0" and "none" are none.
func ParseKeepalive(s string) (Keepalive, error) {
	if s == "" || s == "none" {
		return Keepalive{}, nil
	}
	interval, retries, ok := strings.Cut(s, ",")
	d, err := ParseDuration(interval)
	if !ok || err != nil {
		return Keepalive{}, fmt.Errorf("%q is not a keepalive (example: 10s,10)", clip(s))
	}
	n, err := strconv.ParseUint(retries, 10, 32)
	if err != nil {
		return Keepalive{}, fmt.Errorf("%q is not a keepalive (example: 10s,10)", clip(s))
	}
	return Keepalive{Interval: d, Retries: uint32(n)}, nil
}

// String returns "10s,10", or "" for none.
func (k Keepalive) String() string {
	if k == (Keepalive{}) {
		return ""
	}
	return FormatDuration(k.Interval) + "," + strconv.FormatUint(uint64(k.Retries), 10)
}

// MarshalText is String.
func (k Keepalive) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParseKeepalive.
func (k *Keepalive) UnmarshalText(text []byte) error {
	v, err := ParseKeepalive(string(text))
	if err != nil {
		return err
	}
	*k = v
	return nil
}
