//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/lab"
)

// controllerHost is the host of a lab that the controller runs on.
const controllerHost = "controller"

// A controller is `jembatan serve` inside a lab, started again at once whenever it
// ends, as a service manager would.
type controller struct {
	*api.Client

	service string
	program string // its name, as the lab finds it
	log     string
	cancel  context.CancelFunc
	ended   chan struct{}
	starts  int // read it when ended is closed
	err     error
}

// startController starts the program in dir, which also has its socket and log.
func startController(ctx context.Context, l *lab.Client, service, binary, file, dir string) *controller {
	socket := filepath.Join(dir, "c.sock")
	c := &controller{
		Client: api.NewClient(socket), service: service, program: filepath.Base(binary), log: filepath.Join(dir, "controller.log"),
		ended: make(chan struct{}),
	}
	ctx, c.cancel = context.WithCancel(ctx)
	argv := append(append([]string{"env", "JEMBATAN_SERVE_SOCKET=" + socket}, secrets()...), binary, "--log-level", "debug", "serve", "-f", file)
	go func() {
		defer close(c.ended)
		for ctx.Err() == nil {
			c.starts++
			p, err := spawn(ctx, l, controllerHost, c.log, argv...)
			if err != nil {
				c.err = err
				return
			}
			<-p.ended
			c.err = p.err
			if p.code != killed && ctx.Err() == nil {
				c.err = errors.Join(p.err, fmt.Errorf("the controller ended with %d: see %s", p.code, c.log))
				return
			}
		}
	}()
	return c
}

// killed is the exit code of a program that got SIGKILL.
const killed = 137

// secrets are the variables that the topology's secrets come from.
func secrets() []string { return []string{"JEMBATAN_PASSWORD=secret", "JEMBATAN_DB_PASSWORD=db"} }

// end ends it and returns when it has ended.
func (c *controller) end() error {
	c.cancel()
	<-c.ended
	c.Close()
	return c.err
}

// status asks how the service is.
func (c *controller) status(ctx context.Context) (runner.Status, error) {
	s, err := c.Status(ctx)
	if err != nil {
		return runner.Status{}, err
	}
	for _, one := range s.Services {
		if one.Service == c.service {
			return one, nil
		}
	}
	return runner.Status{}, fmt.Errorf("the controller has no service %s", c.service)
}

// await asks until ok says yes, or the limit is over: then the error has the last
// status.
func (c *controller) await(ctx context.Context, what string, limit time.Duration, ok func(runner.Status) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last runner.Status
	for {
		s, err := c.status(ctx)
		if err == nil {
			last = s
			if ok(s) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v: phase %s %s, active %s (%w)", what, limit, last.Phase, last.Reason, last.Active, errors.Join(err, ctx.Err()))
		case <-c.ended:
			return fmt.Errorf("%s: the controller has ended: %w", what, c.err)
		case <-time.After(pollStatus):
		}
	}
}

// pollStatus is the time between two looks at a status: who is asked is busy with what is measured.
const pollStatus = 50 * time.Millisecond

// historyLimit is how many entries are read; a rehearsal has some hundred.
const historyLimit = 10_000

// history returns all that happened, the oldest first.
func (c *controller) history(ctx context.Context) ([]journal.Entry, error) {
	return c.History(ctx, c.service, journal.Query{Limit: historyLimit})
}

// follow hands on entries of the history as they come, those that are there first,
// until each says enough or ctx ends.
func (c *controller) follow(ctx context.Context, after uint64, each func(journal.Entry) (enough bool)) error {
	for {
		entries, err := c.History(ctx, c.service, journal.Query{Limit: historyLimit, After: after})
		if err == nil {
			for i := range entries {
				after = entries[i].Seq
				if each(entries[i]) {
					return nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pollHistory):
		}
	}
}

// pollHistory is short: who waits for a step of a move wants to be there in it.
const pollHistory = 2 * time.Millisecond
