package serve

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"jembatan/failover/runner"
)

// drills runs drills, one of a service at a time. The zero value is ready.
type drills struct {
	once sync.Once
	jobs chan func(context.Context)

	mu      sync.Mutex
	running map[string]string     // guarded by mu: ID by service
	last    map[string]lastReport // guarded by mu: by service
}

// A lastReport is the newest report, for when the store does not take it.
type lastReport struct {
	id   string
	body json.RawMessage
}

func (d *drills) queue() chan func(context.Context) {
	d.once.Do(func() { d.jobs = make(chan func(context.Context)) })
	return d.jobs
}

// run runs what is queued until ctx ends, and then waits for what still runs.
func (d *drills) run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case job := <-d.queue():
			all.Go(func() { job(ctx) })
		}
	}
}

// claim reserves a service for a drill, or says which one is under way.
func (d *drills) claim(service, id string) (other string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if other, taken := d.running[service]; taken {
		return other, false
	}
	if d.running == nil {
		d.running, d.last = map[string]string{}, map[string]lastReport{}
	}
	d.running[service] = id
	return "", true
}

func (d *drills) release(service string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.running, service)
}

func (d *drills) remember(service, id string, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[service] = lastReport{id, body}
}

func (d *drills) recall(service, id string) json.RawMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.last[service]; l.id == id {
		return l.body
	}
	return nil
}

// errGone: who asked for a drill left before it began.
var errGone = errors.New("who asked for the drill has gone")

// A handshake is between a drill and whoever waits for it to begin.
type handshake struct {
	told chan told
	once sync.Once

	mu   sync.Mutex
	gone bool // guarded by mu: nobody waits any more
}

type told struct {
	answer runner.Answer
	err    error
}

func newHandshake() *handshake { return &handshake{told: make(chan told, 1)} }

// begin is the last moment at which nothing has happened.
func (h *handshake) begin() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return errGone
	}
	return nil
}

// answer says once what became of it.
func (h *handshake) answer(a runner.Answer, err error) {
	h.once.Do(func() { h.told <- told{a, err} })
}

// wait returns the answer. When ctx ends before the move was commanded, it never is.
func (h *handshake) wait(ctx context.Context) (runner.Answer, error) {
	select {
	case t := <-h.told:
		return t.answer, t.err
	case <-ctx.Done():
	}
	h.mu.Lock()
	h.gone = true
	h.mu.Unlock()
	return runner.Answer{}, context.Cause(ctx)
}
