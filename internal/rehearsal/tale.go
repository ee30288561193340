//go:build linux

package rehearsal

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/lab"
	"jembatan/internal/load"
	"jembatan/tunnel"
)

// A Tale is a lab with its controller, its clients and its checker, for who wants
// to go through it step by step. Its methods are for one goroutine.
type Tale struct{ g *ground }

// NewTale makes a tale of a variant, in its first state: every server proven healthy
// and in sync, every client served. Without databases the servers have web pages
// only. The program under test has to call Stage. The caller closes the tale.
func NewTale(ctx context.Context, v Variant, databases bool, o Options) (*Tale, error) {
	if o.Every == 0 {
		o.Every = 5 * time.Millisecond
	}
	if o.Answer == 0 {
		o.Answer = 300 * time.Millisecond
	}
	if o.Trace == nil {
		o.Trace = io.Discard
	}
	start := prepare
	if !databases {
		start = prepareWeb
	}
	g, err := start(ctx, "site.yaml", v, o)
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, calm); err != nil {
		return nil, fmt.Errorf("%w %w", err, g.end())
	}
	return &Tale{g}, nil
}

// Close ends everything and returns when nothing is left.
func (t *Tale) Close() error { return t.g.end() }

// Service is the service that the tale is about.
func (t *Tale) Service() *tunnel.Service { return t.g.of }

// Socket is where commands find the controller.
func (t *Tale) Socket() string { return filepath.Join(filepath.Dir(t.g.control.log), "c.sock") }

// Fault makes a fault of the lab, or takes one back; see lab.FaultKinds.
func (t *Tale) Fault(ctx context.Context, words ...string) error {
	_, err := t.g.lab.Fault(ctx, words...)
	return err
}

// History returns what the controller has written down since a moment, the oldest
// first.
func (t *Tale) History(ctx context.Context, since time.Time) ([]journal.Entry, error) {
	return t.g.control.History(ctx, t.g.of.Name, journal.Query{Limit: historyLimit, Since: since})
}

// Log writes the controller's log to w.
func (t *Tale) Log(w io.Writer) { t.g.keep(w) }

// Phase waits until the service has come to a phase with a server being active.
func (t *Tale) Phase(ctx context.Context, phase failover.Phase, active string, limit time.Duration) error {
	return t.g.control.await(ctx, phase.String()+" with "+active, limit, func(s runner.Status) bool {
		return s.Phase == phase && s.Active == active && s.Move == nil
	})
}

// Well waits until a server is healthy and, with databases, in sync as a standby.
func (t *Tale) Well(ctx context.Context, server string, limit time.Duration) error {
	return t.g.control.await(ctx, server+" well", limit, func(s runner.Status) bool {
		return slices.ContainsFunc(s.Servers, func(one runner.ServerStatus) bool {
			return one.Name == server && one.Health.Verdict == health.Healthy && (one.Sync == failover.InSync || len(t.g.clients.writers) == 0)
		})
	})
}

// Served waits until clients get what they ask for, however they come, and every
// answer is a certain server's.
func (t *Tale) Served(ctx context.Context, by string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		missing := ""
		for _, some := range []map[string]*lab.Watch{t.g.clients.pages, t.g.clients.writers} {
			for way, w := range some {
				if records := w.Records(); !lately(records, fewGood) || records[len(records)-1].By != by {
					missing = way
				}
			}
		}
		if missing == "" {
			return nil
		}
		if pause(ctx, pollStatus) != nil {
			return fmt.Errorf("clients by %s are not served by %s within %v", missing, by, limit)
		}
	}
}

// fewGood is how many good answers in a row say that a client is served.
const fewGood = 5

// A Told is what clients and the checker saw of a tale.
type Told struct {
	Pages, Rows map[string][]load.Record // by the way in which they came
	// Two are times in which two servers took writes, wherever from.
	Two []Overlap
	// Have are the rows that each database has at the end.
	Have map[string][]int64
}

// End ends the clients and reads what every database has, once they have all come
// to the same or a while is over. The tale is still to be closed.
func (t *Tale) End(ctx context.Context) (*Told, error) {
	databases := len(t.g.clients.writers) > 0
	saw, err := t.g.clients.stop()
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	out := &Told{Pages: saw.pages, Rows: saw.rows, Two: Overlaps(Writables(saw.sights), func(Writable, Writable) bool { return true })}
	for begun := time.Now(); databases; {
		if out.Have, err = t.have(ctx); err != nil || same(out.Have) || time.Since(begun) > catchUp {
			break
		}
		if err := pause(ctx, pollStatus); err != nil {
			return nil, err
		}
	}
	return out, err
}

// catchUp is how long databases have to come to the same when nobody writes.
const catchUp = 5 * time.Second

func (t *Tale) have(ctx context.Context) (map[string][]int64, error) {
	out := map[string][]int64{}
	for _, s := range t.g.of.Servers {
		rows, err := t.g.lab.Acked(ctx, s.Name, 0)
		if err != nil {
			return nil, err
		}
		slices.Sort(rows)
		out[s.Name] = rows
	}
	return out, nil
}

func same(have map[string][]int64) bool {
	var first []int64
	for _, rows := range have {
		if first == nil {
			first = rows
		}
		if !slices.Equal(first, rows) {
			return false
		}
	}
	return true
}
