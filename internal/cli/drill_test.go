package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/drill"
)

// A fakeController holds drills in no time, with the verdict that the test wants.
type fakeController struct {
	verdict drill.Verdict

	mu      sync.Mutex
	asked   []api.DrillRequest // guarded by mu
	entries []journal.Entry    // guarded by mu
	refuse  failover.Reason
}

func (f *fakeController) Status(context.Context) (api.Status, error) {
	return api.Status{Services: []runner.Status{{Service: "web", Active: "main", Servers: []runner.ServerStatus{{Name: "main"}, {Name: "backup"}}}}}, nil
}

func (f *fakeController) Command(context.Context, string, failover.Command) (runner.Answer, error) {
	return runner.Answer{}, nil
}
func (f *fakeController) Reload(context.Context) error { return nil }

func (f *fakeController) History(_ context.Context, _ string, q journal.Query) ([]journal.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.entries[min(int(q.After), len(f.entries)):]), nil
}

func (f *fakeController) StartDrill(_ context.Context, _ string, d api.DrillRequest) (string, runner.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.By = ""
	f.asked = append(f.asked, d)
	if f.refuse != failover.None {
		return "", runner.Answer{Reason: f.refuse}, nil
	}
	f.entries = append(f.entries,
		journal.Entry{Seq: 1, At: time.Now(), Kind: journal.KindDrill, Server: "backup", Detail: "begins d1"},
		journal.Entry{Seq: 2, At: time.Now(), Kind: journal.KindAlert, Reason: failover.MoveDone, Server: "backup"},
		journal.Entry{Seq: 3, At: time.Now(), Kind: journal.KindDrill, Server: "main", Detail: "ended d1: " + string(f.verdict)})
	return "d1", runner.Answer{Accepted: true}, nil
}

func (f *fakeController) Drills(context.Context, string) ([]api.DrillInfo, error) {
	return []api.DrillInfo{{ID: "d1", At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Verdict: string(f.verdict)}}, nil
}

func (f *fakeController) Drill(_ context.Context, service, id string) (json.RawMessage, error) {
	if id != "d1" {
		return nil, api.ErrNoDrill
	}
	return json.Marshal(drill.Report{Version: drill.Version, ID: id, Service: service, Level: drill.PlannedSwitchover, From: "main", To: "backup", Left: "main", Verdict: f.verdict})
}

// drillCommand runs a command line against a controller.
func drillCommand(t *testing.T, f *fakeController, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := api.Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = api.Serve(ctx, l, f) })
	defer all.Wait()
	defer cancel()
	var out, errs bytes.Buffer
	t.Setenv("JEMBATAN_SERVE_SOCKET", socket)
	env := Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false }}
	g := &globals{env: env, flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	g.flags.StringVar(&g.logLevel, "log-level", "error", "")
	cmd := newDrill(g)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	if err != nil {
		errs.WriteString(err.Error())
	}
	return exitCode(err), out.String(), errs.String()
}

func TestDrill(t *testing.T) {
	for name, c := range map[string]struct {
		verdict drill.Verdict
		refuse  failover.Reason
		stdin   string
		args    []string
		code    int
		out     []string // in what was printed, on either stream
		never   string
	}{
		"pass":        {drill.Pass, "", "", []string{"web", "--yes"}, ExitOK, []string{"alert move-done backup", "drill d1 of web: PASS"}, "error"},
		"conditions":  {drill.Conditions, "", "", []string{"web", "--yes"}, ExitPending, []string{"PASS with conditions"}, ""},
		"fail":        {drill.Fail, "", "", []string{"web", "--yes"}, ExitError, []string{"drill d1 of web: FAIL"}, ""},
		"refused":     {drill.Pass, failover.TargetLagging, "", []string{"web", "--yes"}, ExitError, []string{"the drill was refused: target-lagging"}, "d1"},
		"asked":       {drill.Pass, "", "yes\n", []string{"web", "--stay", "5s"}, ExitOK, []string{"web moves from main to backup, stays there for 5s", "PASS"}, ""},
		"declined":    {drill.Pass, "", "no\n", []string{"web"}, ExitError, []string{"nothing was changed"}, "d1"},
		"nobody":      {drill.Pass, "", "", []string{"web"}, ExitError, []string{"no answer on standard input"}, "d1"},
		"list":        {drill.Pass, "", "", []string{"list", "web"}, ExitOK, []string{"d1  2026-11-22 12:00:00  PASS"}, ""},
		"show":        {drill.Fail, "", "", []string{"show", "web", "d1"}, ExitError, []string{"drill d1 of web: FAIL"}, ""},
		"no such":     {drill.Pass, "", "", []string{"show", "web", "d7"}, ExitError, []string{"no such drill"}, ""},
		"wrong form":  {drill.Pass, "", "", []string{"web", "-o", "pdf"}, ExitError, []string{"-o takes text, json or html"}, ""},
		"wrong stay":  {drill.Pass, "", "", []string{"web", "--stay", "2h"}, ExitError, []string{"--stay takes a time"}, ""},
		"page":        {drill.Pass, "", "", []string{"show", "web", "d1", "-o", "html", "--lang", "id"}, ExitOK, []string{"<html lang=\"id\">", "LULUS"}, ""},
		"wrong words": {drill.Pass, "", "", []string{"show", "web", "d1", "--lang", "nl"}, ExitError, []string{"--lang takes en or id"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeController{verdict: c.verdict, refuse: c.refuse}
			code, stdout, stderr := drillCommand(t, f, c.stdin, c.args...)
			all := stdout + stderr
			if code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, all)
			}
			for _, want := range c.out {
				if !strings.Contains(all, want) {
					t.Errorf("no %q in:\n%s", want, all)
				}
			}
			if c.never != "" && strings.Contains(all, c.never) {
				t.Errorf("%q in:\n%s", c.never, all)
			}
		})
	}
}

// A report for programs is alone on standard output, and what was asked for
// reaches the controller.
func TestDrillForPrograms(t *testing.T) {
	f := &fakeController{verdict: drill.Pass}
	code, stdout, stderr := drillCommand(t, f, "", "web", "--yes", "--to", "backup", "--stay", "1m", "--rto", "10s", "-o", "json")
	var r drill.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.ID != "d1" || code != ExitOK {
		t.Errorf("%d, %v in %q", code, err, stdout)
	}
	if !strings.Contains(stderr, "move-done") {
		t.Errorf("nothing told: %q", stderr)
	}
	if want := (api.DrillRequest{To: "backup", Stay: "1m0s", RTO: "10s", RPO: "0s"}); len(f.asked) != 1 || f.asked[0] != want {
		t.Errorf("asked for %+v", f.asked)
	}
	file := filepath.Join(t.TempDir(), "d.html")
	code, stdout, _ = drillCommand(t, &fakeController{verdict: drill.Conditions}, "", "web", "--yes", "-o", "html", "--out", file)
	page, err := os.ReadFile(file)
	if err != nil || code != ExitPending || !strings.Contains(stdout, file+": drill d1 of web: PASS with conditions") || !bytes.Contains(page, []byte("<!DOCTYPE html>")) {
		t.Errorf("%d, %v, %q", code, err, stdout)
	}
}
