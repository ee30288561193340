package routeros_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/routeros"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0s": 0, "0ms": 0, "10s": 10 * time.Second, "5m": 5 * time.Minute, "1d": day, "10": 10 * time.Second,
		"100ms": 100 * time.Millisecond, "453us": 453 * time.Microsecond,
		"14ms612us":       14*time.Millisecond + 612*time.Microsecond,
		"31s250ms":        31*time.Second + 250*time.Millisecond,
		"1w2d3h4m5s":      9*day + 3*time.Hour + 4*time.Minute + 5*time.Second,
		"519w4d15h28m25s": 519*7*day + 4*day + 15*time.Hour + 28*time.Minute + 25*time.Second,
		"1w4d13h46m40s":   1000000 * time.Second,
		"00:00:10":        10 * time.Second, "2d03:04:05.5": 2*day + 3*time.Hour + 4*time.Minute + 5500*time.Millisecond,
		"1w2d03:00:00": 9*day + 3*time.Hour, "01:30": 90 * time.Second,
	} {
		if got, err := routeros.ParseDuration(text); got != want || err != nil {
			t.Errorf("ParseDuration(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "s", "1x", "1s1m", "1s1s", "1m1", "-1s", "1.5s", ":", "1:", "00:00:60", "00:60:00", "1:2:3:4", "5s00:00:01",
		"1h00:00:01", "99999999999999999999s", "9999999999w", "00:00:01.", "00:00:01.1234567890", "+1:00", "1s ", "4294967296:00:00",
	} {
		if got, err := routeros.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", text, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "10s": 10 * time.Second, "14ms612us": 14612 * time.Microsecond, "1w": 7 * 24 * time.Hour,
		"1w2d3h4m5s": (9*24+3)*time.Hour + 4*time.Minute + 5*time.Second, "1m40s": 100 * time.Second,
	} {
		if got := routeros.FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(0).Draw(t, "d"))
		text := routeros.FormatDuration(d)
		if got, err := routeros.ParseDuration(text); got != d || err != nil {
			t.Fatalf("%d -> %q -> %d, %v", d, text, got, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1w2d3h4m5s", "14ms612us", "00:00:10", "2d03:04:05.5", "10", "1s1m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := routeros.ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is negative: %d", s, d)
		}
		if again, err := routeros.ParseDuration(routeros.FormatDuration(d)); again != d || err != nil {
			t.Fatalf("%q -> %d -> %q -> %d, %v", s, d, routeros.FormatDuration(d), again, err)
		}
	})
}

func TestKeepalive(t *testing.T) {
	for text, want := range map[string]routeros.Keepalive{
		"10s,10": {Interval: 10 * time.Second, Retries: 10},
		"1s,3":   {Interval: time.Second, Retries: 3},
		"":       {},
		"0s,0":   {},
	} {
		got, err := routeros.ParseKeepalive(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"1x", "10s", "10s,", "10s,-1", ",3", "10s,4294967296"} {
		if _, err := routeros.ParseKeepalive(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
