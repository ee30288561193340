package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/api"
)

// A fake is a controller that notes what reaches it.
type fake struct {
	command failover.Command
	query   journal.Query
	drill   api.DrillRequest
	answer  runner.Answer
	reload  error
}

func (f *fake) Status(context.Context) (api.Status, error) {
	return api.Status{Holder: "one", Services: []runner.Status{{Service: "erp", Phase: failover.Held, Reason: failover.LossTooGreat}}}, nil
}

func (f *fake) Command(_ context.Context, service string, c failover.Command) (runner.Answer, error) {
	if service != "erp" {
		return runner.Answer{}, api.ErrNoService
	}
	f.command = c
	return f.answer, nil
}

func (f *fake) History(_ context.Context, _ string, q journal.Query) ([]journal.Entry, error) {
	f.query = q
	return []journal.Entry{{Seq: 7, Kind: journal.KindAlert, Reason: failover.MoveDone}}, nil
}

func (f *fake) StartDrill(_ context.Context, _ string, d api.DrillRequest) (string, runner.Answer, error) {
	f.drill = d
	return "1", f.answer, nil
}

func (f *fake) Drills(context.Context, string) ([]api.DrillInfo, error) { return nil, nil }

func (f *fake) Drill(context.Context, string, string) (json.RawMessage, error) {
	return nil, api.ErrNoDrill
}

func (f *fake) Reload(context.Context) error { return f.reload }

// serve serves f until the test ends and returns a client and the socket.
func serve(t *testing.T, f *fake) (*api.Client, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state", "c.sock")
	l, err := api.Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, l, f) }()
	c := api.NewClient(path)
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left: %v", err)
		}
	})
	return c, path
}

// What a client asks arrives, and what the controller says comes back.
func TestRoundTrip(t *testing.T) {
	f := &fake{answer: runner.Answer{Accepted: true}}
	c, path := serve(t, f)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	s, err := c.Status(t.Context())
	if err != nil || s.Holder != "one" || s.Services[0].Reason != failover.LossTooGreat {
		t.Errorf("%+v %v", s, err)
	}
	a, err := c.Command(t.Context(), "erp", api.CommandRequest{Verb: "force", Server: "backup", AcceptLoss: "30s"})
	if err != nil || !a.Accepted || f.command.Verb != failover.Force || f.command.AcceptLoss != 30*time.Second || f.command.By == "" {
		t.Errorf("%+v %v, got %+v", a, err, f.command)
	}
	f.answer = runner.Answer{Reason: failover.TargetLagging, Detail: "12 transactions"}
	a, err = c.Command(t.Context(), "erp", api.CommandRequest{Verb: "switchover", Server: "backup"})
	if d := cmp.Diff(api.CommandReply{Reason: "target-lagging", Detail: "12 transactions"}, a); d != "" || err != nil {
		t.Errorf("%s %v", d, err)
	}
	q := journal.Query{Limit: 9, After: 4, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Newest: true}
	if entries, err := c.History(t.Context(), "erp", q); err != nil || len(entries) != 1 || entries[0].Seq != 7 {
		t.Errorf("%+v %v", entries, err)
	}
	if d := cmp.Diff(q, f.query); d != "" {
		t.Error(d)
	}
	if _, err := c.Command(t.Context(), "nobody", api.CommandRequest{Verb: "pause"}); !errors.Is(err, api.ErrNoService) {
		t.Error(err)
	}
	if _, err := c.Drill(t.Context(), "erp", "x/../y"); !errors.Is(err, api.ErrNoDrill) {
		t.Error(err)
	}
	f.reload = errors.New("site.yaml:3:1: no such field")
	if err := c.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "site.yaml:3:1") {
		t.Error(err)
	}
}

// What is not understood is refused, and reaches nobody.
func TestBadRequests(t *testing.T) {
	f := &fake{}
	_, path := serve(t, f)
	h := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/v1/services/erp/commands", `{"verb":"explode"}`, 400},
		{"POST", "/v1/services/erp/commands", `{"verb":"unknown"}`, 400},
		{"POST", "/v1/services/erp/commands", `{"verb":"drill"}`, 400},
		{"POST", "/v1/services/erp/commands", `{"verb":"pause","why":"x"}`, 400},
		{"POST", "/v1/services/erp/commands", `{"verb":"force","accept_loss":"-1s"}`, 400},
		{"POST", "/v1/services/erp/commands", `{"verb":"` + strings.Repeat("x", 70_000) + `"}`, 400},
		{"GET", "/v1/services/erp/commands", "", 405},
		{"GET", "/v1/services/erp/history?limit=0", "", 400},
		{"GET", "/v1/services/erp/history?limit=10001", "", 400},
		{"GET", "/v1/services/erp/history?after=-1", "", 400},
		{"GET", "/v1/services/erp/history?since=yesterday", "", 400},
		{"GET", "/v1/services/erp/history?newest=perhaps", "", 400},
		{"GET", "/v2/status", "", 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://c"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := h.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s %s %.40s: %d, want %d", c.method, c.path, c.body, res.StatusCode, c.want)
		}
	}
	if f.command.Verb != failover.VerbUnknown {
		t.Errorf("%+v was carried out", f.command)
	}
}

// A dead controller's socket is taken over, a living one's is not.
func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.sock")
	if err := api.NewClient(path).Reload(t.Context()); !errors.Is(err, api.ErrNoController) {
		t.Error(err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	l, err := api.Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := api.Listen(t.Context(), path); err == nil || !strings.Contains(err.Error(), "answers") {
		t.Errorf("two controllers on one socket: %v", err)
	}
}
