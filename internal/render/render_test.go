package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/render"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/status"
)

var update = flag.Bool("update", false, "write the golden files anew")

func report() *status.Report {
	end := func(router string, h status.Health, why string) status.End {
		return status.End{
			Router: router, Interface: "eoip-lan-" + router, Health: h, Why: why, MTU: 1458,
			Changed: "2026-11-22 08:00:00", RxBytes: 1023, TxBytes: 5 << 20,
		}
	}
	return &status.Report{
		Routers: []status.Router{{Name: "jkt", Version: "7.24"}, {Name: "mlg", Unread: "dial tcp: i/o timeout"}},
		Links: []status.Link{
			{Segment: "lan", Name: "jkt-sby", Kind: "bond", Health: status.Degraded, Tunnels: []status.Tunnel{
				{ID: 7, Ends: [2]status.End{end("jkt", status.Up, ""), end("sby", status.Up, "")}},
				{ID: 8, Ends: [2]status.End{end("jkt", status.Down, "disabled"), end("sby", status.Down, "nothing heard from the other end")}},
			}},
			{Segment: "lan", Name: "jkt-mlg", Kind: "tunnel", Health: status.Unknown, Tunnels: []status.Tunnel{
				{ID: 9, Ends: [2]status.End{end("jkt", status.Down, ""), {Router: "mlg", Interface: "eoip-lan-jkt", Why: "dial tcp: i/o timeout"}}},
			}},
		},
		Bridges: []status.Bridge{{
			Segment: "lan", Router: "jkt", Name: "br-lan", Health: status.Up, MTU: 1458,
			Ports: []status.Port{{Interface: "ether2", Health: status.Up}},
		}},
	}
}

// TestStatusTables compares the tables with a golden file, read as a diff.
func TestStatusTables(t *testing.T) {
	var b strings.Builder
	render.Status(&b, report(), false)
	file := filepath.Join("testdata", "status.golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestColour is for terminals only: none in a pipe, none with NO_COLOR.
func TestColour(t *testing.T) {
	var plain, coloured strings.Builder
	render.Status(&plain, report(), false)
	render.Status(&coloured, report(), true)
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("colour without being asked")
	}
	if !strings.Contains(coloured.String(), "\x1b[31m") {
		t.Error("no red where something is down")
	}
	if render.Colour(&plain, func(string) (string, bool) { return "", false }) {
		t.Error("a buffer takes colour")
	}
	p := &plan.Plan{Units: []plan.Unit{{Name: "u", Routers: []string{"r"}, Steps: []plan.Step{{Router: "r", Op: plan.Add, Menu: plan.MenuBridge, Name: "br"}}}}}
	if got := p.Text(render.PlanStyle(false)); strings.Contains(got, "\x1b") {
		t.Error("a plan has colour without being asked")
	}
	if got := p.Text(render.PlanStyle(true)); !strings.Contains(got, "\x1b[32m+ bridge br") {
		t.Errorf("an addition is not green: %q", got)
	}
}

// TestMeterIsSilentInAPipe: progress is for terminals.
func TestMeterIsSilentInAPipe(t *testing.T) {
	var b strings.Builder
	m := render.NewMeter(&b, os.LookupEnv)
	m.Apply(apply.Event{Unit: "u", State: apply.Running, Total: 1})
	m.Close()
	if b.Len() != 0 {
		t.Errorf("wrote %q", b.String())
	}
}
