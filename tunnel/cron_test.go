package tunnel_test

import (
	"testing"
	"time"

	"jembatan/tunnel"
)

func TestCronMatch(t *testing.T) {
	for _, tt := range []struct {
		cron, at string
		want     bool
	}{
		{"* * * * *", "2026-03-01 00:00", true},
		{"0 3 * * 0", "2026-03-01 03:00", true}, // a Sunday
		{"0 3 * * 7", "2026-03-01 03:00", true},
		{"0 3 * * 0", "2026-03-01 03:01", false},
		{"0 3 * * 0", "2026-03-02 03:00", false},
		{"* 2-4 * * 6", "2026-02-28 04:59", true},
		{"* 2-4 * * 6", "2026-02-28 05:00", false},
		{"*/15 * * * *", "2026-02-28 05:45", true},
		{"*/15 * * * *", "2026-02-28 05:46", false},
		{"5-20/5 * * * *", "2026-02-28 05:15", true},
		{"5-20/5 * * * *", "2026-02-28 05:25", false},
		{"0,30 1-5/2 * * *", "2026-02-28 05:30", true},
		{"0,30 1-5/2 * * *", "2026-02-28 04:30", false},
		{"* * 29 2 *", "2028-02-29 12:00", true},
		{"* * * 12 *", "2026-11-30 12:00", false},
		// Both days: one of them is enough. With a * in front of either: both.
		{"* * 13 * 5", "2026-03-13 00:00", true},
		{"* * 13 * 5", "2026-03-14 00:00", false},
		{"* * 13 * 5", "2026-03-20 00:00", true},
		{"* * 13 * 5", "2026-04-13 00:00", true},
		{"* * */2 * 5", "2026-03-20 00:00", false},
		{"* * */2 * 5", "2026-03-13 00:00", true},
	} {
		at, err := time.Parse("2006-01-02 15:04", tt.at)
		if err != nil {
			t.Fatal(err)
		}
		c, err := tunnel.ParseCron(tt.cron)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Match(at.Add(59 * time.Second)); got != tt.want {
			t.Errorf("%q at %s: %v", tt.cron, tt.at, got)
		}
	}
}

func TestParseCronRefuses(t *testing.T) {
	for _, s := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * * 8",
		"5/2 * * * *", "*/0 * * * *", "*/60 * * * *", "4-2 * * * *", "1,,2 * * * *", "a * * * *", "-1 * * * *", "1- * * * *",
	} {
		if _, err := tunnel.ParseCron(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestWindowOpen(t *testing.T) {
	two := time.Date(2026, 3, 2, 2, 30, 0, 0, time.UTC)
	jakarta := time.FixedZone("WIB", 7*3600)
	window := tunnel.Policy{Failback: tunnel.FailbackWindow, Window: "* 2-3 * * 1-5"}
	for _, tt := range []struct {
		policy tunnel.Policy
		at     time.Time
		want   bool
	}{
		{window, two, true},
		{window, two.In(jakarta), true}, // the same moment; the window is in UTC
		{window, time.Date(2026, 3, 2, 2, 30, 0, 0, jakarta), false},
		{window, two.Add(-24 * time.Hour), false},
		{tunnel.Policy{Failback: tunnel.FailbackAuto, Window: "* * * * *"}, two, false},
		{tunnel.Policy{Failback: tunnel.FailbackWindow}, two, false},
	} {
		if got := tt.policy.WindowOpen(tt.at); got != tt.want {
			t.Errorf("%+v at %s: %v", tt.policy, tt.at, got)
		}
	}
}
