package demo

import (
	"context"
	"net/netip"

	"jembatan/internal/emulate"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// A ground is where the routers of the story are: namespaces with real packets
// or, where there are none, emulated devices alone.
type ground interface { //nolint:interfacebloat // It is one stage for one story.
	kind() string
	endpoints() map[string]spec.Endpoint
	introduce(d *demo, reason error)
	cut(ctx context.Context) error
	mend(ctx context.Context) error
	// wait gives the servers time to find each other's addresses.
	wait(ctx context.Context)
	// reach pings from the main server to the backup.
	reach(ctx context.Context, count int) (*answers, error)
	// watch pings all through a cut; the channel delivers once. Nil: no packets.
	watch(ctx context.Context) <-chan *answers
	close()
}

// answers are what a series of pings came to; nil where no packets travel.
type answers struct {
	sent, lost int
	apart      string // time between two
	rtt        string
	err        error
}

// bare are emulated devices alone.
type bare struct {
	topology *tunnel.Topology
	world    *emulator.World
	server   *emulate.Server
}

// emulated serves emulated devices on loopback.
func (d *demo) emulated() (ground, error) {
	g := &bare{topology: d.topology, world: emulator.NewWorld()}
	devices := emulate.Devices(d.topology, versions, d.resolve)
	opts := emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), At: emulate.Places(d.topology)}
	var err error
	if g.server, err = emulate.Serve(g.world, devices, opts); err != nil {
		g.world.Close()
		return nil, err
	}
	return g, nil
}

func (g *bare) kind() string { return "emulated" }

func (g *bare) endpoints() map[string]spec.Endpoint { return g.server.Endpoints() }

func (g *bare) introduce(d *demo, reason error) {
	d.say("There is no RouterOS here: these are emulated devices that speak its API over\nreal sockets. Their tunnels carry no frames, only the keepalives' verdict.")
	d.say("(Where namespaces are allowed this story is told with real packets. Here not:\n%v)", reason)
}

func (g *bare) cut(context.Context) error {
	g.world.CutBoth(g.metro())
	return nil
}

func (g *bare) mend(context.Context) error {
	g.world.RestoreBoth(g.metro())
	return nil
}

func (g *bare) reach(context.Context, int) (*answers, error) { return nil, nil } //nolint:nilnil // No packets.

func (g *bare) wait(context.Context) {}

func (g *bare) watch(context.Context) <-chan *answers {
	c := make(chan *answers, 1)
	c <- nil
	return c
}

func (g *bare) close() {
	g.server.Close()
	g.world.Close()
}

// metro returns the two addresses of the path that is cut.
func (g *bare) metro() (a, b netip.Addr) {
	for i, name := range []string{"jkt", "sby"} {
		if r, ok := g.topology.Router(name); ok {
			if u, ok := r.Uplink("metro"); ok {
				if i == 0 {
					a = u.Address
				} else {
					b = u.Address
				}
			}
		}
	}
	return a, b
}
