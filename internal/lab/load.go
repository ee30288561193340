//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"jembatan/internal/load"
)

// A Watch is a client of the lab that uses a service all the time.
type Watch struct {
	cancel context.CancelFunc
	err    chan error

	mu      sync.Mutex // Guards what follows.
	records []load.Record
}

// Watch starts a client on a host and returns at once. It ends with Stop, with
// ctx, or after o.For.
func (c *Client) Watch(ctx context.Context, host string, o load.Options) (*Watch, error) {
	config, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watch{cancel: cancel, err: make(chan error, 1)}
	called := make(chan error, 1)
	go func() {
		code, err := c.call(ctx, request{Verb: "load", Host: host, Args: []string{string(config)}}, []*os.File{null, out, os.Stderr}, nil)
		switch {
		case ctx.Err() != nil:
			err = nil // That is how it ends.
		case err == nil && code != 0:
			err = fmt.Errorf("load: it ended with %d", code)
		}
		called <- errors.Join(err, out.Close(), null.Close()) // The lab has its own copies.
	}()
	go func() {
		err := load.Scan(in, func(r load.Record) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.records = append(w.records, r)
		})
		w.err <- errors.Join(err, <-called, in.Close())
	}()
	return w, nil
}

// Records returns what is known by now.
func (w *Watch) Records() []load.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.records)
}

// Wait returns all records when the client has ended.
func (w *Watch) Wait() ([]load.Record, error) {
	err := <-w.err
	w.err <- err
	w.cancel()
	return w.Records(), err
}

// Stop ends the client and returns all records. Requests that were under way are
// in them.
func (w *Watch) Stop() ([]load.Record, error) {
	w.cancel()
	return w.Wait()
}

// Acked returns the rows with these numbers or higher that a database of the lab
// has in lab.acked, whether it is reachable or not.
func (c *Client) Acked(ctx context.Context, host string, from int64) ([]int64, error) {
	var out []int64
	_, err := c.call(ctx, request{Verb: "acked", Host: host, Args: []string{strconv.FormatInt(from, 10)}}, nil, &out)
	return out, err
}

// load runs a client inside a host.
func (w *world) load(ctx context.Context, r *request) (int, error) {
	if len(r.Args) != 1 {
		return 0, errors.New("load: no options")
	}
	r.Env = append(os.Environ(), stageEnv+"="+stageLoad, configEnv+"="+r.Args[0])
	r.Args, r.Dir = []string{"/proc/self/exe"}, "/"
	return w.exec(ctx, r)
}

// loadStage is the process of a client.
func loadStage() error {
	var o load.Options
	if err := json.Unmarshal([]byte(os.Getenv(configEnv)), &o); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	return load.Run(ctx, o, io.Writer(os.Stdout))
}

// acked reads the rows of a database over its socket.
func (w *world) acked(ctx context.Context, name string, args []string) ([]int64, error) {
	h := w.host(name)
	if h == nil || h.db == nil {
		return nil, fmt.Errorf("%q has no database", name)
	}
	conn, end, err := h.db.session(ctx, "root", "")
	if err != nil {
		return nil, err
	}
	defer end()
	rows, err := conn.QueryContext(ctx, "SELECT id FROM lab.acked WHERE id >= ? ORDER BY id", args[0])
	if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", name, err)
	}
	defer func() { _ = rows.Close() }()
	out := []int64{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("rows of %s: %w", name, err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
