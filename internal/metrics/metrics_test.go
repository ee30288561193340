package metrics_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/metrics"
)

func scrape(t *testing.T, s metrics.Source) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler(s).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	return w.Code, w.Body.String()
}

// Every metric of the table is there, with what the status says.
func TestScrape(t *testing.T) {
	code, page := scrape(t, func(context.Context) ([]runner.Status, bool, error) {
		at := time.Now().Add(-90 * time.Second)
		return []runner.Status{{
			Service: "erp", Leading: true, Phase: failover.Held, Reason: failover.LossTooGreat, Routers: runner.Routers{Reachable: 1, Total: 2}, Degraded: []string{"jkt"},
			NeedAck: true, Moves: []time.Time{at}, Servers: []runner.ServerStatus{
				{Name: "main", Active: true, Health: health.Explanation{Verdict: health.Failed}},
				{Name: "backup", Health: health.Explanation{Verdict: health.Healthy, Suspect: true}, SyncedAt: at, LosslessAt: at, Behind: 7, Open: true},
			},
		}}, true, nil
	})
	if code != http.StatusOK {
		t.Fatalf("%d\n%s", code, page)
	}
	for _, want := range []string{
		`jembatan_leading 1`, `jembatan_service_phase{phase="held",reason="loss-too-great",service="erp"} 1`,
		`jembatan_server_verdict{server="main",service="erp",verdict="failed"} 1`, `jembatan_server_behind_transactions{server="backup",service="erp"} 7`,
		`jembatan_server_in_sync_age_seconds{server="backup",service="erp"} 90`, `jembatan_service_needs_ack{service="erp"} 1`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	for _, m := range metrics.Table() {
		if !strings.Contains(page, "\n# TYPE "+m.Name+" gauge\n") {
			t.Errorf("%s is in the table and not on the page", m.Name)
		}
	}
}

// Services that cannot be asked are an error and no old numbers.
func TestNoAnswer(t *testing.T) {
	code, page := scrape(t, func(context.Context) ([]runner.Status, bool, error) { return nil, false, errors.New("gone") })
	if code != http.StatusInternalServerError || strings.Contains(page, "jembatan_leading 0") {
		t.Errorf("%d\n%s", code, page)
	}
}
