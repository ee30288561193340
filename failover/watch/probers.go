package watch

import (
	"crypto/tls"
	"fmt"
	"time"

	"jembatan/health/probe"
	"jembatan/tunnel"
)

// answerGrace is how much longer than its ping a router's answer may take.
const answerGrace = time.Second

// probers are what looks at the servers, and at the references of routers.
func (w *Watcher) probers() []probe.Prober {
	var out []probe.Prober
	for _, p := range probesOf(w.service) {
		for _, s := range w.service.Servers {
			if p.Type != tunnel.ProbeICMP || w.echo {
				out = append(out, w.prober(p, s))
			}
		}
	}
	timeout := w.service.Policy.Timeout
	for _, router := range w.service.Vantages {
		v, l := RouterVantage(router), w.links[router]
		for _, s := range w.service.Servers {
			out = append(out, &probe.RouterPing{ID: probe.ID{Server: s.Name, Probe: echo, Vantage: v}, Router: l, Address: s.Address, Timeout: timeout})
		}
		for _, r := range references(w.topology, w.service, router) {
			out = append(out, &probe.RouterPing{ID: probe.ID{Probe: r.name, Vantage: v}, Router: l, Address: r.address, Timeout: timeout})
		}
	}
	return out
}

// prober is one probe of one server from the controller.
func (w *Watcher) prober(p named, s tunnel.Server) probe.Prober {
	id := probe.ID{Server: s.Name, Probe: p.name, Vantage: controller}
	at, timeout := w.o.At(s, p.Port), w.service.Policy.Timeout
	switch p.Type {
	case tunnel.ProbeTCP:
		return &probe.TCP{ID: id, Address: at, Timeout: timeout}
	case tunnel.ProbeHTTP:
		return &probe.HTTP{ID: id, Address: at, Path: p.Path, Expect: p.Expect, Timeout: timeout}
	case tunnel.ProbeHTTPS:
		return &probe.HTTP{ID: id, Address: at, TLS: named443(w.o.HTTPS, s), Path: p.Path, Expect: p.Expect, Timeout: timeout}
	case tunnel.ProbeMySQL:
		check := w.o.Accounts.Check
		return &probe.MySQL{
			ID: id, Address: at, User: check.User, TLS: w.o.TLS, Timeout: timeout,
			Password: func() (string, error) { return string(check.Password), nil },
		}
	case tunnel.ProbeICMP, tunnel.ProbeUnknown:
	}
	return &probe.ICMP{ID: id, Address: s.Address, Timeout: timeout}
}

// named443 asks a server for a certificate of its address, unless c names another.
func named443(c *tls.Config, s tunnel.Server) *tls.Config {
	if c == nil {
		c = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c = c.Clone()
	if c.ServerName == "" {
		c.ServerName = s.Address.String()
	}
	return c
}

// mayEcho reports whether this process can ping the servers itself.
func mayEcho(s *tunnel.Service) error {
	for _, p := range s.Probes {
		if p.Type != tunnel.ProbeICMP {
			continue
		}
		if _, err := probe.Privileged(s.Servers[0].Address); err != nil {
			return fmt.Errorf("the controller cannot ping, and the routers alone do: %w", err)
		}
	}
	return nil
}
