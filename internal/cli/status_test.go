package cli

import (
	"testing"

	"jembatan/failover"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/api"
	"jembatan/tunnel/status"
)

// What is not known is not well, and neither is a service in phase normal of which
// something is not.
func TestWell(t *testing.T) {
	well := func() runner.Status {
		return runner.Status{Leading: true, Phase: failover.Normal, Routers: runner.Routers{Reachable: 2, Total: 2}, Servers: []runner.ServerStatus{
			{Name: "main", Active: true, Health: health.Explanation{Verdict: health.Healthy}},
			{Name: "backup", Health: health.Explanation{Verdict: health.Healthy}},
		}}
	}
	for _, tt := range []struct {
		name   string
		change func(w *whole, s *runner.Status)
		want   bool
	}{
		{"all well", func(*whole, *runner.Status) {}, true},
		{"nobody answers", func(w *whole, _ *runner.Status) { w.Controller, w.Unknown = nil, "no controller runs here" }, false},
		{"none was started here", func(w *whole, _ *runner.Status) {
			w.Controller, w.Unknown, w.absent = nil, "no controller runs here", true
		}, true},
		{"nobody leads", func(w *whole, s *runner.Status) {
			w.Controller.Leader, w.Controller.Leading, s.Leading = "", false, false
		}, false},
		{"another one leads", func(w *whole, s *runner.Status) {
			w.Controller.Leader, w.Controller.Leading, s.Leading, s.Phase = "dr", false, false, failover.Held
		}, true},
		{"it leads, and not this service", func(_ *whole, s *runner.Status) { s.Leading = false }, false},
		{"held", func(_ *whole, s *runner.Status) { s.Phase = failover.Held }, false},
		{"a standby has failed", func(_ *whole, s *runner.Status) { s.Servers[1].Health.Verdict = health.Failed }, false},
		{"it is not known whether a standby is well", func(_ *whole, s *runner.Status) { s.Servers[1].Health.Verdict = health.Unknown }, false},
		{"its data does not follow", func(_ *whole, s *runner.Status) { s.Servers[1].SyncWhy = "thread-stopped" }, false},
		{"a router is behind", func(_ *whole, s *runner.Status) { s.Degraded = []string{"jkt"} }, false},
		{"a router is away", func(_ *whole, s *runner.Status) { s.Routers.Reachable = 1 }, false},
		{"something is owed", func(_ *whole, s *runner.Status) { s.Owed = []failover.Debt{{}} }, false},
	} {
		s := well()
		w := whole{Report: &status.Report{}, Controller: &api.Status{Leader: "noc", Leading: true}}
		tt.change(&w, &s)
		if w.Controller != nil {
			w.Controller.Services = []runner.Status{s}
		}
		if got := w.well(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
