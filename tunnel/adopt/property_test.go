package adopt_test

import (
	"fmt"
	"maps"
	"net/netip"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"jembatan/tunnel"
	"jembatan/tunnel/adopt"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// A maker builds routers as people do: no two alike.
type maker struct {
	*rapid.T

	sources []adopt.Source
	next    int
	id      int
}

func (m *maker) add(i int, menu string, pairs ...string) {
	m.next++
	row := plan.Row{".id": fmt.Sprintf("*%X", m.next)}
	for j := 0; j+1 < len(pairs); j += 2 {
		if pairs[j+1] != "" {
			row[pairs[j]] = pairs[j+1]
		}
	}
	if menu == plan.MenuEoIP || menu == plan.MenuBridge || menu == plan.MenuBonding {
		m.add(i, plan.MenuInterface, "name", row["name"])
	}
	if menu != plan.MenuInterface && menu != plan.MenuAddress {
		if c := rapid.SampledFrom([]string{"", "", "by hand", "to HQ; do not touch"}).Draw(m.T, "comment"); c != "" {
			row["comment"] = c
		}
	}
	o := m.sources[i].Observed
	o.Menus[menu] = append(o.Menus[menu], row)
}

func wan(i, path int) string { return fmt.Sprintf("198.51.%d.%d", 100+path, i+1) }

// router makes one router with ports, two WAN addresses and a bridge.
func (m *maker) router(i int) {
	identity := rapid.SampledFrom([]string{"MikroTik", "", "HQ Jakarta", fmt.Sprintf("r%d", i), "same"}).Draw(m.T, "identity")
	m.sources = append(m.sources, adopt.Source{
		Where: fmt.Sprintf("10.0.0.%d", i+1), Name: fmt.Sprintf("10.0.0.%d", i+1), Address: fmt.Sprintf("10.0.0.%d:8728", i+1), Live: true,
		Credentials: tunnel.Credentials{User: "admin", TLS: tunnel.TLS{Off: true}},
		Observed:    &plan.Observed{Router: fmt.Sprintf("10.0.0.%d", i+1), Identity: identity, Version: "7.16.1 (stable)", Menus: map[string][]plan.Row{}},
	})
	for p := range 4 {
		m.add(i, plan.MenuInterface, "name", fmt.Sprintf("ether%d", p+1))
	}
	for path := range 2 {
		m.add(i, plan.MenuAddress, "address", wan(i, path)+"/24", "interface", "ether1")
	}
	m.add(i, plan.MenuBridge, "name", m.bridge(i), "protocol-mode", "rstp", "priority", rapid.SampledFrom([]string{"0x8000", "0x1000", ""}).Draw(m.T, "priority"))
	if rapid.Bool().Draw(m.T, "subnet") {
		m.add(i, plan.MenuAddress, "address", fmt.Sprintf("192.168.7.%d/24", i+1), "interface", m.bridge(i))
	}
	if rapid.Bool().Draw(m.T, "port") {
		m.add(i, plan.MenuBridgePort, "bridge", m.bridge(i), "interface", "ether3", "horizon", rapid.SampledFrom([]string{"", "7"}).Draw(m.T, "horizon"))
	}
}

func (m *maker) bridge(i int) string { return []string{"br-lan", "bridge1", "br lan", "br-lan"}[i%4] }

// tunnel makes a tunnel between two routers and returns its names.
func (m *maker) tunnel(a, b, path int) [2]string {
	m.id++
	var names [2]string
	for side, i := range []int{a, b} {
		local := rapid.SampledFrom([]string{"0.0.0.0", wan(i, path)}).Draw(m.T, "local")
		names[side] = fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"eoip-tunnel", "to the other ", "tun"}).Draw(m.T, "name"), m.id)
		m.add(i, plan.MenuEoIP, "name", names[side], "tunnel-id", strconv.Itoa(m.id), "local-address", local, "remote-address", wan(a+b-i, path),
			"mtu", rapid.SampledFrom([]string{"auto", "1500", "1400"}).Draw(m.T, "mtu"), "mac-address", fmt.Sprintf("02:00:00:00:%02X:%02X", m.id, i),
			"keepalive", rapid.SampledFrom([]string{"10s,10", "", "1m30s,5"}).Draw(m.T, "keepalive"),
			"disabled", rapid.SampledFrom([]string{"false", "true"}).Draw(m.T, "disabled"), "allow-fast-path", "true")
	}
	return names
}

// link joins two routers by one tunnel, two, or a bond.
func (m *maker) link(a, b int) {
	kind := rapid.SampledFrom([]string{"one", "one", "two", "bond"}).Draw(m.T, "link")
	first := m.tunnel(a, b, 0)
	ports := [][2]string{first}
	if kind != "one" {
		ports = append(ports, m.tunnel(a, b, 1))
	}
	if kind == "bond" {
		bond := [2]string{fmt.Sprintf("bond%d", m.id), fmt.Sprintf("bond to %d", m.id)}
		for side, i := range []int{a, b} {
			m.add(i, plan.MenuBonding, "name", bond[side], "slaves", ports[0][side]+","+ports[1][side], "mode", "active-backup", "primary", ports[side][side])
		}
		ports = [][2]string{bond}
	}
	for _, p := range ports {
		for side, i := range []int{a, b} {
			m.add(i, plan.MenuBridgePort, "bridge", m.bridge(i), "interface", p[side], "path-cost", rapid.SampledFrom([]string{"", "10", "20"}).Draw(m.T, "cost"))
		}
	}
}

func drawNetwork(t *rapid.T) []adopt.Source {
	m := &maker{T: t}
	count := rapid.IntRange(1, 5).Draw(t, "routers")
	for i := range count {
		m.router(i)
	}
	if rapid.Bool().Draw(t, "mesh") {
		for a := range count {
			for b := a + 1; b < count; b++ {
				m.link(a, b)
			}
		}
	} else {
		for b := 1; b < count; b++ {
			m.link(rapid.IntRange(0, b-1).Draw(t, "parent"), b)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "odd ones") {
		m.odd(count)
	}
	return m.sources
}

// odd makes something that a topology cannot say.
func (m *maker) odd(count int) {
	i, j := rapid.IntRange(0, count-1).Draw(m.T, "at"), rapid.IntRange(0, count-1).Draw(m.T, "to")
	switch rapid.IntRange(0, 3).Draw(m.T, "odd") {
	case 0: // A tunnel that is in no bridge.
		if i != j {
			m.tunnel(i, j, 0)
		}
	case 1: // One end only.
		m.id++
		m.add(i, plan.MenuEoIP, "name", fmt.Sprintf("lost%d", m.id), "tunnel-id", strconv.Itoa(m.id), "remote-address", "203.0.113.9")
	case 2: // Another link, perhaps a ring.
		if i != j {
			m.link(i, j)
		}
	case 3: // What belongs to a topology already.
		m.id++
		m.add(i, plan.MenuInterface, "name", fmt.Sprintf("ours%d", m.id))
		o := m.sources[i].Observed
		o.Menus[plan.MenuEoIP] = append(o.Menus[plan.MenuEoIP], plan.Row{
			".id": fmt.Sprintf("*F%d", m.id), "name": fmt.Sprintf("ours%d", m.id), "comment": "jembatan:lan/a.x-b.y", "tunnel-id": strconv.Itoa(m.id), "remote-address": "203.0.113.8",
		})
	}
}

// TestPlanOnlyAdopts holds that the topology of any network is one that Parse
// accepts as it is, and that its plan changes nothing but comments, until
// nothing is left to do.
func TestPlanOnlyAdopts(t *testing.T) {
	adopted := 0
	rapid.Check(t, func(t *rapid.T) {
		sources := drawNetwork(t)
		top, notes := adopt.From(sources)
		src, err := spec.Encode(top, comments(notes))
		if err != nil {
			t.Fatal(err)
		}
		read, problems := spec.Parse("site.yaml", src)
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, src)
		}
		if d := cmp.Diff(top, read, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); d != "" {
			t.Fatalf("read back it is another: %s", d)
		}
		observed := named(sources, read)
		p := diff(t, read, observed)
		if c := p.Counts(); c.Add+c.Set+c.Remove > 0 || p.IsBlocked() {
			t.Fatalf("more than comments:\n%s\n%s", p.Text(plan.Style{}), src)
		}
		adopted += p.Counts().Adopt
		before := withoutComments(observed)
		carry(t, p, observed)
		if again := diff(t, read, observed); !again.Empty() || again.IsBlocked() {
			t.Fatalf("adopted, and still to do:\n%s", again.Text(plan.Style{}))
		}
		if d := cmp.Diff(before, withoutComments(observed)); d != "" {
			t.Fatalf("something else has changed: %s", d)
		}
	})
	if adopted == 0 {
		t.Error("nothing was ever adopted: the test shows nothing")
	}
}

func comments(notes []adopt.Note) []spec.Comment {
	var out []spec.Comment
	for _, n := range notes {
		out = append(out, spec.Comment{Path: n.Path, Text: n.Text})
	}
	return out
}

// named gives what was read of the routers the names of the topology.
func named(sources []adopt.Source, t *tunnel.Topology) []*plan.Observed {
	var out []*plan.Observed
	for i := range t.Routers {
		for _, s := range sources {
			if s.Address == t.Routers[i].Address {
				s.Observed.Router = t.Routers[i].Name
				out = append(out, s.Observed)
			}
		}
	}
	return out
}

func diff(t *rapid.T, top *tunnel.Topology, observed []*plan.Observed) *plan.Plan {
	p, err := plan.Diff(plan.Input{Topology: top, Observed: observed})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// carry does the steps of a plan that only sets.
func carry(t *rapid.T, p *plan.Plan, observed []*plan.Observed) {
	for _, u := range p.Units {
		for _, s := range u.Steps {
			for _, o := range observed {
				for _, row := range o.Menus[s.Menu] {
					if o.Router != s.Router || row.ID() != s.ID {
						continue
					}
					if !s.Owns(row) {
						t.Fatalf("%s is not the object of its step", row["name"])
					}
					maps.Copy(row, s.Want)
				}
			}
		}
	}
}

func withoutComments(observed []*plan.Observed) []map[string][]plan.Row {
	var out []map[string][]plan.Row
	for _, o := range observed {
		menus := map[string][]plan.Row{}
		for menu, rows := range o.Menus {
			for _, row := range rows {
				c := plan.Row{}
				for k, v := range row {
					if k != "comment" {
						c[k] = v
					}
				}
				menus[menu] = append(menus[menu], c)
			}
		}
		out = append(out, menus)
	}
	return out
}
