package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// findings of rule in r.
func has(all []Finding, rule string) *Finding {
	for i := range all {
		if all[i].Rule == rule {
			return &all[i]
		}
	}
	return nil
}

// TestWaiversExpire accepts a finding until the last day, and not after.
func TestWaiversExpire(t *testing.T) {
	at := func(now time.Time) *Report {
		s := play(t, &datadriven.TestData{Input: "sby - tunnel-id=101 => tunnel-id=102"})
		s.input.Now = now
		s.input.Waivers = []Waiver{
			{Rule: "PAIR-*", Scope: "sby", Reason: "the branch is being moved", Who: "net team", Until: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)},
			{Rule: "HA-01", Scope: "*", Reason: "x", Who: "y", Until: clock},
		}
		return Run(s.input)
	}
	r := at(time.Date(2026, 1, 15, 23, 59, 0, 0, time.UTC))
	if f := has(r.Accepted, "PAIR-03"); f == nil || f.Waiver == nil || has(r.Findings, "PAIR-03") != nil {
		t.Errorf("on the last day: %+v", r.Findings)
	}
	if r.Summary.Critical != 0 || r.Summary.Accepted != 1 || r.Summary.Score != 100 {
		t.Errorf("summary %+v", r.Summary)
	}
	if r.Waivers[0].State != WaiverInForce || r.Waivers[1].State != WaiverUnused {
		t.Errorf("waivers %+v", r.Waivers)
	}
	r = at(time.Date(2026, 1, 16, 0, 0, 0, 0, time.UTC))
	if f := has(r.Findings, "PAIR-03"); f == nil || f.Waiver == nil || len(r.Accepted) > 0 || r.Waivers[0].State != WaiverExpired {
		t.Errorf("a day later: %+v, %+v", r.Findings, r.Waivers)
	}
}

// TestTrend compares two audits of one network.
func TestTrend(t *testing.T) {
	before := Run(play(t, &datadriven.TestData{Input: "sby - tunnel-id=101 => tunnel-id=102\njkt - set telnet disabled=yes =>"}).input)
	s := play(t, &datadriven.TestData{Input: "jkt - set telnet disabled=yes =>\njkt - set api disabled=yes =>"})
	s.input.Baseline = before
	r := Run(s.input)
	if r.Trend == nil || len(r.Trend.New) != 1 || r.Trend.New[0].Rule != "MGMT-01" || len(r.Trend.Gone) != 1 ||
		r.Trend.Gone[0].Rule != "PAIR-03" || r.Trend.Unchanged != 1 || r.Trend.Score != 49 {
		t.Errorf("trend %+v", r.Trend)
	}
	if f := has(r.Findings, "MGMT-01"); f == nil || !f.New {
		t.Errorf("MGMT-01: %+v", f)
	}
}

// TestDifferHidesSecrets compares an export with a router on which keys and
// scripts were changed.
func TestDifferHidesSecrets(t *testing.T) {
	saved := play(t, &datadriven.TestData{})
	live := play(t, &datadriven.TestData{
		Input:   "jkt - kD93jfLs0Qw82mZpXv7e => PLANTED-key-77\njkt - /log info master => :put PLANTED-script\njkt - tunnel-id=101 => tunnel-id=109",
		CmdArgs: []datadriven.CmdArg{{Key: "live"}},
	})
	d, ok := Differ(saved.input.Routers[0], live.input.Routers[0])
	if !ok || len(d.Evidence) != 3 {
		t.Errorf("%d differences: %+v", len(d.Evidence), d.Evidence)
	}
	if text := fmt.Sprintf("%+v", d); strings.Contains(text, "PLANTED") || strings.Contains(text, "kD93") || strings.Contains(text, "sealed:") {
		t.Errorf("a secret is shown: %s", text)
	}
	if _, ok := Differ(saved.input.Routers[0], saved.input.Routers[0]); ok {
		t.Error("a router differs from itself")
	}
}

// TestDurations reads every spelling of RouterOS.
func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "1m30s": 90 * time.Second, "100ms": 100 * time.Millisecond, "1w2d3h": (7*24 + 2*24 + 3) * time.Hour,
		"00:00:10": 10 * time.Second, "01:30:00": 90 * time.Minute, "15": 15 * time.Second, "2d": 48 * time.Hour, "0s": 0,
	} {
		if got, ok := duration(in); !ok || got != want {
			t.Errorf("duration(%q) = %v, %v, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "x", "1x", "-5s", "1:2:x", "99999w9999999d", "*", "d", "auto"} {
		if got, ok := duration(in); ok {
			t.Errorf("duration(%q) = %v", in, got)
		}
	}
}

// FuzzRun feeds rows of anything to all rules.
func FuzzRun(f *testing.F) {
	f.Add("/interface eoip\nadd name=a remote-address=1.1.1.1 keepalive=x,y tunnel-id=-1\n/interface vrrp\nadd interval=0\n", true)
	f.Add("/interface bonding\nadd slaves=,,\n/ip firewall nat\nadd action=dst-nat to-addresses=1-2 dst-port=9-1\n", false)
	f.Fuzz(func(t *testing.T, text string, live bool) {
		s := &scene{texts: map[string]string{"a": text, "b": text}, live: live}
		s.input = Input{Now: clock, Seal: NewSealer([]byte("k"))}
		for name := range s.texts {
			s.input.Routers = append(s.input.Routers, s.loose(name))
		}
		r := Run(s.input)
		if r.Summary.Score < 0 || r.Summary.Score > 100 {
			t.Fatalf("score %d", r.Summary.Score)
		}
	})
}
