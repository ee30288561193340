package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/tunnel"
)

// A post is a Sender that writes down what it is given.
type post struct {
	mu   sync.Mutex
	got  []string         // "to reason"
	fail map[string]error // by recipient
	hang bool
}

func (p *post) Send(ctx context.Context, to string, m Message) error {
	p.mu.Lock()
	err, hang := p.fail[to], p.hang
	if err == nil && !hang {
		p.got = append(p.got, to+" "+m.Short)
	}
	p.mu.Unlock()
	if hang {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return err
}

func (p *post) set(to string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.fail = map[string]error{}
	}
	p.fail[to] = err
}

func (p *post) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

func (p *post) count() int { return len(p.all()) }

// told collects outcomes.
type told struct {
	mu  sync.Mutex
	all []Outcome
}

func (o *told) add(out Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, out)
}

// lines are the outcomes in short.
func (o *told) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []string
	for _, x := range o.all {
		s := fmt.Sprintf("%s %s %s #%d late %v", x.State, x.To, x.Route, x.Tried, x.Late.Round(time.Second))
		if x.Err != "" {
			s += ": " + x.Err
		}
		out = append(out, s)
	}
	return out
}

// start runs an outbox until the test ends.
func start(t *testing.T, opts Options) *Outbox {
	t.Helper()
	o, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, o.Close()); err != nil {
			t.Error(err)
		}
	})
	return o
}

func alert(server string, why failover.Reason) Alert {
	return FromAction(failover.Action{Kind: failover.Alert, Service: "erp", Server: server, Reason: why, Phase: failover.Normal}, time.Now())
}

func channel(to []string, routes ...Route) Channel {
	return Channel{Name: "sms", Least: tunnel.SeverityInfo, To: to, Routes: routes}
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet, loud := &post{}, &post{}
		o := start(t, Options{Channels: []Channel{
			{Name: "sms", Least: tunnel.SeverityCritical, To: []string{"1"}, Routes: []Route{{Name: "a", Sender: quiet}}},
			{Name: "mail", Least: tunnel.SeverityWarning, To: []string{"2"}, Routes: []Route{{Name: "b", Sender: loud}}},
		}})
		o.Enqueue(alert("main", failover.ServerBack))
		o.Enqueue(alert("main", failover.ServerSuspect))
		o.Enqueue(alert("main", failover.ServerFailed))
		o.Enqueue(NewTest(Test, time.Now()))
		synctest.Wait()
		if quiet.count() != 2 || loud.count() != 3 || o.Waiting() != 0 {
			t.Errorf("sms %v, mail %v, %d wait", quiet.all(), loud.all(), o.Waiting())
		}
	})
}

// A disk that hangs keeps nothing back for long: nothing is ever kept here, since
// nobody runs the outbox.
func TestDiskHangs(t *testing.T) {
	o, err := Open(Options{Channels: []Channel{{Name: "sms", To: []string{"1"}, Routes: []Route{{Name: "a", Sender: &post{}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	a := alert("main", failover.ServerFailed)
	o.Enqueue(a)
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, d, wait := o.next(o.lanes[0], a.At.Add(time.Second)); d != nil || wait <= 0 || wait > diskPatience {
		t.Errorf("it is not waited for the disk, or for ever: %v", wait)
	}
	if _, d, _ := o.next(o.lanes[0], a.At.Add(diskPatience)); d == nil {
		t.Error("it is still waited for the disk")
	}
}

func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := &post{}, &told{}
		p.set("1", errors.New("away"))
		o := start(t, Options{Told: out.add, Channels: []Channel{channel([]string{"1", "2"}, Route{Name: "r", Sender: p})}})
		o.Enqueue(alert("main", failover.ServerSuspect))
		time.Sleep(time.Second)
		o.Enqueue(alert("main", failover.ServerBack))
		time.Sleep(20 * time.Second)
		p.set("1", nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		same(t, []string{
			"2 WARNING erp/main server-suspect: somebody says that the server has failed 00:00Z",
			"2 INFO erp/main server-back: the server is back 00:00Z",
			"1 WARNING erp/main server-suspect: somebody says that the server has failed 00:00Z",
			"1 INFO erp/main server-back: the server is back 00:00Z",
		}, p.all())
		same(t, []string{
			"failed 1 r #1 late 0s: away", "failed 1 r #2 late 1s: away", "failed 1 r #3 late 3s: away", "failed 1 r #4 late 7s: away",
			"failed 1 r #5 late 15s: away", "delivered 1 r #6 late 31s", "delivered 1 r #1 late 30s",
		}, filter(out.lines(), "2 r"))
	})
}

// filter leaves out the outcomes of a recipient, whose place among the others is
// not certain.
func filter(lines []string, without string) []string {
	var out []string
	for _, l := range lines {
		if l[len("delivered "):min(len(l), len("delivered ")+len(without))] != without {
			out = append(out, l)
		}
	}
	return out
}

// TestPauseEnds: nothing waits longer than five minutes for the next try, what is
// critical is tried at once, and after a day it is over.
func TestPauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := &post{}, &told{}
		p.set("1", errors.New("away"))
		o := start(t, Options{Told: out.add, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		o.Enqueue(alert("main", failover.ServerSuspect))
		time.Sleep(2*time.Hour + 10*time.Second)
		synctest.Wait()
		before := len(out.lines())
		if before < 24+8 || before > 24+9 {
			t.Errorf("%d tries in two hours", before)
		}
		o.Enqueue(alert("main", failover.ServerFailed))
		synctest.Wait()
		if n := len(out.lines()); n != before+1 {
			t.Errorf("%d tries at once after a critical alert", n-before)
		}
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		lines := out.lines()
		last := lines[len(lines)-1]
		if last[:7] != "expired" || o.Waiting() != 0 {
			t.Errorf("after a day: %s, %d wait", last, o.Waiting())
		}
		p.set("1", nil)
		o.Enqueue(alert("main", failover.ServerBack))
		time.Sleep(6 * time.Minute)
		if p.count() != 1 {
			t.Errorf("what came later: %v", p.all())
		}
	})
}

func TestEscalation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, third := &post{hang: true}, &post{}, &post{}
		second.set("1", errors.New("no network"))
		out := &told{}
		o := start(t, Options{
			Told:  out.add,
			Sites: map[ServerName]string{{"erp", "main"}: "jakarta", {"erp", "backup"}: "surabaya"},
			Channels: []Channel{channel([]string{"1"},
				Route{Name: "jkt", Site: "jakarta", Limit: time.Minute, Sender: first},
				Route{Name: "sby", Site: "surabaya", Sender: second}, Route{Name: "gw", Sender: third})},
		})
		o.Enqueue(alert("", failover.LeaseLost)) // In order: the first hangs for its minute.
		time.Sleep(2 * time.Minute)
		o.Enqueue(alert("main", failover.ServerFailed)) // Now the first comes last.
		time.Sleep(2 * time.Minute)
		o.Enqueue(alert("main", failover.ServerBack))
		time.Sleep(2 * time.Minute)
		same(t, []string{
			"failed 1 jkt #1 late 1m0s: no answer in time", "failed 1 sby #2 late 1m0s: no network", "delivered 1 gw #3 late 1m0s",
			"failed 1 sby #1 late 0s: no network", "delivered 1 gw #2 late 0s",
			"failed 1 jkt #1 late 1m0s: no answer in time", "failed 1 sby #2 late 1m0s: no network", "delivered 1 gw #3 late 1m0s",
		}, out.lines())
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := &post{}, &told{}
		p.set("1", &RefusedError{errors.New("no such number")})
		o := start(t, Options{Told: out.add, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		o.Enqueue(alert("main", failover.ServerFailed))
		synctest.Wait()
		same(t, []string{"failed 1 r #1 late 0s: no such number", "refused 1  #1 late 0s"}, out.lines())
	})
}

func TestRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{}
		o := start(t, Options{Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		send := func(server string, why failover.Reason, wait time.Duration) {
			time.Sleep(wait)
			o.Enqueue(alert(server, why))
			synctest.Wait()
		}
		expect := func(what string, n int) {
			t.Helper()
			if p.count() != n {
				t.Fatalf("%s: %d sent, want %d: %v", what, p.count(), n, p.all())
			}
		}
		for range 10 {
			send("main", failover.ServerSuspect, 10*time.Second)
		}
		expect("a suspicion ten times", 1)
		send("backup", failover.ServerSuspect, 0)
		expect("another server", 2)
		send("main", failover.ServerFailed, time.Second)
		send("main", failover.ServerFailed, time.Second)
		expect("a failure twice in a row", 3)
		send("main", failover.ServerBack, time.Second)
		send("main", failover.ServerFailed, time.Second)
		send("main", failover.ServerBack, time.Second)
		expect("back, failed, back", 6)
		send("main", failover.ServerSuspect, time.Second)
		expect("a suspicion in between is still known", 6)
		send("main", failover.ServerSuspect, 5*time.Minute)
		expect("five minutes later", 7)
		o.mu.Lock()
		defer o.mu.Unlock()
		if got := o.entries[len(o.entries)-1].Repeated; got != 10 {
			t.Errorf("it tells of %d repetitions, want 10", got)
		}
	})
}

// TestWorse: the same reason with a greater severity is news.
func TestWorse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{}
		o := start(t, Options{Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		a := alert("main", failover.LeaseRunning)
		o.Enqueue(a)
		o.Enqueue(a)
		time.Sleep(time.Second)
		o.Enqueue(FromAction(failover.Action{Kind: failover.Alert, Service: "erp", Server: "main", Reason: failover.LeaseRunning, Phase: failover.Held}, time.Now()))
		synctest.Wait()
		if p.count() != 2 {
			t.Errorf("%v", p.all())
		}
	})
}

func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := &post{}, &told{}
		p.set("1", errors.New("away"))
		o := start(t, Options{Limit: 3, Told: out.add, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		for i, why := range []failover.Reason{failover.ServerBack, failover.ServerFailed, failover.MoveDone, failover.ServerSuspect, failover.TwoWriters, failover.ForkFound, failover.Repaired} {
			o.Enqueue(alert(fmt.Sprint("s", i), why))
		}
		if o.Waiting() != 3 {
			t.Errorf("%d wait", o.Waiting())
		}
		synctest.Wait() // The first try has failed, and a pause begins.
		p.set("1", nil)
		o.Enqueue(alert("s9", failover.LeaseLost)) // Drops the last of the other critical ones, the oldest.
		time.Sleep(10 * time.Second)
		same(t, []string{
			"1 CRITICAL erp/s4 two-writers: open for writes though it must not be 00:00Z",
			"1 CRITICAL erp/s5 fork-found: its data has parted from the active server's 00:00Z",
			"1 CRITICAL erp/s9 lease-lost: the controller lost the right to act 00:00Z",
		}, p.all())
		synctest.Wait()
		o.mu.Lock()
		defer o.mu.Unlock()
		lost := 0
		for _, e := range o.entries {
			if e.Alert.Reason == failover.LeaseLost {
				lost = e.Lost
			}
		}
		if lost != 2 {
			t.Errorf("the last tells of %d", lost)
		}
	})
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{}
		start(t, Options{
			Due:      func(t time.Time) bool { return t.UTC().Hour() == 7 && t.Minute() == 0 },
			Channels: []Channel{{Name: "sms", Least: tunnel.SeverityCritical, To: []string{"1"}, Routes: []Route{{Name: "r", Sender: p}}}},
		})
		time.Sleep(72*time.Hour + time.Second)
		same(t, []string{
			"1 INFO jembatan heartbeat: the regular test: alerts arrive 07:00Z", "1 INFO jembatan heartbeat: the regular test: alerts arrive 07:00Z",
			"1 INFO jembatan heartbeat: the regular test: alerts arrive 07:00Z",
		}, p.all())
	})
}

// TestEnqueueReturns: neither routes nor a callback that hang hold up who alerts.
func TestEnqueueReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		o := start(t, Options{Told: func(Outcome) { <-stuck }, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: &post{hang: true}})}})
		began := time.Now()
		for i := range 1500 {
			o.Enqueue(alert(fmt.Sprint("s", i), failover.ServerFailed))
		}
		if took := time.Since(began); took != 0 || o.Waiting() != usualLimit {
			t.Errorf("took %v, %d wait", took, o.Waiting())
		}
		time.Sleep(10 * time.Minute)
		close(stuck)
	})
}
