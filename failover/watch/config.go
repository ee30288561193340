package watch

import (
	"fmt"
	"slices"
	"time"

	"jembatan/health"
	"jembatan/tunnel"
)

// Names of vantages and probes, as samples carry them. Routers and databases
// have a prefix: one of them may be called "controller".
const (
	controller  = "controller"
	echo        = "icmp"
	replicating = "replication" // of the peers: what reads from a server still hears it
	writeProbe  = "write"       // the token is committed

	routerPrefix = "router:"
)

// RouterVantage is the name of a router as a vantage, and as a reference target.
func RouterVantage(router string) string { return routerPrefix + router }

// PeerVantage is the name of a server's database as a vantage: it sees the
// servers that it replicates from.
func PeerVantage(server string) string { return "database:" + server }

// Times of reading. Tokens may be three seconds old, so rounds are never further
// apart than one.
const (
	shortestRound = 100 * time.Millisecond
	longestRound  = time.Second
	longestRead   = 3 * time.Second
)

// shortestToken is between two tokens: each is a commit that clients pay for.
const shortestToken = 250 * time.Millisecond

// roundOf is the time between two rounds of reading replication.
func roundOf(p tunnel.Policy) time.Duration { return min(max(p.Interval, shortestRound), longestRound) }

// tokenRound is the time between two tokens, between two counts of the routers, and
// what the databases' silence is measured by: under load a round waits for standbys.
func tokenRound(p tunnel.Policy) time.Duration { return max(roundOf(p), shortestToken) }

// readLimit bounds one reading of a database.
func readLimit(p tunnel.Policy) time.Duration { return min(max(p.Timeout, longestRound), longestRead) }

// HealthConfig returns what a Detector needs to know of a service: the controller,
// its vantage routers and the databases of its servers look, with the numbers of
// its policy. A Watcher of the same service gives the samples.
//
// Clients come in through the routers of the switch. The controller stands beside
// the router that the topology says. References are, for the controller, the
// vantage routers; for a router, the gateways of its uplinks and the outer
// addresses of other vantage routers, at most three.
func HealthConfig(t *tunnel.Topology, s *tunnel.Service) health.Config {
	c := health.Config{
		Interval: s.Policy.Interval, Timeout: s.Policy.Timeout, Misses: s.Policy.Misses, Rises: s.Policy.Rises,
		Quorum: s.Policy.Quorum, LoadFails: s.Policy.LoadFails,
	}
	for _, server := range s.Servers {
		c.Servers = append(c.Servers, server.Name)
	}
	look := health.Vantage{Name: controller, Kind: health.Controller, Beside: true}
	for _, router := range s.Vantages {
		look.References = append(look.References, RouterVantage(router))
	}
	c.Vantages = append(c.Vantages, look)
	for _, router := range s.Vantages {
		v := health.Vantage{
			Name: RouterVantage(router), Kind: health.Router,
			Beside: router == t.Controller.Beside, Users: slices.Contains(s.Switch.Routers(), router),
		}
		for _, r := range references(t, s, router) {
			v.References = append(v.References, r.name)
		}
		c.Vantages = append(c.Vantages, v)
	}
	c.Probes = append(c.Probes, health.Probe{Name: echo, Layer: health.Host})
	for _, p := range probesOf(s) {
		if p.Type != tunnel.ProbeICMP {
			c.Probes = append(c.Probes, health.Probe{Name: p.name, Layer: layerOf(p.Type), Port: p.Port})
		}
	}
	for _, port := range s.WatchedPorts() {
		c.Probes = append(c.Probes, health.Probe{Name: watchedPort(port), Layer: health.Port, Port: port})
	}
	if !replicates(s) {
		return c
	}
	for _, server := range s.Servers {
		c.Vantages = append(c.Vantages, health.Vantage{
			Name: PeerVantage(server.Name), Kind: health.Peer, On: server.Name, Interval: tokenRound(s.Policy),
		})
	}
	for _, name := range []string{replicating, writeProbe} {
		c.Probes = append(c.Probes, health.Probe{Name: name, Layer: health.App, Port: s.Replication.Port})
	}
	return c
}

// watchedPort names the probe of a router's netwatch.
func watchedPort(port uint16) string { return fmt.Sprintf("netwatch:%d", port) }

// replicates reports whether the servers have databases that replicate.
func replicates(s *tunnel.Service) bool { return s.Replication.Engine != tunnel.EngineUnknown }

// A named probe of a service.
type named struct {
	tunnel.Probe

	name string
}

// probesOf names the probes of a service, each once.
func probesOf(s *tunnel.Service) []named {
	var out []named
	for i, p := range s.Probes {
		if slices.Contains(s.Probes[:i], p) {
			continue
		}
		n := named{p, p.Type.String()}
		if p.Type != tunnel.ProbeICMP {
			n.name = fmt.Sprintf("%s:%d%s", p.Type, p.Port, p.Path)
		}
		if slices.ContainsFunc(out, func(o named) bool { return o.name == n.name }) {
			n.name = fmt.Sprintf("%s=%d", n.name, p.Expect) // They differ in nothing else.
		}
		out = append(out, n)
	}
	return out
}

func layerOf(p tunnel.ProbeType) health.Layer {
	switch p {
	case tunnel.ProbeICMP:
		return health.Host
	case tunnel.ProbeTCP:
		return health.Port
	case tunnel.ProbeHTTP, tunnel.ProbeHTTPS, tunnel.ProbeMySQL:
		return health.App
	case tunnel.ProbeUnknown:
	}
	return health.LayerUnknown
}
