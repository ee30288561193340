package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// drawTopology makes a topology of two to six sites in one segment.
func drawTopology(t *rapid.T) *tunnel.Topology {
	sites := rapid.IntRange(2, 6).Draw(t, "sites")
	shape := rapid.SampledFrom([]tunnel.Shape{tunnel.Hub, tunnel.Mesh}).Draw(t, "shape")
	top := &tunnel.Topology{}
	seg := tunnel.Segment{
		Name: "lan", Subnet: netip.MustParsePrefix("192.168.1.0/24"), Bridge: "br-lan", Shape: shape,
		Tunnels: tunnel.TunnelSettings{
			MTU:        rapid.SampledFrom([]int{0, 1500}).Draw(t, "mtu"),
			Keepalive:  rapid.SampledFrom([]tunnel.Keepalive{{}, {Interval: 1e9, Retries: 3}}).Draw(t, "keepalive"),
			Redundancy: rapid.SampledFrom([]tunnel.Redundancy{tunnel.NoRedundancy, tunnel.Bond, tunnel.RSTP}).Draw(t, "redundancy"),
		},
	}
	if shape == tunnel.Mesh && seg.Tunnels.Redundancy == tunnel.RSTP {
		seg.Tunnels.Redundancy = tunnel.Bond // A mesh has no spanning tree.
	}
	if rapid.Bool().Draw(t, "ipsec") {
		seg.Tunnels.IPsec = tunnel.SecretRef{Env: "PSK"}
	}
	for i := range sites {
		addSite(top, &seg, i, rapid.IntRange(1, 2).Draw(t, "uplinks"))
	}
	top.Segments = []tunnel.Segment{seg}
	if rapid.Bool().Draw(t, "service") {
		addService(t, top)
	}
	return top
}

// addService adds a service with a server at every second site, switched on the
// first routers.
func addService(t *rapid.T, top *tunnel.Topology) {
	svc := tunnel.Service{Name: "erp", Segment: "lan", Ports: []uint16{80, 3306}}
	for i, r := range top.Routers {
		if i%2 == 0 {
			svc.Servers = append(svc.Servers, tunnel.Server{Name: "s" + r.Name, Address: netip.AddrFrom4([4]byte{192, 168, 1, byte(10 + i)}), Router: r.Name})
		}
	}
	var on []string
	to := map[string]netip.Addr{}
	for _, r := range top.Routers[:rapid.IntRange(1, len(top.Routers)).Draw(t, "on")] {
		on = append(on, r.Name)
		to[r.Name] = r.Uplinks[0].Address
	}
	if rapid.Bool().Draw(t, "vrrp") {
		svc.Switch.VRRP = &tunnel.VRRPSwitch{Address: netip.MustParseAddr("192.168.1.2"), VRID: 7, On: on, Interval: 1e9}
	} else {
		svc.Switch.NAT = &tunnel.NATSwitch{On: on, To: to}
	}
	top.Services = []tunnel.Service{svc}
}

// addSite adds the site of that number to the topology and the segment.
func addSite(top *tunnel.Topology, seg *tunnel.Segment, i, uplinks int) {
	r := tunnel.Router{Name: fmt.Sprintf("r%d", i), Address: fmt.Sprintf("10.0.0.%d:8728", i+1)}
	for u := range uplinks {
		r.Uplinks = append(r.Uplinks, tunnel.Uplink{
			Name: fmt.Sprintf("wan%d", u), Address: netip.AddrFrom4([4]byte{198, 51, byte(100 + u), byte(i + 1)}), MTU: 1500 - 80*u,
		})
	}
	top.Routers = append(top.Routers, r)
	m := tunnel.Member{Router: r.Name, Ports: []string{"ether2"}}
	if seg.Shape == tunnel.Hub {
		if i == 0 {
			seg.Hubs = []string{r.Name}
		} else {
			m.Parent = seg.Hubs[0]
		}
	}
	seg.Members = append(seg.Members, m)
}

func diff(t interface{ Fatal(args ...any) }, top *tunnel.Topology, n *network, destroy bool) *plan.Plan {
	p, err := plan.Diff(plan.Input{
		Topology: top, Observed: n.observed(), Destroy: destroy,
		Tokens: map[tunnel.SecretRef]string{{Env: "PSK"}: token(tunnel.SecretRef{Env: "PSK"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func converge(t *rapid.T, top *tunnel.Topology, n *network) {
	if err := n.carry(diff(t, top, n, false)); err != nil {
		t.Fatal(err)
	}
	if again := diff(t, top, n, false); !again.Empty() {
		t.Fatalf("applied twice it still changes:\n%s", again.Text(plan.Style{}))
	}
}

// TestConverges edits routers at random: whatever was done to our objects, one
// plan brings them back, and a second has nothing to do.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		n := newNetwork(top)
		converge(t, top, n)
		want := n.state()
		for range rapid.IntRange(1, 8).Draw(t, "edits") {
			vandalise(t, n)
		}
		converge(t, top, n)
		if got := n.state(); got != want {
			t.Fatalf("not what it was (-want +got):\n%s", cmp.Diff(want, got))
		}
	})
}

// vandalise changes or deletes one object of ours.
func vandalise(t *rapid.T, n *network) {
	router := n.routers[rapid.SampledFrom(n.order).Draw(t, "router")]
	menu := rapid.SampledFrom([]string{plan.MenuBridge, plan.MenuEoIP, plan.MenuBonding, plan.MenuBridgePort, plan.MenuNAT, plan.MenuFilter, plan.MenuVRRP, plan.MenuNetwatch}).Draw(t, "menu")
	rows := router.observed.Menus[menu]
	if len(rows) == 0 {
		return
	}
	i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
	if (menu == plan.MenuBridgePort || menu == plan.MenuNAT || menu == plan.MenuFilter || menu == plan.MenuNetwatch) && rapid.Bool().Draw(t, "delete") {
		router.observed.Menus[menu] = slices.Delete(rows, i, i+1)
		return
	}
	edits := map[string][]string{
		plan.MenuBridge:     {"protocol-mode=stp", "priority=0x7000", "disabled=true", "admin-mac=02:00:00:00:00:01"},
		plan.MenuEoIP:       {"mtu=1300", "tunnel-id=" + strconv.Itoa(1000+100*int(router.observed.Router[1]-'0')+i), "mac-address=02:00:00:00:00:02", "disabled=true", "keepalive=10s,10", "clamp-tcp-mss=false", "remote-address=192.0.2.1"},
		plan.MenuBonding:    {"mode=balance-rr", "mii-interval=1s", "disabled=true", "primary=none"},
		plan.MenuBridgePort: {"horizon=7", "point-to-point=no", "disabled=true"},
		plan.MenuNAT:        {"dst-port=81", "disabled=true", "chain=input"},
		plan.MenuFilter:     {"dst-port=81", "action=accept", "dst-address=192.0.2.1"},
		plan.MenuVRRP:       {"interval=2s", "vrid=8"},
		plan.MenuNetwatch:   {"interval=1m", "port=81", "disabled=true", "startup-delay=5m"},
	}
	edit := rapid.SampledFrom(edits[menu]).Draw(t, "edit")
	if menu == plan.MenuBridgePort && rows[i]["edge"] != "" && edit == "point-to-point=no" {
		return // A local port's point-to-point is not ours to say.
	}
	for j := range edit {
		if edit[j] == '=' {
			if menu != plan.MenuBridgePort || rows[i]["horizon"] != "" || edit[:j] == "disabled" {
				rows[i][edit[:j]] = edit[j+1:]
			}
			return
		}
	}
}

// TestFailoverIsNotDrift moves services about as the failover does: the plan
// has nothing to say to that, and repairing what is the topology's leaves it.
func TestFailoverIsNotDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		if len(top.Services) == 0 {
			addService(t, top)
		}
		n := newNetwork(top)
		n.routers["r0"].add(plan.MenuFilter, map[string]string{"chain": "forward", "action": "accept"})
		converge(t, top, n)
		servers := top.Services[0].Servers
		epoch := 0
		for _, name := range n.order {
			menus := n.routers[name].observed.Menus
			for _, menu := range []string{plan.MenuNAT, plan.MenuFilter, plan.MenuVRRP} {
				for _, row := range menus[menu] {
					if !strings.HasPrefix(row["comment"], "jembatan:") || rapid.Bool().Draw(t, "stays") {
						continue
					}
					epoch++
					switch {
					case row["action"] == "dst-nat":
						row["to-addresses"] = rapid.SampledFrom(servers).Draw(t, "server").Address.String()
					case menu == plan.MenuFilter:
						row["disabled"] = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "blocked")
					case menu == plan.MenuVRRP:
						row["priority"], row["preemption-mode"] = strconv.Itoa(tunnel.VRRPChosen), "yes"
						row["disabled"] = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "disabled")
					default:
						continue
					}
					row["comment"] += " epoch=" + strconv.Itoa(epoch)
				}
			}
		}
		moved := n.state()
		if p := diff(t, top, n, false); !p.Empty() {
			t.Fatalf("a failover is drift:\n%s", p.Text(plan.Style{}))
		}
		if row := n.routers["r0"].observed.Menus[plan.MenuNAT]; len(row) > 0 {
			row[0]["dst-port"] = "81"
			converge(t, top, n)
		}
		if got := n.state(); got != moved {
			t.Fatalf("a repair moved the service (-want +got):\n%s", cmp.Diff(moved, got))
		}
	})
}

// TestDestroyLeavesNothing removes all of ours and nothing else.
func TestDestroyLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		n := newNetwork(top)
		n.routers["r0"].add(plan.MenuEoIP, map[string]string{"name": "mine", "tunnel-id": "77", "mac-address": "02:AA:00:00:00:01", "comment": "by hand"})
		before := n.state()
		converge(t, top, n)
		if err := n.carry(diff(t, top, n, true)); err != nil {
			t.Fatal(err)
		}
		if got := n.state(); got != before {
			t.Fatalf("not what it was before (-want +got):\n%s", cmp.Diff(before, got))
		}
	})
}

// TestNewSiteTouchesNothingOld adds a site to a running network: the plan must
// not change or remove anything that exists, except where one MTU for the whole
// segment has to shrink.
func TestNewSiteTouchesNothingOld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		n := newNetwork(top)
		converge(t, top, n)
		addSite(top, &top.Segments[0], 20, 1)
		n.grow(top)
		p := diff(t, top, n, false)
		for _, u := range p.Units {
			for _, s := range u.Steps {
				if s.Op == plan.Remove || s.Op == plan.Set && s.ID != "" && !onlyMTU(s) {
					t.Fatalf("a new site changes %s %s on %s: %v", s.Menu, s.Name, s.Router, s.Want)
				}
			}
		}
	})
}

func onlyMTU(s plan.Step) bool {
	_, ok := s.Want["mtu"]
	return ok && len(s.Want) == 1 && len(s.Unset) == 0
}

// TestReshape goes from any topology over the same routers to any other.
func TestReshape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := drawTopology(t), drawTopology(t)
		n := newNetwork(first)
		n.grow(second)
		converge(t, first, n)
		keep := len(second.Routers) >= len(first.Routers)
		if !keep {
			return // A router that leaves the file is not read any more.
		}
		for i := range first.Routers {
			if len(first.Routers[i].Uplinks) != len(second.Routers[i].Uplinks) {
				return
			}
		}
		converge(t, second, n)
	})
}
