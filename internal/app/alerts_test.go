package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/internal/notify"
)

const told = `
version: 1
credentials: {user: jembatan, password: {env: PASSWORD}}
routers:
  jkt: {site: Jakarta, address: 198.51.100.1}
alerts:
  heartbeat: "0 7 * * *"
  sms: [{router: jkt, port: lte1}, {gateway: "GATEWAY", token: {env: TOKEN}}]
  sms_to: ["112"]
`

func openAlerts(t *testing.T, text string, env map[string]string) (*app.App, config.Settings) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := config.Defaults()
	s.StateDir, s.Fleet.DialTimeout = t.TempDir(), 50*time.Millisecond
	env["PASSWORD"] = "swordfish"
	a, err := app.Open(file, app.Options{Settings: s, Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a, s
}

// TestOutbox sends an alert the whole way: the router does not answer, so the
// gateway gets it.
func TestOutbox(t *testing.T) {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.FormValue("to") + " " + r.FormValue("text") }))
	defer server.Close()
	a, s := openAlerts(t, strings.Replace(told, "GATEWAY", server.URL, 1), map[string]string{"TOKEN": "x"})
	states := make(chan notify.Outcome, 100)
	box, err := a.Outbox(func(o notify.Outcome) { states <- o })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- box.Run(ctx) }()
	at := time.Now()
	box.Notify(failover.Action{Kind: failover.Alert, Service: "erp", Server: "main", Reason: failover.ServerFailed}, at)
	want := "112 CRITICAL erp/main server-failed: the server has failed " + at.UTC().Format("15:04") + "Z"
	if text := <-got; text != want {
		t.Errorf("%q, want %q", text, want)
	}
	if first, second := <-states, <-states; first.State != notify.Failed || first.Route != "jkt/lte1" || second.State != notify.Delivered {
		t.Errorf("%+v, then %+v", first, second)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	dir := app.AlertsDir(s, func(string) (string, bool) { return "", false })
	if files, err := filepath.Glob(filepath.Join(dir, "*.alert")); err != nil || len(files) != 1 {
		t.Errorf("in %s: %v, %v", dir, files, err)
	}
}

func TestOutboxSecrets(t *testing.T) {
	a, _ := openAlerts(t, strings.Replace(told, "GATEWAY", "https://sms.example.net/", 1), map[string]string{})
	if _, err := a.Outbox(nil); err == nil || !strings.Contains(err.Error(), "token of the gateway https://sms.example.net/: environment variable TOKEN is not set") {
		t.Errorf("%v", err)
	}
	b, _ := openAlerts(t, told[:strings.Index(told, "alerts:")], map[string]string{})
	box, err := b.Outbox(nil)
	if err != nil {
		t.Fatal(err)
	}
	box.Enqueue(notify.NewTest(notify.Test, time.Now()))
	if box.Waiting() != 0 {
		t.Error("a topology without alerts keeps one")
	}
}
