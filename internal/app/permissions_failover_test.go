package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"jembatan/failover/actuator"
	"jembatan/failover/actuator/nat"
	"jembatan/failover/actuator/vrrp"
	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/internal/app"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// moved are services of the topology encrypted, one for each kind of switch.
const moved = `
services:
  erp:
    segment: servers
    servers: &servers
      - {name: main, address: 192.168.50.10, router: jkt}
      - {name: backup, address: 192.168.50.20, router: sby}
    ports: [80]
    probes: [{type: tcp, port: 80}]
    switch: {nat: {on: [jkt, sby], to: {jkt: 198.51.100.1, sby: 198.51.100.2}}}
  web:
    segment: servers
    servers: *servers
    ports: [443]
    probes: [{type: tcp, port: 443}]
    switch: {vrrp: {address: 192.168.50.2, vrid: 50, on: [jkt, sby], interval: 100ms}}
`

// backup is the server that services are moved to.
var backup = netip.MustParseAddr("192.168.50.20")

// failoverTasks are what a controller that moves services does on routers.
func failoverTasks(world *emulator.World) []task {
	fleet := func(do func(ctx context.Context, f *routeros.Fleet) error) func(context.Context, *app.App) error {
		return func(ctx context.Context, _ *app.App) error {
			f := fleetOf(world)
			defer f.Close()
			return do(ctx, f)
		}
	}
	return []task{
		{"move a service by dst-nat", fleet(func(ctx context.Context, f *routeros.Fleet) error { return rewrite(ctx, world, f) })},
		{"move a service by VRRP", fleet(func(ctx context.Context, f *routeros.Fleet) error { return handOver(ctx, world, f) })},
		{"ping from a router", fleet(func(ctx context.Context, f *routeros.Fleet) error {
			s, err := f.Session(ctx, "jkt")
			if err != nil {
				return err
			}
			p := &probe.RouterPing{Router: s, Address: netip.MustParseAddr("198.51.100.2")}
			if sample := p.Probe(ctx); !sample.OK {
				return fmt.Errorf("%v", sample.Reason)
			}
			return nil
		})},
		{"watch by netwatch", fleet(watch)},
		{"send a text message", fleet(func(ctx context.Context, f *routeros.Fleet) error {
			s, err := f.Session(ctx, "jkt")
			if err == nil {
				_, err = routeros.Command(ctx, s, "/tool/sms/send", routeros.FieldsOf("port", "lte1", "phone-number", "+6281234567890", "message", "erp moved"))
			}
			return err
		})},
	}
}

// fleetOf logs in to every router anew.
func fleetOf(world *emulator.World) *routeros.Fleet {
	targets := map[string]routeros.Target{}
	for _, d := range world.Devices() {
		targets[d.Name()] = routeros.Target{Addr: d.Name() + ":8728", Options: routeros.Options{
			User: "jembatan", Password: "swordfish-swordfish",
			Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go d.ServeConn(server)
				return client, nil
			},
		}}
	}
	return routeros.NewFleet(routeros.FleetOptions{Routers: targets})
}

// service is one of moved.
func service(name string) *tunnel.Service {
	topology, problems := spec.Parse("site.yaml", []byte(encrypted+moved))
	if err := problems.Err(); err != nil {
		panic(err) // A mistake in the text above.
	}
	for i := range topology.Services {
		if topology.Services[i].Name == name {
			return &topology.Services[i]
		}
	}
	panic("no service " + name)
}

// rewrite blocks the main server, leads clients to the backup, deletes the stale
// connection that there is, and takes the block off again.
func rewrite(ctx context.Context, world *emulator.World, f *routeros.Fleet) error {
	s := service("erp")
	world.Device("jkt").AddConnection(map[string]string{
		"protocol": "tcp", "src-address": "203.0.113.7", "src-port": "50000", "dst-address": "198.51.100.1", "dst-port": "80",
		"reply-src-address": s.Servers[0].Address.String(), "reply-src-port": "80", "tcp-state": "established",
	})
	a := nat.New(nat.Of(s), actuator.Over(f), nat.Options{})
	main, to := actuator.Target{Service: "erp", Epoch: 1, Server: s.Servers[0].Address}, actuator.Target{Service: "erp", Epoch: 1, Server: backup}
	if _, err := a.Block(ctx, main); err != nil {
		return err
	}
	if _, err := a.Ensure(ctx, to); err != nil {
		return err
	}
	if rows, err := world.Device("jkt").Do("/ip/firewall/connection/print"); err != nil || len(rows) != 0 {
		return errors.Join(err, errors.New("the stale connection is still there"))
	}
	_, err := a.Unblock(ctx, main)
	return err
}

// handOver makes the backup's router master, which disables the old master for a
// moment. VRRP speaks from an address of the segment, which is the owner's to
// set; while the routers do not know each other yet nothing may be moved.
func handOver(ctx context.Context, world *emulator.World, f *routeros.Fleet) error {
	for i, d := range world.Devices() {
		if _, err := d.Do("/ip/address/add", fmt.Sprintf("=address=192.168.50.%d/24", 200+i), "=interface=br-servers"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	a := vrrp.New(vrrp.Of(service("web")), actuator.Over(f), vrrp.Options{})
	for {
		r, err := a.Ensure(ctx, actuator.Target{Service: "web", Epoch: 1, Server: backup})
		if err == nil && !r.Router("sby").Master {
			err = errors.New("sby is not master")
		}
		if !errors.Is(err, actuator.ErrHeld) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// watch has a router watch the other one until it says that it is there.
func watch(ctx context.Context, f *routeros.Fleet) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := f.Session(ctx, "jkt")
	if err != nil {
		return err
	}
	w := &probe.Watch{Vantage: "router:jkt", Router: s, Rows: []probe.Watched{
		{Server: "sby", Probe: "icmp", Comment: "jembatan:erp/watch.sby", Host: netip.MustParseAddr("198.51.100.2")},
	}}
	if err := w.Ensure(ctx); err != nil {
		return err
	}
	seen := false
	err = w.Run(ctx, func(sample health.Sample) {
		seen = seen || sample.OK
		if sample.OK {
			cancel()
		}
	})
	if err == nil && !seen {
		err = errors.New("netwatch says nothing")
	}
	return err
}

// TestServicesAreThere keeps the topology of these tests readable.
func TestServicesAreThere(t *testing.T) {
	if service("erp").Switch.NAT == nil || service("web").Switch.VRRP == nil {
		t.Error("the services have other switches")
	}
}
