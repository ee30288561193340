package watch

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover"
	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// A bench is a watched service whose routers and servers are emulated devices on
// one wire. The controller itself pings nobody.
type bench struct {
	*testing.T

	world *emulator.World
	sink  *memory
	svc   *tunnel.Service
}

func onBench(t *testing.T, svc func(*tunnel.Service), f func(b *bench)) {
	t.Helper()
	onBenchWith(t, svc, func(*bench, *Options) {}, f)
}

// onBenchWith lets the world and the options be changed before the watching begins.
func onBenchWith(t *testing.T, svc func(*tunnel.Service), more func(*bench, *Options), f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		top, s := twoSites(t)
		s.Replication = tunnel.Replication{}
		s.Probes = []tunnel.Probe{{Type: tunnel.ProbeICMP}}
		svc(s)
		b := &bench{T: t, world: emulator.NewWorld(), svc: s}
		var wg sync.WaitGroup
		targets := make(map[string]routeros.Target)
		for i, r := range top.Routers {
			d := b.device(r.Name, fmt.Sprintf("198.51.100.%d/16", i+1))
			targets[r.Name] = routeros.Target{Addr: r.Address, Options: routeros.Options{User: "admin", Dial: func(context.Context, string, string) (net.Conn, error) {
				near, far := memnet.Pipe(memnet.DefaultBuffer)
				wg.Go(func() { d.ServeConn(far) })
				return near, nil
			}}}
		}
		for i := range s.Servers {
			a := fmt.Sprintf("198.51.200.%d", i+1)
			s.Servers[i].Address = mustAddr(t, a)
			b.device(s.Servers[i].Name, a+"/16")
		}
		fleet := routeros.NewFleet(routeros.FleetOptions{Routers: targets})
		o := Options{
			Connect: func(ctx context.Context, router string) (routeros.Caller, error) { return fleet.Session(ctx, router) },
			Listen:  func(ctx context.Context, router string) (probe.Follower, error) { return fleet.Session(ctx, router) },
		}
		more(b, &o)
		w, err := New(top, s, o)
		if err != nil {
			t.Fatal(err)
		}
		w.echo = false
		b.sink = remember(t, HealthConfig(top, s))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx, b.sink) }()
		f(b)
		cancel()
		told := time.Now()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(told); took > 50*time.Millisecond {
			t.Errorf("Run went on for %v", took)
		}
		_ = fleet.Close()
		b.world.Close()
		wg.Wait()
	})
}

func (b *bench) device(name, address string) *emulator.Device {
	d, err := b.world.Add(emulator.Config{Name: name, Version: "7.16.1", Addresses: []emulator.Address{{Address: address, Interface: "ether1"}}})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// settled waits until every server is healthy.
func (b *bench) settled() {
	b.Helper()
	for _, s := range b.svc.Servers {
		b.until(s.Name, health.Healthy, 20*time.Second)
	}
}

// until waits for a verdict and returns how long it took.
func (b *bench) until(server string, v health.Verdict, limit time.Duration) time.Duration {
	b.Helper()
	began := time.Now()
	for b.sink.verdict(server) != v {
		if time.Since(began) > limit {
			b.Fatalf("%s is %v after %v, not %v", server, b.sink.verdict(server), limit, v)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// TestServerDies: every router misses it, and nobody else.
func TestServerDies(t *testing.T) {
	for _, profile := range tunnel.Profiles() {
		t.Run(profile, func(t *testing.T) {
			onBench(t, func(s *tunnel.Service) { s.Policy, _ = tunnel.ProfilePolicy(profile) }, func(b *bench) {
				b.settled()
				b.world.Device("main").PowerOff()
				took := b.until("main", health.Failed, time.Minute)
				p := b.svc.Policy
				mean, worst := health.DetectionMean(p.Interval, p.Timeout, p.Misses), health.DetectionWorst(p.Interval, p.Timeout, p.Misses)
				b.Logf("failed after %v (one vantage: mean %v, at worst %v without jitter)", took, mean, worst)
				if took > worst*3/2 || took < mean/2 {
					b.Errorf("after %v", took)
				}
				if v := b.sink.verdict("backup"); v != health.Healthy {
					b.Errorf("backup is %v", v)
				}
				b.world.Device("main").PowerOn()
				b.until("main", health.Healthy, time.Minute)
			})
		})
	}
}

// TestRouterDies: its vantage falls silent. No server has failed, the others look
// on as before, and it is asked again when it is back.
func TestRouterDies(t *testing.T) {
	onBench(t, func(*tunnel.Service) {}, func(b *bench) {
		b.settled()
		if r := b.sink.routers(); r.Reachable != 2 || r.Total != 2 {
			b.Errorf("%+v", r)
		}
		b.world.Device("jkt").PowerOff()
		off := time.Now()
		time.Sleep(20 * time.Second)
		if r := b.sink.routers(); r.Reachable != 1 || r.Total != 2 {
			b.Errorf("without jkt: %+v", r)
		}
		fromJkt := b.sink.of(off.Add(3*time.Second), func(s health.Sample) bool {
			return s.Vantage == "router:jkt" && s.Reason != health.ProberFailed
		})
		if len(fromJkt) > 0 {
			b.Errorf("a router without power says %+v", fromJkt[0])
		}
		for _, c := range b.sink.changes {
			if c.At.After(off) && (c.To == health.Failed || c.Suspect || c.Split) {
				b.Errorf("%+v", c)
			}
		}
		b.gap("router:sby", off, 1500*time.Millisecond)
		b.gap("router:mlg", off, 1500*time.Millisecond)
		b.world.Device("jkt").PowerOn()
		on := time.Now()
		time.Sleep(90 * time.Second) // more than the fleet's longest pause
		if r := b.sink.routers(); r.Reachable != 2 {
			b.Errorf("with jkt again: %+v", r)
		}
		if len(b.sink.of(on, func(s health.Sample) bool { return s.Vantage == "router:jkt" && s.OK })) < 10 {
			b.Error("jkt is not asked again")
		}
	})
}

// gap holds how far apart a vantage's samples of one server are at most.
func (b *bench) gap(vantage string, since time.Time, most time.Duration) {
	b.Helper()
	last := since
	for _, s := range b.sink.of(since, func(s health.Sample) bool { return s.Vantage == vantage && s.Server == "main" }) {
		if d := s.At.Sub(last); d > most {
			b.Errorf("%s: nothing for %v", vantage, d)
		}
		last = s.At
	}
	if last.Equal(since) {
		b.Errorf("%s: nothing at all", vantage)
	}
}

// TestOtherRouters asks a router of the switch that is no vantage whether it is
// there.
func TestOtherRouters(t *testing.T) {
	onBench(t, func(s *tunnel.Service) { s.Vantages = []string{"jkt", "bdg", "mlg"} }, func(b *bench) {
		b.settled()
		if r := b.sink.routers(); r.Reachable != 2 || r.Total != 2 {
			b.Errorf("%+v", r)
		}
		b.world.Device("sby").PowerOff()
		time.Sleep(10 * time.Second)
		if r := b.sink.routers(); r.Reachable != 1 || r.Total != 2 {
			b.Errorf("without sby: %+v", r)
		}
	})
}

// TestReferences: a router that is cut from everything abstains, and so does a
// controller whom no router answers.
func TestReferences(t *testing.T) {
	onBench(t, func(*tunnel.Service) {}, func(b *bench) {
		b.settled()
		for i := range 250 {
			b.world.CutBoth(mustAddr(b.T, "198.51.100.4"), mustAddr(b.T, fmt.Sprintf("198.51.100.%d", i+1)))
			b.world.CutBoth(mustAddr(b.T, "198.51.100.4"), mustAddr(b.T, fmt.Sprintf("198.51.200.%d", i+1)))
		}
		time.Sleep(15 * time.Second)
		b.vote("main", "router:mlg", health.Abstains, health.SickReference)
		b.vote("main", "router:jkt", health.ForHealthy, health.None)
		for _, r := range []string{"jkt", "sby", "bdg", "mlg"} {
			b.world.Device(r).PowerOff()
		}
		time.Sleep(15 * time.Second)
		b.vote("main", "controller", health.Abstains, health.SickReference)
		if v := b.sink.verdict("main"); v == health.Failed {
			b.Error("blind, and main has failed")
		}
	})
}

func (b *bench) vote(server, vantage string, want health.Vote, why health.Reason) {
	b.Helper()
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	for _, v := range b.sink.health.Explain(server).Vantages {
		if v.Vantage == vantage && (v.Vote != want || v.Reason != why && want == health.Abstains) {
			b.Errorf("%s about %s: %v (%s), want %v (%s)", vantage, server, v.Vote, v.Reason, want, why)
		}
	}
}

// TestEndsAtOnce: Run returns soon after its context ends, whatever hangs.
func TestEndsAtOnce(t *testing.T) {
	onBench(t, func(*tunnel.Service) {}, func(b *bench) {
		b.settled()
		for _, r := range []string{"jkt", "sby"} {
			b.world.Device(r).Faults().Stall(true)
		}
		time.Sleep(1500 * time.Millisecond)
		b.sink.mu.Lock()
		defer b.sink.mu.Unlock()
		for _, e := range b.sink.events {
			if _, ok := e.(failover.RoutersChanged); !ok {
				b.Errorf("without databases: %T", e)
			}
		}
	})
}
