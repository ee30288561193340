package probe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"jembatan/health"
	"jembatan/health/probe"
)

// The driver leaves a goroutine behind when it panics inside Connect, before
// there is a connection to close: see TestMySQLNonsense.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1"))
}

// A stub answers after a while.
type stub struct {
	name string
	take time.Duration
}

func (s stub) Probe(ctx context.Context) health.Sample {
	select {
	case <-time.After(s.take):
	case <-ctx.Done():
	}
	return health.Sample{Server: s.name, At: time.Now(), OK: true}
}

func TestRunJittersAndKeepsTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		at := map[string][]time.Time{}
		done := make(chan error, 1)
		probers := []probe.Prober{stub{"quick", 0}, stub{"late", 900 * time.Millisecond}}
		go func() {
			done <- probe.Run(ctx, time.Second, probers, func(s health.Sample) { at[s.Server] = append(at[s.Server], s.At) })
		}()
		time.Sleep(1000 * time.Second)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for name, times := range at {
			if n := len(times); n < 940 || n > 1040 {
				t.Errorf("%s: %d samples in 1000 s", name, n)
			}
		}
		least, most := time.Hour, time.Duration(0)
		for i := 1; i < len(at["quick"]); i++ {
			gap := at["quick"][i].Sub(at["quick"][i-1])
			least, most = min(least, gap), max(most, gap)
		}
		if least < 800*time.Millisecond || most > 1200*time.Millisecond || most-least < 350*time.Millisecond {
			t.Errorf("gaps of %v to %v, want 800 ms to 1.2 s", least, most)
		}
	})
}

func TestAsReference(t *testing.T) {
	s := health.Sample{Vantage: "router:jkt", Probe: "gateway", OK: true}
	if r, ok := probe.AsReference(s); !ok || r != (health.Reference{Vantage: "router:jkt", Target: "gateway", OK: true}) {
		t.Errorf("%+v %v", r, ok)
	}
	s.Reason = health.ProberFailed
	if _, ok := probe.AsReference(s); ok {
		t.Error("a fault of the prober's own is no reference")
	}
	if _, ok := probe.AsReference(health.Sample{Server: "main"}); ok {
		t.Error("a server is no reference")
	}
}
