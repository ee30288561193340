//go:build linux

package lab

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/app"
	settings "jembatan/internal/config"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/spec"
	"jembatan/tunnel/status"
)

// controller opens the lab's topology as the program outside does.
func controller(tb testing.TB, l *Lab, source []byte) *app.App {
	tb.Helper()
	src, err := spec.Rewrite(source, l.Endpoints())
	must(tb, err)
	file := filepath.Join(tb.TempDir(), "topology.yaml")
	must(tb, os.WriteFile(file, src, 0o600))
	env := map[string]string{"JEMBATAN_PASSWORD": "secret", "JEMBATAN_DB_PASSWORD": "db", "XDG_STATE_HOME": tb.TempDir()}
	a, err := app.Open(file, app.Options{Settings: settings.Defaults(), Log: zerolog.Nop(), Env: func(name string) (string, bool) {
		return env[name], true
	}})
	must(tb, err)
	tb.Cleanup(a.Close)
	return a
}

// applyAll makes the tunnels and waits until every one runs.
func applyAll(tb testing.TB, a *app.App) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	p, err := a.Plan(ctx, app.PlanOptions{})
	must(tb, err)
	result, err := a.Apply(ctx, p, app.ApplyOptions{})
	must(tb, err)
	if n := result.Count(apply.Applied); n != len(p.Units) {
		tb.Fatalf("applied %d of %d units: %+v", n, len(p.Units), result)
	}
	until(tb, "every tunnel runs", func() bool {
		r, err := a.Status(ctx)
		return err == nil && wellOf(r)
	})
}

func wellOf(r *status.Report) bool { return r.AllWell() }

// until waits for something to be so.
func until(tb testing.TB, what string, ok func() bool) time.Duration {
	tb.Helper()
	begun := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Since(begun) > 15*time.Second {
			tb.Fatalf("not seen in %v: %s", time.Since(begun), what)
		}
		<-tick.C
	}
	return time.Since(begun)
}

func ping(tb testing.TB, l *Lab, from string, o PingOptions) *PingResult {
	tb.Helper()
	r, err := l.Ping(tb.Context(), from, o)
	must(tb, err)
	return r
}
