package plan_test

import (
	"slices"
	"strings"
	"testing"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

const watched = `version: 1
credentials: {user: jembatan, password: {env: P}, tls: off}
routers:
  jkt: {address: 198.51.100.1, uplinks: {metro: {address: 198.51.100.1}}}
  sby: {address: 198.51.100.2, uplinks: {metro: {address: 198.51.100.2}}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether2]}, sby: {ports: [ether2]}}
    tunnels: {mtu: auto, keepalive: "1s,3"}
services:
  erp:
    segment: servers
    servers:
      - {name: main,   address: 192.168.50.10, router: jkt}
      - {name: backup, address: 192.168.50.20, router: sby}
    ports: [80]
    probes: [{type: http, port: 80, path: /}, {type: icmp}]
    switch: {nat: {on: [jkt, sby], to: {jkt: 198.51.100.1, sby: 203.0.113.9}}}
`

// watching is a service of web servers.
func watching(t *testing.T) *tunnel.Topology {
	t.Helper()
	top, problems := spec.Parse("site.yaml", []byte(watched))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return top
}

// rowsOf are the marks of a router's netwatch rows.
func rowsOf(n *network, router string) []string {
	var out []string
	for _, row := range n.routers[router].observed.Menus[plan.MenuNetwatch] {
		out = append(out, row["comment"]+" "+row["type"]+" "+row["host"]+":"+row["port"])
	}
	slices.Sort(out)
	return out
}

// TestWatchRows: servers are watched by the routers that clients come in by, and
// rows of a router that cannot watch are not planned.
func TestWatchRows(t *testing.T) {
	for version, want := range map[string][]string{
		"7.16.1 (stable)": {"jembatan:erp/watch.backup.80 tcp-conn 192.168.50.20:80", "jembatan:erp/watch.main.80 tcp-conn 192.168.50.10:80"},
		"7.5 (stable)":    {"jembatan:erp/watch.backup.80 tcp-conn 192.168.50.20:80", "jembatan:erp/watch.main.80 tcp-conn 192.168.50.10:80"},
		"7.3.1 (stable)":  nil,
		"6.49.10":         nil,
	} {
		top := watching(t)
		n := newNetwork(top)
		n.routers["jkt"].observed.Version = version
		p, err := plan.Diff(plan.Input{Topology: top, Observed: n.observed()})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(p.Text(plan.Style{}), "whose netwatch opens no connections"); told != (want == nil) {
			t.Errorf("%s: told of it: %v", version, told)
		}
		if err := n.carry(p); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(n, "jkt"); !slices.Equal(got, want) {
			t.Errorf("%s: %q", version, got)
		}
		if got := rowsOf(n, "sby"); len(got) != 2 {
			t.Errorf("%s: sby has %q", version, got)
		}
		for _, row := range n.routers["jkt"].observed.Menus[plan.MenuNetwatch] {
			if old := version[:3] == "7.5"; (row["startup-delay"] == "") != old {
				t.Errorf("%s: startup-delay %q", version, row["startup-delay"])
			}
		}
	}
}

// TestWatchRowsGo: a port that is not probed any more is not watched, and taking
// the row away stops nothing.
func TestWatchRowsGo(t *testing.T) {
	top := watching(t)
	n := newNetwork(top)
	if p, err := plan.Diff(plan.Input{Topology: top, Observed: n.observed()}); err != nil || n.carry(p) != nil {
		t.Fatal(err)
	}
	top.Services[0].Probes = top.Services[0].Probes[1:]
	p, err := plan.Diff(plan.Input{Topology: top, Observed: n.observed()})
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Counts(); c.Remove != 4 || c.Add+c.Set != 0 {
		t.Errorf("%+v", c)
	}
	for _, u := range p.Units {
		for _, s := range u.Steps {
			if s.Disruptive != "" {
				t.Errorf("%s: %s", u.Name, s.Disruptive)
			}
		}
	}
}
