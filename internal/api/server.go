package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
)

// Errors of a Controller that are answered with 404.
var (
	ErrNoService = errors.New("no such service")
	ErrNoDrill   = errors.New("no such drill")
)

// Limits of what is accepted from the other end.
const (
	maxBody    = 64 << 10
	maxHistory = 10_000
	readLimit  = 10 * time.Second
)

// Listen opens the socket, in a directory that is made if it is missing. One that a dead controller left is taken over; one
// that answers is an error. Only the owner and the group may use it.
func Listen(ctx context.Context, path string) (net.Listener, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("a controller answers at %s already", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("socket: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil { //nolint:gosec // The group may talk to it: that is how operators are let in.
		return nil, errors.Join(fmt.Errorf("socket: %w", err), l.Close())
	}
	return l, nil
}

// Serve answers on l until ctx ends. It owns l.
func Serve(ctx context.Context, l net.Listener, c Controller) error {
	s := &http.Server{
		Handler: handler(c), ReadHeaderTimeout: readLimit, ReadTimeout: readLimit, MaxHeaderBytes: 16 << 10,
		ConnContext: withPeer, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := s.Shutdown(end); err != nil {
			_ = s.Close() // Whoever still waits is cut off.
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("socket: %w", err)
		}
		return nil
	case err := <-done:
		return fmt.Errorf("socket: %w", err)
	}
}

// A route is one thing that can be asked.
type route struct {
	Pattern string
	About   string
	do      func(c Controller, w http.ResponseWriter, r *http.Request) error
}

// Routes returns what can be asked and what it is for, in order, for the
// reference page.
func Routes() (out [][2]string) {
	for _, r := range routes() {
		out = append(out, [2]string{r.Pattern, r.About})
	}
	return out
}

// routes is the whole interface.
func routes() []route {
	return []route{
		{"GET /v1/status", "how the controller and every service are", status},
		{"POST /v1/services/{service}/commands", "carry out a command: switchover, force, failback, pause, resume, pin, unpin, maintain, end-maintenance, ack, confirm-fenced, accept-errant, cancel", command},
		{"GET /v1/services/{service}/history", "what happened: limit, after (a sequence number), since (RFC 3339), newest (true: the newest first)", history},
		{"POST /v1/services/{service}/drills", "begin a drill", startDrill},
		{"GET /v1/services/{service}/drills", "the drills that were held", drills},
		{"GET /v1/services/{service}/drills/{id}", "the report of a drill", drill},
		{"POST /v1/reload", "read the topology again", reload},
	}
}

func handler(c Controller) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			if err := rt.do(c, w, r); err != nil {
				reply(w, codeOf(err), Problem{err.Error()})
			}
		})
	}
	return mux
}

// errRequest marks what the other end did wrong.
var errRequest = errors.New("bad request")

func codeOf(err error) int {
	switch {
	case errors.Is(err, errRequest):
		return http.StatusBadRequest
	case errors.Is(err, ErrNoService), errors.Is(err, ErrNoDrill):
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // Whoever hung up does not read the rest.
}

// body reads a request's JSON; an empty body is the zero value.
func body(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}

func status(c Controller, w http.ResponseWriter, r *http.Request) error {
	s, err := c.Status(r.Context())
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, s)
	return nil
}

func command(c Controller, w http.ResponseWriter, r *http.Request) error {
	var in CommandRequest
	if err := body(r, &in); err != nil {
		return err
	}
	verb, err := failover.ParseVerb(in.Verb)
	if err != nil || verb == failover.VerbUnknown || verb == failover.Drill {
		return fmt.Errorf("%w: no such command: %q", errRequest, in.Verb)
	}
	cmd := failover.Command{Verb: verb, Server: in.Server, By: peer(r.Context())}
	if in.AcceptLoss != "" {
		if cmd.AcceptLoss, err = time.ParseDuration(in.AcceptLoss); err != nil || cmd.AcceptLoss < 0 {
			return fmt.Errorf("%w: accept_loss: want a time as in 30s", errRequest)
		}
	}
	a, err := c.Command(r.Context(), r.PathValue("service"), cmd)
	if err != nil {
		return err
	}
	code := http.StatusOK
	if !a.Accepted {
		code = http.StatusConflict
	}
	reply(w, code, CommandReply{a.Accepted, string(a.Reason), a.Detail})
	return nil
}

func history(c Controller, w http.ResponseWriter, r *http.Request) error {
	q, err := query(r)
	if err != nil {
		return err
	}
	entries, err := c.History(r.Context(), r.PathValue("service"), q)
	if err != nil {
		return err
	}
	if entries == nil {
		entries = []journal.Entry{}
	}
	reply(w, http.StatusOK, entries)
	return nil
}

func query(r *http.Request) (journal.Query, error) {
	q := journal.Query{Limit: 100}
	get := r.URL.Query()
	var err error
	if s := get.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > maxHistory {
			return q, fmt.Errorf("%w: limit: want 1..%d", errRequest, maxHistory)
		}
	}
	if s := get.Get("after"); s != "" {
		if q.After, err = strconv.ParseUint(s, 10, 64); err != nil {
			return q, fmt.Errorf("%w: after: want a sequence number", errRequest)
		}
	}
	if s := get.Get("newest"); s != "" {
		if q.Newest, err = strconv.ParseBool(s); err != nil {
			return q, fmt.Errorf("%w: newest: want true or false", errRequest)
		}
	}
	if s := get.Get("since"); s != "" {
		if q.Since, err = time.Parse(time.RFC3339, s); err != nil {
			return q, fmt.Errorf("%w: since: want a time as in 2006-01-02T15:04:05Z", errRequest)
		}
	}
	return q, nil
}

func startDrill(c Controller, w http.ResponseWriter, r *http.Request) error {
	var in DrillRequest
	if err := body(r, &in); err != nil {
		return err
	}
	in.By = peer(r.Context())
	id, a, err := c.StartDrill(r.Context(), r.PathValue("service"), in)
	if err != nil {
		return err
	}
	code := http.StatusAccepted
	if !a.Accepted {
		code = http.StatusConflict
	}
	reply(w, code, DrillReply{id, string(a.Reason), a.Detail})
	return nil
}

func drills(c Controller, w http.ResponseWriter, r *http.Request) error {
	list, err := c.Drills(r.Context(), r.PathValue("service"))
	if err != nil {
		return err
	}
	if list == nil {
		list = []DrillInfo{}
	}
	reply(w, http.StatusOK, list)
	return nil
}

func drill(c Controller, w http.ResponseWriter, r *http.Request) error {
	report, err := c.Drill(r.Context(), r.PathValue("service"), r.PathValue("id"))
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, report)
	return nil
}

func reload(c Controller, w http.ResponseWriter, r *http.Request) error {
	if err := c.Reload(r.Context()); err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	reply(w, http.StatusOK, struct{}{})
	return nil
}
