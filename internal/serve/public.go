package serve

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"jembatan/failover/effect"
	"jembatan/health/probe"
	"jembatan/tunnel"
)

// publicTimeout bounds one question through a public address.
const publicTimeout = time.Second

// publics are the addresses that clients use, asked as the service's own probes
// ask its servers: by http or https where a probe of a public port does so, else
// by opening a connection. (A database's handshake would need an account there.)
func publics(of *tunnel.Service) []effect.Public {
	var out []effect.Public
	for _, router := range of.Switch.Routers() {
		for _, port := range of.Ports {
			p := prober(of, router, netip.AddrPortFrom(of.Switch.Public(router), port))
			out = append(out, effect.Public{Router: router, Ask: func(ctx context.Context) error {
				if s := p.Probe(ctx); !s.OK {
					return fmt.Errorf("%s: %s", s.Probe, s.Reason)
				}
				return nil
			}})
		}
	}
	return out
}

func prober(of *tunnel.Service, router string, at netip.AddrPort) probe.Prober {
	id := probe.ID{Server: of.Name, Probe: at.String(), Vantage: router}
	for _, p := range of.Probes {
		if p.Port == at.Port() && p.Type == tunnel.ProbeHTTP {
			return &probe.HTTP{ID: id, Address: at, Path: p.Path, Expect: p.Expect, Timeout: publicTimeout}
		}
	}
	return &probe.TCP{ID: id, Address: at, Timeout: publicTimeout}
}
