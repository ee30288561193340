package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover"
	"jembatan/failover/effect"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/health"
)

// A world is what the runner acts on: effects that take a moment, and a store.
type world struct {
	mu       sync.Mutex
	log      []string // guarded by mu: intents as they are saved, effects as they begin
	state    failover.State
	entries  []journal.Entry
	alerts   []string
	renew    string
	hang     failover.Kind // never answers until its context ends
	running  int
	rests    int
	restless bool // Rest came while an effect ran
	saveFail error
	fails    map[failover.Kind]failover.Failure
}

func (w *world) Do(ctx context.Context, a failover.Action) effect.Outcome {
	w.mu.Lock()
	if w.state.Pending[a.ID].Kind != a.Kind {
		w.log = append(w.log, fmt.Sprintf("BUG: %s %s began before its intent was durable", a.Kind, a.Server))
	}
	w.log = append(w.log, a.Kind.String()+" "+a.Server)
	w.running++
	hang, fails := w.hang == a.Kind, w.fails[a.Kind]
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.running--; w.mu.Unlock() }()
	if hang {
		<-ctx.Done()
		return effect.Outcome{Err: failover.NotLeading}
	}
	time.Sleep(10 * time.Millisecond)
	return effect.Outcome{Err: fails}
}

func (w *world) Renew(server string, _ uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renew = server
}

func (w *world) Rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rests++
	w.restless = w.restless || w.running > 0
}

func (w *world) save(_ context.Context, s failover.State, entries []journal.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.saveFail != nil {
		return w.saveFail
	}
	w.state, w.entries = s, append(w.entries, entries...)
	return nil
}

func (w *world) notify(a failover.Action, _ time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alerts = append(w.alerts, string(a.Reason)+" "+a.Server)
}

// look returns a copy of what the test asks for.
func look[T any](w *world, f func(*world) T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f(w)
}

func options(w *world) runner.Options {
	return runner.Options{
		Config: failover.Config{Service: "web", Servers: []string{"main", "backup"}, Policy: failover.Policy{Automatic: true}},
		Health: health.Config{
			Servers: []string{"main", "backup"}, Interval: 100 * time.Millisecond, Misses: 3, Rises: 2, QuorumAlone: true,
			Vantages: []health.Vantage{{Name: "controller", Kind: health.Controller, Beside: true}, {Name: "r1", Kind: health.Router}, {Name: "r2", Kind: health.Router}},
			Probes:   []health.Probe{{Name: "ping", Layer: health.Host}},
		},
		Effect: w, Notify: w.notify,
	}
}

// A bench is a runner that runs, with probes that say what the test wants.
type bench struct {
	*world

	r    *runner.Runner
	mu   sync.Mutex
	down map[string]bool // guarded by mu
}

// start runs a runner and probes until the test ends.
func start(t *testing.T, w *world) *bench {
	t.Helper()
	r, err := runner.New(options(w))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{world: w, r: r, down: map[string]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() { b.probe(ctx) })
	t.Cleanup(func() { cancel(); all.Wait() })
	r.Event(ctx, failover.RoutersChanged{Time: time.Now(), Reachable: 2, Total: 2})
	return b
}

func (b *bench) probe(ctx context.Context) {
	for ctx.Err() == nil {
		for _, s := range []string{"main", "backup"} {
			for _, v := range []string{"controller", "r1", "r2"} {
				b.mu.Lock()
				ok := !b.down[s]
				b.mu.Unlock()
				sample := health.Sample{Server: s, Probe: "ping", Vantage: v, At: time.Now(), OK: ok}
				if !ok {
					sample.Reason = health.Timeout
				}
				b.r.Sample(ctx, sample)
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (b *bench) fail(server string, down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down[server] = down
}

// lead leads until the returned function is called, which returns why it ended.
func (b *bench) lead(t *testing.T, epoch uint64) func() error {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.r.Lead(ctx, runner.Term{Epoch: epoch, Save: b.save}, look(b.world, func(w *world) failover.State { return w.state }))
	}()
	return func() error {
		cancel(errors.New("the test ends the term"))
		return <-done
	}
}

// until waits in virtual time.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not seen: %s", what)
}

func (b *bench) status(t *testing.T) runner.Status {
	t.Helper()
	s, err := b.r.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A server fails: the service moves, each intent is durable before its effect,
// and the history tells it in order.
func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &world{})
		end := b.lead(t, 5)
		until(t, "both healthy", func() bool {
			s := b.status(t)
			return s.Leading && s.Servers[0].Health.Verdict == health.Healthy && s.Servers[1].Health.Verdict == health.Healthy
		})
		b.fail("main", true)
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
		log := look(b.world, func(w *world) []string { return slices.Clone(w.log) })
		want := []string{"block-paths main", "kill-connections main", "rewrite backup", "kill-connections main", "probe-public backup"}
		if !slices.Equal(log, want) {
			t.Errorf("effects:\n got %q\nwant %q", log, want)
		}
		if err := journal.Verify(nil); err != nil {
			t.Error(err)
		}
		alerts := strings.Join(look(b.world, func(w *world) []string { return slices.Clone(w.alerts) }), "\n")
		for _, a := range []string{"server-failed main", "move-started backup", "move-done backup"} {
			if !strings.Contains(alerts, a) {
				t.Errorf("no alert %q in:\n%s", a, alerts)
			}
		}
		if err := end(); err == nil || !strings.Contains(err.Error(), "the test ends") {
			t.Errorf("ended with %v", err)
		}
		if b.status(t).Leading {
			t.Error("leads after the end")
		}
	})
}

// When the term ends in the middle of an effect, the effect is over before the
// next term begins, and that one takes the move up where it was.
func TestTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &world{hang: failover.Rewrite})
		end := b.lead(t, 5)
		until(t, "both healthy", func() bool { return b.status(t).Servers[1].Health.Verdict == health.Healthy })
		b.fail("main", true)
		until(t, "rewriting", func() bool {
			return look(b.world, func(w *world) bool { return slices.Contains(w.log, "rewrite backup") })
		})
		_ = end()
		if n := look(b.world, func(w *world) int { return w.running }); n != 0 {
			t.Fatalf("%d effects run after the term", n)
		}
		if n := look(b.world, func(w *world) int { return w.rests }); n != 1 || look(b.world, func(w *world) bool { return w.restless }) {
			t.Errorf("what goes on beside effects was ended %d times", n)
		}
		look(b.world, func(w *world) bool { w.hang = failover.KindUnknown; w.log = nil; return true })
		defer b.lead(t, 6)()
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
		log := look(b.world, func(w *world) []string { return slices.Clone(w.log) })
		if log[0] != "rewrite backup" || slices.Contains(log, "block-paths main") {
			t.Errorf("not taken up where it was: %q", log)
		}
		for _, e := range look(b.world, func(w *world) []journal.Entry { return slices.Clone(w.entries) }) {
			if e.Action != nil && e.Action.Epoch != 5 && e.Action.Epoch != 6 {
				t.Errorf("epoch of %+v", e)
			}
		}
	})
}

// A store that does not take the intent: nothing is done, and the term is over.
func TestFailStatic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		b := start(t, w)
		over := make(chan error, 1)
		go func() { over <- b.r.Lead(t.Context(), runner.Term{Epoch: 5, Save: b.save}, failover.State{}) }()
		until(t, "both healthy", func() bool { return b.status(t).Servers[1].Health.Verdict == health.Healthy })
		look(w, func(w *world) bool { w.saveFail = errors.New("no quorum"); return true })
		b.fail("main", true)
		if err := <-over; err == nil || !strings.Contains(err.Error(), "no quorum") {
			t.Errorf("ended with %v", err)
		}
		time.Sleep(time.Minute)
		if log := look(w, func(w *world) []string { return slices.Clone(w.log) }); len(log) != 0 {
			t.Errorf("did %q without a durable intent", log)
		}
		a, err := b.r.Command(t.Context(), failover.Command{Verb: failover.Switchover, Server: "backup"})
		if err != nil || a.Accepted || a.Reason != failover.NotLeader {
			t.Errorf("a command without leadership: %+v %v", a, err)
		}
	})
}

// A store that refuses while the term goes on: people hear that the server fails,
// and not that the right to act is lost.
func TestStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		b := start(t, w)
		over := make(chan error, 1)
		go func() { over <- b.r.Lead(t.Context(), runner.Term{Epoch: 5, Save: b.save}, failover.State{}) }()
		until(t, "both healthy", func() bool { return b.status(t).Servers[1].Health.Verdict == health.Healthy })
		look(w, func(w *world) bool { w.saveFail = fmt.Errorf("%w: no space", runner.ErrNotKept); return true })
		b.fail("main", true)
		if err := <-over; !errors.Is(err, runner.ErrNotKept) {
			t.Errorf("ended with %v", err)
		}
		time.Sleep(time.Minute)
		told := look(w, func(w *world) []string { return slices.Clone(w.alerts) })
		for _, want := range []string{"server-suspect main", "server-failed main"} {
			if !slices.Contains(told, want) {
				t.Errorf("%s was not told: %q", want, told)
			}
		}
		if slices.Contains(told, "lease-lost ") {
			t.Errorf("the lease was not lost: %q", told)
		}
	})
}

// Commands are answered once they are durable, refused ones with their reason.
func TestCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &world{})
		defer b.lead(t, 5)()
		until(t, "both healthy", func() bool { s := b.status(t); return s.Leading && s.Servers[1].Health.Verdict == health.Healthy })
		for _, c := range []struct {
			verb   failover.Verb
			server string
			want   failover.Reason
		}{
			{failover.Switchover, "nobody", failover.NoSuchServer},
			{failover.Switchover, "main", failover.AlreadyThere},
			{failover.Failback, "", failover.NotReady},
			{failover.Pause, "", failover.None},
			{failover.Switchover, "backup", failover.None},
			{failover.Switchover, "backup", failover.AlreadyMoving},
		} {
			a, err := b.r.Command(t.Context(), failover.Command{Verb: c.verb, Server: c.server, By: "anna"})
			if err != nil || a.Reason != c.want || a.Accepted != (c.want == failover.None) {
				t.Errorf("%v %s: %+v %v, want %q", c.verb, c.server, a, err, c.want)
			}
		}
		if !look(b.world, func(w *world) bool { return w.state.Paused && w.state.Move != nil }) {
			t.Error("answered before it was durable")
		}
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
	})
}

// A debt that is tried for an hour is tried ever less often and told once.
func TestDebtIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{fails: map[failover.Kind]failover.Failure{failover.BlockPaths: failover.Unreachable}}
		b := start(t, w)
		defer b.lead(t, 5)()
		until(t, "both healthy", func() bool { s := b.status(t); return s.Leading && s.Servers[1].Health.Verdict == health.Healthy })
		b.fail("main", true)
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
		before := look(w, func(w *world) int { return len(w.entries) })
		time.Sleep(time.Hour)
		tries := look(w, func(w *world) int {
			n := 0
			for _, l := range w.log {
				if l == "block-paths main" {
					n++
				}
			}
			return n
		})
		more := look(w, func(w *world) int { return len(w.entries) }) - before
		if tries < 60 || tries > 200 || more > 10 {
			t.Errorf("%d tries, %d entries in an hour", tries, more)
		}
		look(w, func(w *world) bool { w.fails = nil; return true })
		time.Sleep(time.Minute)
		if owed := b.status(t).Owed; len(owed) != 0 {
			t.Errorf("still owed: %v", owed)
		}
	})
}

// A move that waits for hours is tried each second and told once.
func TestHeldMoveIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{fails: map[failover.Kind]failover.Failure{failover.Rewrite: failover.Unreachable}}
		b := start(t, w)
		defer b.lead(t, 5)()
		until(t, "both healthy", func() bool { s := b.status(t); return s.Leading && s.Servers[1].Health.Verdict == health.Healthy })
		b.fail("main", true)
		until(t, "it waits", func() bool { s := b.status(t); return s.Reason == failover.RoutersMissing })
		before := look(w, func(w *world) int { return len(w.entries) })
		time.Sleep(10 * time.Minute)
		if more := look(w, func(w *world) int { return len(w.entries) }) - before; more > 10 {
			t.Errorf("%d entries in ten minutes", more)
		}
		look(w, func(w *world) bool { w.fails = nil; return true })
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
	})
}

// Whoever does not wait for the answer of a command has not given it, and a
// runner that was never run keeps nobody.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := runner.New(options(&world{}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Command(ctx, failover.Command{Verb: failover.Pause}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := r.Lead(ctx, runner.Term{Epoch: 5}, failover.State{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		run, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = r.Run(run) }()
		if s, err := r.Status(t.Context()); err != nil || s.Paused || s.Leading {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// When the term ends its effects do, though the loop hangs in the store.
func TestEffectsEndWithTheTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{hang: failover.BlockPaths}
		b := start(t, w)
		ctx, cancel := context.WithCancelCause(t.Context())
		hang := make(chan struct{})
		save := func(sctx context.Context, s failover.State, entries []journal.Entry) error {
			select {
			case <-hang:
				time.Sleep(2 * time.Second) // A store that does not heed the context.
			default:
			}
			return b.save(sctx, s, entries)
		}
		done := make(chan error, 1)
		go func() { done <- b.r.Lead(ctx, runner.Term{Epoch: 5, Save: save}, failover.State{}) }()
		until(t, "both healthy", func() bool { return b.status(t).Servers[1].Health.Verdict == health.Healthy })
		b.fail("main", true)
		until(t, "blocking", func() bool { return look(w, func(w *world) int { return w.running }) == 1 })
		close(hang)
		go func() { _, _ = b.r.Command(t.Context(), failover.Command{Verb: failover.Pause}) }()
		time.Sleep(100 * time.Millisecond)
		cancel(errors.New("the lease has run out"))
		synctest.Wait()
		if n := look(w, func(w *world) int { return w.running }); n != 0 {
			t.Errorf("%d effects run on while the store hangs", n)
		}
		<-done
	})
}

// A doubt that comes and goes for an hour does not push everything else out of
// the history, and is still told now and then.
func TestFlappingIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		b := start(t, w)
		defer b.lead(t, 5)()
		until(t, "both healthy", func() bool { s := b.status(t); return s.Leading && s.Servers[1].Health.Verdict == health.Healthy })
		before := look(w, func(w *world) int { return len(w.entries) })
		for range 600 {
			for n, v := range []health.Verdict{health.Healthy, health.Unknown} {
				b.r.Event(t.Context(), failover.VerdictChanged{Time: time.Now(), Server: "main", Verdict: v, Suspect: n == 0})
				time.Sleep(time.Second)
			}
		}
		more := look(w, func(w *world) int { return len(w.entries) }) - before
		if more < 20 || more > 400 {
			t.Errorf("%d entries in 20 minutes of 1200 changes", more)
		}
	})
}

// A runner that was frozen begins nothing, whatever is seen, and goes on when it is
// thawed; one that ends while it is frozen ends.
func TestFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, &world{})
		b.lead(t, 5)
		until(t, "both healthy", func() bool {
			s := b.status(t)
			return s.Leading && s.Servers[0].Health.Verdict == health.Healthy && s.Servers[1].Health.Verdict == health.Healthy
		})
		s, thaw, err := b.r.Freeze(t.Context())
		if err != nil || s.Active != "main" || s.Move != nil {
			t.Fatalf("%+v, %v", s, err)
		}
		b.fail("main", true)
		time.Sleep(time.Minute)
		if log := look(b.world, func(w *world) []string { return slices.Clone(w.log) }); len(log) > 0 {
			t.Errorf("while it stands still: %q", log)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := b.r.Freeze(ctx); err == nil {
			t.Error("frozen twice")
		}
		thaw()
		thaw()
		until(t, "moved", func() bool { s := b.status(t); return s.Active == "backup" && s.Move == nil })
		if _, _, err = b.r.Freeze(t.Context()); err != nil { // The end of the test is the runner's.
			t.Error(err)
		}
	})
}
