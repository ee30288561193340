package drill_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/effect"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/drill"
)

// A world is a service with two servers, a real runner that drives it, a journal
// in memory, and clients that get answers from whom the router leads to.
type world struct {
	r *runner.Runner

	mu      sync.Mutex // guards all below
	entries []journal.Entry
	state   failover.State
	target  string // whom clients are led to
	blocked map[string]bool
	refuse  failover.Kind // an effect that never works
	refused string        // on this server
	sick    string        // a server that probes do not reach
	broken  string        // a server whose replication is broken
	lost    uint64        // transactions that checks find
}

// took is how long each effect takes.
func took(k failover.Kind) time.Duration {
	return map[failover.Kind]time.Duration{
		failover.FenceDatabase: 20 * time.Millisecond, failover.BlockPaths: 30 * time.Millisecond, failover.KillConnections: 10 * time.Millisecond,
		failover.WaitDrained: 40 * time.Millisecond, failover.OpenWrites: 60 * time.Millisecond, failover.Unblock: 15 * time.Millisecond,
		failover.Rewrite: 50 * time.Millisecond, failover.ProbePublic: 35 * time.Millisecond,
	}[k]
}

func (w *world) Do(ctx context.Context, a failover.Action) effect.Outcome {
	time.Sleep(took(a.Kind))
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return effect.Outcome{Err: failover.NotLeading}
	}
	if a.Kind == w.refuse && a.Server == w.refused {
		return effect.Outcome{Err: failover.Refused}
	}
	switch a.Kind { //nolint:exhaustive // The others change nothing that clients see.
	case failover.BlockPaths:
		w.blocked[a.Server] = true
	case failover.Unblock:
		w.blocked[a.Server] = false
	case failover.Rewrite:
		w.target = a.Server
	}
	return effect.Outcome{}
}

func (w *world) Renew(string, uint64) {}

func (w *world) Rest() {}

// save numbers and seals entries as the journal does.
func (w *world) save(_ context.Context, s failover.State, entries []journal.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		e.Seq, e.Service, e.Epoch, e.At = uint64(len(w.entries))+1, "web", 5, e.At.UTC()
		if e.Seq > 1 {
			e.Prev = w.entries[e.Seq-2].Hash
		}
		w.entries = append(w.entries, seal(e))
	}
	w.state = s
	return nil
}

func seal(e journal.Entry) journal.Entry {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	var back journal.Entry
	if err := json.Unmarshal(b, &back); err != nil {
		panic(err)
	}
	if b, err = json.Marshal(back); err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	back.Hash = hex.EncodeToString(sum[:])
	return back
}

func (w *world) Command(ctx context.Context, c failover.Command) (runner.Answer, error) {
	return w.r.Command(ctx, c)
}
func (w *world) Status(ctx context.Context) (runner.Status, error)  { return w.r.Status(ctx) }
func (w *world) Note(ctx context.Context, e ...journal.Entry) error { return w.r.Note(ctx, e...) }

func (w *world) History(_ context.Context, q journal.Query) ([]journal.Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if q.Newest {
		return slices.Clone(w.entries[max(0, len(w.entries)-q.Limit):]), nil
	}
	from := min(int(q.After), len(w.entries))
	return slices.Clone(w.entries[from:min(len(w.entries), from+q.Limit)]), nil
}

// Ask is a client: what is blocked is dropped.
func (w *world) Ask(ctx context.Context) health.Sample {
	w.mu.Lock()
	dropped := w.blocked[w.target]
	w.mu.Unlock()
	if dropped {
		<-ctx.Done()
		return health.Sample{Reason: health.ProberFailed} // As probes say when they are cut off.
	}
	time.Sleep(3 * time.Millisecond)
	return health.Sample{OK: true}
}

// Check finds what the test says.
func (w *world) Check(_ context.Context, active, standby string) drill.DataCheck {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := drill.DataCheck{
		At: time.Now().UTC(), Active: active, Standby: standby, GTID: drill.GTIDCheck{State: drill.Equal},
		Tables: drill.TableCheck{State: drill.Equal, Equal: 1, Tables: []drill.Table{{Name: "shop.orders", State: drill.Equal, Active: "17", Standby: "17"}}},
	}
	if w.lost > 0 && active == "backup" {
		c.GTID = drill.GTIDCheck{State: drill.Differs, Surplus: w.lost}
	}
	return c
}

func (w *world) set(f func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

// start runs the service under a leadership until the test ends, and returns when
// its servers are known to be well.
func start(t *testing.T) *world {
	t.Helper()
	w := &world{target: "main", blocked: map[string]bool{}}
	var err error
	w.r, err = runner.New(runner.Options{
		Config: failover.Config{Service: "web", Servers: []string{"main", "backup"}, Database: true},
		Health: health.Config{
			Servers: []string{"main", "backup"}, Interval: 100 * time.Millisecond, Misses: 3, Rises: 2, QuorumAlone: true,
			Vantages: []health.Vantage{{Name: "controller", Kind: health.Controller, Beside: true}, {Name: "r1", Kind: health.Router}, {Name: "r2", Kind: health.Router}},
			Probes:   []health.Probe{{Name: "ping", Layer: health.Host}},
		},
		Effect: w, Notify: func(failover.Action, time.Time) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := w.r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() { w.watch(ctx) })
	all.Go(func() { _ = w.r.Lead(ctx, runner.Term{Epoch: 5, Save: w.save}, failover.State{}) })
	t.Cleanup(func() { cancel(); all.Wait() })
	w.r.Event(ctx, failover.RoutersChanged{Time: time.Now(), Reachable: 2, Total: 2})
	time.Sleep(5 * time.Second)
	return w
}

// watch tells the runner how the servers and their data are.
func (w *world) watch(ctx context.Context) {
	for ctx.Err() == nil {
		w.mu.Lock()
		sick, broken, active := w.sick, w.broken, w.target
		w.mu.Unlock()
		for _, s := range []string{"main", "backup"} {
			for _, v := range []string{"controller", "r1", "r2"} {
				sample := health.Sample{Server: s, Probe: "ping", Vantage: v, At: time.Now(), OK: s != sick}
				if !sample.OK {
					sample.Reason = health.Timeout
				}
				w.r.Sample(ctx, sample)
			}
			r := failover.ReplicationChanged{
				Time: time.Now(), Server: s, Sync: failover.InSync, Drained: true, Fresh: true, SyncedAt: time.Now(), LosslessAt: time.Now(), WriteTested: true, Open: s == active,
			}
			if s == broken {
				r.Sync, r.Code = failover.Broken, 1062
			}
			if s == active || s != broken {
				r.Closed = !r.Open
			}
			w.r.Event(ctx, r)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func options(w *world) drill.Options {
	return drill.Options{
		ID: "d1", Service: "web", By: "anna", Stay: 10 * time.Second, Controller: w, Data: w, Host: "ops",
		Addresses: []drill.Address{{Router: "jkt", Address: "203.0.113.1:80", How: "tcp", Ask: w.Ask}},
	}
}
