package watch

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jembatan/health"
	"jembatan/tunnel"
)

// A street is two web servers, each with a door of its own for the controller and
// a device behind which the routers' netwatch looks. Hosts live on when it is shut.
type street struct {
	*bench

	doors map[string]net.Listener
	mu    sync.Mutex
	notes []string // guarded by mu
}

// onStreet runs f on a watched street. rows says whether the routers watch.
func onStreet(t *testing.T, profile string, rows bool, f func(s *street)) {
	t.Helper()
	s := &street{doors: make(map[string]net.Listener)}
	at := make(map[string]netip.AddrPort)
	for _, name := range []string{"main", "backup"} {
		l, err := net.Listen("tcp", "127.0.0.1:0") // Outside the bubble: waiting in Accept stops its clock.
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		s.doors[name], at[name] = l, netip.MustParseAddrPort(l.Addr().String())
	}
	onBenchWith(t, func(svc *tunnel.Service) {
		svc.Servers = svc.Servers[:2]
		svc.Policy, _ = tunnel.ProfilePolicy(profile)
		svc.Probes = []tunnel.Probe{{Type: tunnel.ProbeICMP}, {Type: tunnel.ProbeTCP, Port: 80}}
	}, func(b *bench, o *Options) {
		s.bench = b
		o.At = func(sv tunnel.Server, _ uint16) netip.AddrPort { return at[sv.Name] }
		o.Note = func(text string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notes = append(s.notes, text)
		}
		for i, sv := range b.svc.Servers {
			host := fmt.Sprintf("198.51.201.%d", i+1)
			b.device(sv.Name+"-web", host+"/16")
			for _, router := range b.svc.Watchers() {
				if rows {
					s.row(router, sv.Name, host, b.svc.Policy)
				}
			}
		}
	}, func(*bench) { f(s) })
}

// row has a router watch a server's door, as the plan does.
func (s *street) row(router, server, host string, p tunnel.Policy) {
	s.Helper()
	words := []string{
		"=host=" + host, "=type=tcp-conn", "=port=80", "=interval=" + p.WatchInterval().String(), "=timeout=" + p.Timeout.String(),
		"=start-delay=1s", "=comment=" + tunnel.WatchMark(s.svc.Name, server, 80) + " a remark",
	}
	if _, err := s.world.Device(router).Do("/tool/netwatch/add", words...); err != nil {
		s.Fatal(err)
	}
}

func (s *street) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

// shut ends the process behind a server's door.
func (s *street) shut(server string) {
	_ = s.doors[server].Close()
	s.world.Device(server + "-web").PowerOff()
}

// verdicts are the changes of a server's verdict since a time.
func (s *street) verdicts(server string, since time.Time) []health.Change {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.sink.changes), func(c health.Change) bool {
		return c.Server != server || !c.At.After(since)
	})
}

// TestWebServerDies: its host lives, and the routers confirm that nobody listens.
func TestWebServerDies(t *testing.T) {
	for profile, most := range map[string]time.Duration{
		"lan":   1600 * time.Millisecond, // a second until the routers' next test, and three misses
		"metro": 8 * time.Second,
	} {
		t.Run(profile, func(t *testing.T) {
			onStreet(t, profile, true, func(s *street) {
				s.settled()
				time.Sleep(300 * time.Millisecond)
				s.shut("main")
				took := s.until("main", health.Failed, time.Minute)
				s.Logf("failed after %v", took)
				if took > most {
					s.Errorf("after %v, at most %v is good", took, most)
				}
				if v := s.sink.verdict("backup"); v != health.Healthy {
					s.Errorf("backup is %v", v)
				}
				if notes := s.noted(); len(notes) > 0 {
					s.Errorf("%q", notes)
				}
			})
		})
	}
}

// TestBlip: one test of each router fails, and the controller misses nothing.
// Nobody says that the server has failed.
func TestBlip(t *testing.T) {
	onStreet(t, "lan", true, func(s *street) {
		s.settled()
		for range 6 {
			began := time.Now()
			s.world.Device("main-web").PowerOff()
			time.Sleep(900 * time.Millisecond) // most of the routers' tests fall into it, once
			s.world.Device("main-web").PowerOn()
			time.Sleep(2130 * time.Millisecond)
			for _, c := range s.verdicts("main", began) {
				if c.To == health.Failed || c.Split {
					s.Errorf("%+v", c)
					return
				}
			}
		}
	})
}

// TestBlockedRouters: routers that never reached the port say nothing about it.
func TestBlockedRouters(t *testing.T) {
	onStreet(t, "lan", false, func(s *street) {
		for _, router := range s.svc.Watchers() {
			s.row(router, "main", "198.51.202.9", s.svc.Policy)
		}
		s.settled()
		time.Sleep(20 * time.Second)
		if v := s.sink.verdict("main"); v != health.Healthy {
			s.Errorf("main is %v", v)
		}
		if notes := s.noted(); len(notes) != 2 || !strings.Contains(notes[0], "does not watch") {
			s.Errorf("%q", notes)
		}
	})
}
