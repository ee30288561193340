package watch

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/health"
	"jembatan/routeros"
)

// refusing is a way to routers that are not there.
func refusing(context.Context, string) (routeros.Caller, error) {
	return nil, errors.New("connection refused")
}

// stopped is a context that has ended: probers then return at once.
func stopped(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func mustAddr(t testing.TB, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A memory is a sink that keeps everything and lets a Detector judge.
type memory struct {
	mu         sync.Mutex
	health     *health.Detector
	samples    []health.Sample
	references []health.Reference
	changes    []health.Change
	events     []failover.Event
	times      []time.Time // of the events
}

func remember(t testing.TB, c health.Config) *memory {
	t.Helper()
	d, err := health.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &memory{health: d}
}

func (m *memory) Sample(_ context.Context, s health.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples = append(m.samples, s)
	m.changes = append(m.changes, m.health.Observe(s)...)
}

func (m *memory) Reference(_ context.Context, r health.Reference) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.references = append(m.references, r)
	m.changes = append(m.changes, m.health.Refer(r)...)
}

func (m *memory) Event(_ context.Context, e failover.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	m.times = append(m.times, time.Now())
	m.changes = append(m.changes, m.health.Tick(time.Now())...)
}

func (m *memory) verdict(server string) health.Verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health.Tick(time.Now())
	return m.health.Verdict(server)
}

// of returns the samples since a time that satisfy a condition.
func (m *memory) of(since time.Time, want func(health.Sample) bool) []health.Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []health.Sample
	for _, s := range m.samples {
		if s.At.After(since) && want(s) {
			out = append(out, s)
		}
	}
	return out
}

// routers is the latest count of routers.
func (m *memory) routers() failover.RoutersChanged {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range slices.Backward(m.events) {
		if r, ok := e.(failover.RoutersChanged); ok {
			return r
		}
	}
	return failover.RoutersChanged{}
}

// replication is what was said of a server since a time.
func (m *memory) replication(server string, since time.Time) []failover.ReplicationChanged {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []failover.ReplicationChanged
	for _, e := range m.events {
		if r, ok := e.(failover.ReplicationChanged); ok && r.Server == server && r.Time.After(since) {
			out = append(out, r)
		}
	}
	return out
}
