package routeros_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/routeros"
)

// dials is an Options.Dial that counts, and fails while down.
type dials struct {
	peer  *peer
	down  atomic.Bool
	count atomic.Int32
	delay time.Duration

	mu    sync.Mutex
	times []time.Time
	conns []net.Conn
}

func (d *dials) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d.count.Add(1)
	d.mu.Lock()
	d.times = append(d.times, time.Now())
	d.mu.Unlock()
	select {
	case <-time.After(d.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d.down.Load() {
		return nil, errors.New("no route to host")
	}
	c, err := d.peer.dial(ctx, network, addr)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, c)
	return c, err
}

func (d *dials) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		c.Close()
	}
	d.conns = nil
}

func fleetOf(t *testing.T, d *dials) *routeros.Fleet {
	t.Helper()
	f := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{
		"jkt": {Addr: "jkt:8728", Options: routeros.Options{Dial: d.dial, Password: "s3cret-pass"}},
	}})
	t.Cleanup(func() {
		f.Close()
		d.peer.wg.Wait()
	})
	return f
}

func TestFleetSharesOneLazyDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{peer: &peer{answer: echo}, delay: time.Second}
		f := fleetOf(t, d)
		synctest.Wait()
		if n := d.count.Load(); n != 0 {
			t.Errorf("%d dials before anybody asked", n)
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := f.Session(t.Context(), "jkt"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := d.count.Load(); n != 1 {
			t.Errorf("%d dials", n)
		}
		if _, err := f.Session(t.Context(), "nowhere"); !errors.Is(err, routeros.ErrUnknownRouter) {
			t.Error(err)
		}
	})
}

func TestFleetBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{peer: &peer{answer: echo}}
		d.down.Store(true)
		f := fleetOf(t, d)
		for range 12 {
			if _, err := f.Session(t.Context(), "jkt"); err == nil || !strings.Contains(err.Error(), "no route to host") {
				t.Fatal(err)
			}
		}
		want := 500 * time.Millisecond
		for i := 1; i < len(d.times); i++ {
			if gap := d.times[i].Sub(d.times[i-1]); gap < want/2 || gap > want {
				t.Errorf("gap %d: %s, want %s to %s", i, gap, want/2, want)
			}
			want = min(2*want, time.Minute)
		}
		// A context that ends before the next attempt hears the last error at once.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := f.Session(ctx, "jkt")
		if time.Since(start) != 0 || err == nil || !strings.Contains(err.Error(), "next attempt in") || !strings.Contains(err.Error(), "no route to host") {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		d.down.Store(false)
		if _, err := f.Session(t.Context(), "jkt"); err != nil {
			t.Error(err)
		}
	})
}

func TestFleetRedialsWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{peer: &peer{answer: echo}}
		f := fleetOf(t, d)
		first, err := f.Session(t.Context(), "jkt")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		d.cut()
		<-first.Done()
		start := time.Now()
		if _, err := routeros.Print(t.Context(), f.Caller("jkt"), "/x", nil); err != nil {
			t.Error(err)
		}
		if time.Since(start) != 0 || d.count.Load() != 2 {
			t.Errorf("%d dials, %s", d.count.Load(), time.Since(start))
		}
		// A session that dies young counts as a failure.
		second, err := f.Session(t.Context(), "jkt")
		if err != nil {
			t.Fatal(err)
		}
		d.cut()
		<-second.Done()
		start = time.Now()
		if _, err := f.Session(t.Context(), "jkt"); err != nil {
			t.Error(err)
		}
		if wait := time.Since(start); wait < 250*time.Millisecond || wait > 500*time.Millisecond {
			t.Errorf("redialed after %s", wait)
		}
	})
}

// Routers that hang never keep the others waiting for longer than a place's
// lease, and once known to fail not at all.
func TestFleetSlowRoutersDelayNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		good := &peer{answer: echo}
		f := routeros.NewFleet(routeros.FleetOptions{Dials: 4})
		for i := range 8 {
			f.Add(fmt.Sprintf("bad%d", i), routeros.Target{Addr: "x:1", Options: routeros.Options{Dial: hang}})
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { _, _ = f.Session(t.Context(), fmt.Sprintf("bad%d", i)) })
		}
		synctest.Wait()
		f.Add("good", routeros.Target{Addr: "y:1", Options: routeros.Options{Dial: good.dial}})
		start := time.Now()
		if _, err := f.Session(t.Context(), "good"); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("the good router waited %s", d)
		}
		wg.Wait()
		// Second round: the bad ones have places of their own.
		for i := range 8 {
			wg.Go(func() { _, _ = f.Session(t.Context(), fmt.Sprintf("bad%d", i)) })
		}
		time.Sleep(600 * time.Millisecond) // Their backoff is over.
		f.Add("good2", routeros.Target{Addr: "y:1", Options: routeros.Options{Dial: good.dial}})
		start = time.Now()
		if _, err := f.Session(t.Context(), "good2"); err != nil || time.Since(start) != 0 {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		f.Close()
		wg.Wait()
		good.wg.Wait()
	})
}

func TestEachCollectsErrorsByRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: echo}
		opts := routeros.Options{Dial: p.dial}
		f := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{
			"a": {Addr: "a:1", Options: opts}, "b": {Addr: "b:1", Options: opts}, "c": {Addr: "c:1", Options: opts},
		}})
		start := time.Now()
		err := f.Each(t.Context(), nil, func(_ context.Context, name string, s *routeros.Session) error {
			time.Sleep(time.Second)
			if name == "b" {
				return routeros.ErrNotFound
			}
			return s.Err()
		})
		if d := time.Since(start); d != time.Second {
			t.Errorf("took %s, want them at once", d)
		}
		want := "router b: routeros: no such item"
		if err == nil || err.Error() != want || !errors.Is(err, routeros.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		f.Close()
		if _, err := f.Session(t.Context(), "a"); !errors.Is(err, routeros.ErrClosed) {
			t.Error(err)
		}
		p.wg.Wait()
	})
}

func TestFleetCloseEndsDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{peer: &peer{answer: echo}, delay: time.Hour}
		f := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{
			"jkt": {Addr: "jkt:1", Options: routeros.Options{Dial: d.dial, DialTimeout: time.Hour}},
		}})
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { _, err = f.Session(t.Context(), "jkt") })
		synctest.Wait()
		start := time.Now()
		_ = f.Close()
		wg.Wait()
		if err == nil || time.Since(start) != 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		_ = f.Close() // Twice is once.
	})
}

func TestFleetCallerLeavesAndTheDialGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{peer: &peer{answer: echo}, delay: 5 * time.Second}
		f := fleetOf(t, d)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.Session(ctx, "jkt"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		start := time.Now()
		if _, err := f.Session(t.Context(), "jkt"); err != nil || time.Since(start) != 4*time.Second || d.count.Load() != 1 {
			t.Errorf("%v after %s, %d dials", err, time.Since(start), d.count.Load())
		}
		f.Remove("jkt")
		if _, err := f.Session(t.Context(), "jkt"); !errors.Is(err, routeros.ErrUnknownRouter) {
			t.Error(err)
		}
	})
}

// A write whose session broke under it is not made again; a read is.
func TestFleetCallerRepeatsReadsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{}
		broken := 0
		p.answer = func(c *peerConn, cmd command) {
			if broken > 0 {
				broken--
				c.Close()
				return
			}
			c.done(cmd, "=ret=*1")
		}
		d := &dials{peer: p}
		f := fleetOf(t, d)
		c := f.Caller("jkt")
		broken = 1
		if _, err := routeros.Print(t.Context(), c, "/x", nil); err != nil {
			t.Errorf("read: %v", err)
		}
		broken = 1
		if _, err := routeros.Create(t.Context(), c, "/x", nil); !errors.Is(err, routeros.ErrOutcomeUnknown) {
			t.Errorf("write: %v", err)
		}
		broken = 2
		if _, err := routeros.Print(t.Context(), c, "/x", nil); !errors.Is(err, routeros.ErrClosed) {
			t.Errorf("a read that breaks twice: %v", err)
		}
	})
}
