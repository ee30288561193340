// Package stage is what tests of actuators play on: emulated routers with the
// switches of a topology provisioned by plan and apply, connections that can be
// cut, and a login with no more rights than bootstrap gives.
package stage

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator"
	"jembatan/internal/bootstrap"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// Servers of the service erp that Topology makes.
var (
	Main    = netip.MustParseAddr("192.168.50.10") //nolint:gochecknoglobals // A constant of tests.
	Backup  = netip.MustParseAddr("192.168.50.20") //nolint:gochecknoglobals // A constant of tests.
	Standby = netip.MustParseAddr("192.168.50.30") //nolint:gochecknoglobals // A constant of tests.
)

// Topology is n routers r1 … rn in one segment, and the service erp on all of
// them: by dst-nat, or by VRRP with the given interval.
func Topology(n int, interval string) string {
	var routers, members, to strings.Builder
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("r%d", i+1)
		fmt.Fprintf(&routers, "  %s: {address: 198.51.100.%d, uplinks: {wan: {address: 198.51.100.%d}}}\n", names[i], i+1, i+1)
		fmt.Fprintf(&members, "      %s: {ports: [ether5]}\n", names[i])
		fmt.Fprintf(&to, "%s: 198.51.100.%d, ", names[i], i+1)
	}
	on := strings.Join(names, ", ")
	how := fmt.Sprintf("nat: {on: [%s], to: {%s}}", on, strings.TrimSuffix(to.String(), ", "))
	if interval != "" {
		how = fmt.Sprintf("vrrp: {address: 192.168.50.2, vrid: 50, on: [%s], interval: %s}", on, interval)
	}
	return fmt.Sprintf(`version: 1
credentials: {user: jembatan, password: {env: P}, tls: off}
routers:
%ssegments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [r1]
    members:
%s    tunnels: {mtu: auto, keepalive: "1s,3"}
services:
  erp:
    segment: servers
    servers:
      - {name: main, address: %v, router: r1}
      - {name: backup, address: %v, router: r%d}
      - {name: standby, address: %v, router: r1}
    ports: [80, 3306]
    probes: [{type: icmp}]
    switch: {%s}
`, routers.String(), members.String(), Main, Backup, min(2, n), Standby, how)
}

// Its probe is icmp: the rows by which routers would watch a port tick all through
// the hours of virtual time, which the race detector does not survive.

// A Stage is a topology on emulated routers.
type Stage struct {
	testing.TB

	Topology *tunnel.Topology
	World    *emulator.World
	Fleet    *routeros.Fleet
	Wire     *Wire
}

// New returns the routers of src, of the given releases in turn, and provisions
// nothing. They are gone when the test ends, unless Close was called before.
func New(tb testing.TB, src string, versions ...string) *Stage {
	tb.Helper()
	topology, problems := spec.Parse("site.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	s := &Stage{TB: tb, Topology: topology, World: emulator.NewWorld(), Wire: newWire()}
	targets := map[string]routeros.Target{}
	for _, c := range emulate.Devices(topology, versions, secret) {
		d, err := s.World.Add(c)
		if err != nil {
			tb.Fatal(err)
		}
		s.leastPrivilege(d)
		targets[c.Name] = routeros.Target{Addr: c.Name + ":8728", Options: routeros.Options{User: user, Password: "open", Dial: s.Wire.dial(d)}}
	}
	s.Fleet = routeros.NewFleet(routeros.FleetOptions{Routers: targets, BackoffMin: 20 * time.Millisecond, BackoffMax: time.Second})
	return s
}

// user is who logs in to the routers.
const user = "jembatan"

// leastPrivilege gives the user exactly the rights that bootstrap asks for:
// everything is played with no more.
func (s *Stage) leastPrivilege(d *emulator.Device) {
	s.Helper()
	var policies []string
	for _, p := range bootstrap.Policies() {
		policies = append(policies, p.Name)
	}
	for _, words := range [][]string{
		{"/user/group/add", "=name=least", "=policy=" + strings.Join(policies, ",")},
		{"/user/set", "=.id=" + user, "=group=least"},
	} {
		if _, err := d.Do(words[0], words[1:]...); err != nil {
			s.Fatal(err)
		}
	}
}

// Close ends everything.
func (s *Stage) Close() {
	s.Fleet.Close() //nolint:errcheck // It always returns nil.
	s.World.Close()
}

func secret(tunnel.SecretRef) (routeros.Secret, error) { return "open", nil }

// Service returns the topology's service.
func (s *Stage) Service() *tunnel.Service { return &s.Topology.Services[0] }

// Connect is the actuators' way to the routers.
func (s *Stage) Connect() actuator.Connect { return actuator.Over(s.Fleet) }

// Plan compares the routers with the topology.
func (s *Stage) Plan(destroy bool) *plan.Plan {
	s.Helper()
	o := apply.Observer{Connect: s.caller, Seal: apply.NewSealer()}
	p, err := plan.Diff(plan.Input{
		Topology: s.Topology, Observed: o.Observe(s.Context(), s.Topology), Tokens: map[tunnel.SecretRef]string{}, Destroy: destroy,
	})
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func (s *Stage) caller(ctx context.Context, router string) (routeros.Caller, error) {
	return s.Fleet.Session(ctx, router)
}

// Apply carries a plan out.
func (s *Stage) Apply(p *plan.Plan) {
	s.Helper()
	r := apply.Run(s.Context(), p, s.caller, secret, apply.Options{})
	if r.Count(apply.Applied) != len(r.Units) {
		s.Fatalf("not everything was applied: %+v", r.Units)
	}
}

// Provision applies the topology.
func (s *Stage) Provision() {
	s.Helper()
	s.Apply(s.Plan(false))
	if p := s.Plan(false); !p.Empty() || p.IsBlocked() {
		s.Fatalf("applied twice it still changes:\n%s", p.Text(plan.Style{}))
	}
}

// Row returns the one row of a device whose comment carries mark.
func (s *Stage) Row(router, menu, mark string) map[string]string {
	s.Helper()
	for _, row := range s.Do(router, menu+"/print") {
		if actuator.HasMark(row["comment"], mark) {
			return row
		}
	}
	s.Fatalf("%s has no %q in %s", router, mark, menu)
	return nil
}

// Do runs a command on a device as its console would.
func (s *Stage) Do(router, path string, words ...string) []map[string]string {
	s.Helper()
	rows, err := s.World.Device(router).Do(path, words...)
	if err != nil {
		s.Fatalf("%s: %s %v: %v", router, path, words, err)
	}
	return rows
}

// Entry puts a connection of client to the public address and port of a router
// into it, answered by server, and returns its id.
func (s *Stage) Entry(router string, client string, port uint16, server netip.Addr) string {
	public := s.Service().Switch.Public(router).String()
	from := netip.MustParseAddrPort(client)
	p := fmt.Sprint(port)
	return s.World.Device(router).AddConnection(map[string]string{
		"protocol": "tcp", "src-address": from.Addr().String(), "src-port": fmt.Sprint(from.Port()),
		"dst-address": public, "dst-port": p,
		"reply-src-address": server.String(), "reply-src-port": p,
		"reply-dst-address": from.Addr().String(), "reply-dst-port": fmt.Sprint(from.Port()),
		"tcp-state": "established", "dstnat": "true", "assured": "true", "confirmed": "true",
	})
}

// Entries returns the ids of all connections of a device.
func (s *Stage) Entries(router string) []string {
	var out []string
	for _, row := range s.Do(router, "/ip/firewall/connection/print") {
		out = append(out, row[".id"])
	}
	return out
}
