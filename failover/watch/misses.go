package watch

import (
	"sync"

	"jembatan/health"
	"jembatan/tunnel"
)

// misses are the probes of ports that the controller misses now. It is safe for
// concurrent use.
type misses struct {
	ports map[string]uint16 // by probe

	mu  sync.Mutex
	now map[missed]bool // guarded by mu
}

type missed struct{ server, probe string }

func newMisses(s *tunnel.Service) *misses {
	m := &misses{ports: make(map[string]uint16), now: make(map[missed]bool)}
	for _, p := range probesOf(s) {
		if p.Type != tunnel.ProbeICMP {
			m.ports[p.name] = p.Port
		}
	}
	return m
}

// take notes a sample of the controller's.
func (m *misses) take(s health.Sample) {
	if s.Vantage != controller || m.ports[s.Probe] == 0 || s.Reason == health.ProberFailed {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[missed{s.Server, s.Probe}] = !s.OK && !s.Reason.Load()
}

// of reports whether the controller's latest look at a port, by any probe, was in vain.
func (m *misses) of(server string, port uint16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for probe, p := range m.ports {
		if p == port && m.now[missed{server, probe}] {
			return true
		}
	}
	return false
}
