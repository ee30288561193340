package app

import (
	"context"
	"slices"
	"sync"

	"jembatan/internal/doctor"
	"jembatan/tunnel"
)

// Doctor examines every router of the topology, all at once, and returns the
// checks in the order of the topology. The error is for a topology that cannot
// be expanded.
func (a *App) Doctor(ctx context.Context) ([]doctor.Check, error) {
	links, err := tunnel.Expand(a.Topology, tunnel.Known{})
	if err != nil {
		return nil, err
	}
	lists := make([][]doctor.Check, len(a.Topology.Routers))
	var wg sync.WaitGroup
	for i := range a.Topology.Routers {
		r := &a.Topology.Routers[i]
		wg.Go(func() {
			c, err := a.connect(ctx, r.Name)
			lists[i] = doctor.Diagnose(a.patient(r, links), doctor.Examine(ctx, c, err))
		})
	}
	wg.Wait()
	return slices.Concat(lists...), nil
}

// patient is what the topology asks of a router.
func (a *App) patient(r *tunnel.Router, links []tunnel.Link) doctor.Patient {
	p := doctor.Patient{Name: r.Name, User: r.Credentials.User, Plaintext: r.Credentials.TLS.Off}
	for i := range links {
		for j := range links[i].Tunnels {
			end, ok := links[i].Tunnels[j].End(r.Name)
			if !ok {
				continue
			}
			p.Tunnels++
			u, ok := r.Uplink(end.Uplink)
			if ok && !u.NAT && !slices.Contains(p.Addresses, u.Address.String()) {
				p.Addresses = append(p.Addresses, u.Address.String())
			}
		}
	}
	for _, seg := range a.Topology.Segments {
		if m, ok := seg.Member(r.Name); ok {
			p.Ports = append(p.Ports, m.Ports...)
		}
	}
	return p
}
