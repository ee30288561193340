//go:build linux

package lab

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Profile is the quality of a whole path between two sites, as it is measured
// by a ping. A path crosses two uplinks, there and back: each way of each uplink
// gets a quarter of the round trip and its part of the loss.
type Profile struct {
	Name        string
	RTT, Jitter time.Duration
	Loss        float64 // of round trips, 0..1
	Down, Up    float64 // bit/s; 0: unlimited
	MTU         int     // of the path; 0: the uplinks'
}

// profiles are access links and paths as published measurements and, where there
// are none, judgement give them.
func profiles() []Profile {
	ms, mbit := time.Millisecond, 1e6
	return []Profile{
		{"metro-e", 4 * ms, 300 * time.Microsecond, 0, 100 * mbit, 100 * mbit, 0},
		{"fixed-id", 15 * ms, 2 * ms, 0.003, 32 * mbit, 17 * mbit, 1480},
		{"office-wifi-id", 10 * ms, 4200 * time.Microsecond, 0.014, 20 * mbit, 20 * mbit, 0},
		{"lte-good", 31 * ms, 8 * ms, 0.01, 32 * mbit, 13 * mbit, 1460},
		{"lte-rural", 60 * ms, 25 * ms, 0.09, 5 * mbit, 5 * mbit, 1420},
		{"lte-mudik", 50 * ms, 20 * ms, 0.03, 15.99 * mbit, 15.99 * mbit, 0},
		{"bad-vps", 195838 * time.Microsecond, 4103 * time.Microsecond, 0.05, 0, 0, 0},
		{"intercontinental", 316 * ms, 1 * ms, 0, 0, 0, 0},
		{"vsat", 600 * ms, 30 * ms, 0.01, 2 * mbit, 2 * mbit, 1400},
	}
}

// Qualities returns what one uplink does, outwards and inwards.
func (p Profile) Qualities() [2]Quality {
	// A round trip passes four ways: two uplinks, there and back.
	q := Quality{Delay: p.RTT / 4, Jitter: p.Jitter / 4, Loss: 1 - math.Pow(1-p.Loss, 0.25), MTU: p.MTU}
	out, in := q, q
	out.Rate, in.Rate = p.Up, p.Down
	return [2]Quality{out, in}
}

// ParseQuality reads what a link is to do: the name of a profile, or settings
// "delay=20ms,jitter=2ms,loss=5%,rate=10mbit,mtu=1480", which hold for each way.
func ParseQuality(s string) ([2]Quality, error) {
	if i := slices.IndexFunc(profiles(), func(p Profile) bool { return p.Name == s }); i >= 0 {
		return profiles()[i].Qualities(), nil
	}
	var q Quality
	for part := range strings.SplitSeq(s, ",") {
		name, v, ok := strings.Cut(part, "=")
		var err error
		switch {
		case !ok:
			return [2]Quality{}, fmt.Errorf("%q: no such profile (%s), and not name=value", part, profileNames())
		case name == "delay":
			q.Delay, err = time.ParseDuration(v)
		case name == "jitter":
			q.Jitter, err = time.ParseDuration(v)
		case name == "loss":
			q.Loss, err = strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
			q.Loss /= 100
		case name == "rate":
			q.Rate, err = strconv.ParseFloat(strings.TrimSuffix(v, "mbit"), 64)
			q.Rate *= 1e6
		case name == "mtu":
			if q.MTU, err = strconv.Atoi(v); err == nil && (q.MTU < minMTU || q.MTU > maxMTU) {
				err = fmt.Errorf("out of range (%d to %d)", minMTU, maxMTU)
			}
		default:
			err = fmt.Errorf("no such setting (delay, jitter, loss, rate, mtu)")
		}
		if err == nil && (q.Delay < 0 || q.Jitter < 0 || q.Loss < 0 || q.Loss > 1 || q.Rate < 0) {
			err = fmt.Errorf("out of range")
		}
		if err != nil {
			return [2]Quality{}, fmt.Errorf("%s: %w", part, err)
		}
	}
	return [2]Quality{q, q}, nil
}

// The MTUs that a link may have: what every host has to take whole (RFC 791), and
// an Ethernet with large frames.
const (
	minMTU = 576
	maxMTU = 9000
)

func profileNames() string {
	var names []string
	for _, p := range profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// String says a quality for people.
func (q Quality) String() string {
	var parts []string
	add := func(on bool, format string, args ...any) {
		if on {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(q.Cut, "cut")
	add(q.Dead, "dead upstream")
	add(q.Delay > 0, "delay %v", q.Delay)
	add(q.Jitter > 0, "jitter %v", q.Jitter)
	add(q.Loss > 0, "loss %.2f %%", q.Loss*100)
	add(q.Rate > 0, "%.3g Mbit/s", q.Rate/1e6)
	add(q.MTU > 0, "MTU %d", q.MTU)
	if len(parts) == 0 {
		return "perfect"
	}
	return strings.Join(parts, ", ")
}
