package tunnel

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// equal compares values that hold addresses.
var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func twoSites() *Topology {
	up := func(name, addr string, mtu int) Uplink {
		return Uplink{Name: name, Address: netip.MustParseAddr(addr), MTU: mtu}
	}
	return &Topology{
		Routers: []Router{
			{Name: "sby", Uplinks: []Uplink{up("metro", "198.51.100.2", 1500), up("lte", "203.0.113.2", 1420)}},
			{Name: "jkt", Uplinks: []Uplink{up("metro", "198.51.100.1", 1500), up("lte", "203.0.113.1", 1420)}},
			{Name: "bdg", Uplinks: []Uplink{up("fixed", "198.51.100.3", 1480)}},
		},
		Segments: []Segment{{
			Name: "servers", Bridge: "br-servers", Shape: Hub, Hubs: []string{"jkt"},
			Members: []Member{{Router: "jkt"}, {Router: "sby", Parent: "jkt"}, {Router: "bdg", Parent: "jkt"}},
			Tunnels: TunnelSettings{
				MTU: 1500, Keepalive: Keepalive{time.Second, 3}, Redundancy: Bond,
				Pairs: []UplinkPair{{{"jkt", "metro"}, {"bdg", "fixed"}}},
			},
		}},
	}
}

func TestExpandTwoSites(t *testing.T) {
	got, err := Expand(twoSites(), Known{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range got {
		for i := range l.Tunnels {
			tun := &l.Tunnels[i]
			if tun.ID == 0 || tun.Ends[0].MAC == "" || tun.Ends[0].MAC == tun.Ends[1].MAC {
				t.Errorf("%s: id %d, MACs %s %s", tun.Name, tun.ID, tun.Ends[0].MAC, tun.Ends[1].MAC)
			}
			tun.ID, tun.Ends[0].MAC, tun.Ends[1].MAC = 0, "", ""
		}
	}
	a := netip.MustParseAddr
	want := []Link{
		{
			Segment: "servers", Routers: [2]string{"jkt", "sby"}, Redundancy: Bond,
			Bonds: [2]string{"bond-servers-sby", "bond-servers-jkt"},
			Tunnels: []Tunnel{
				{
					Name: "jkt.metro-sby.metro", Segment: "servers", MTU: 1500, Budget: 1458, Keepalive: Keepalive{time.Second, 3},
					Ends: [2]End{
						{Router: "jkt", Uplink: "metro", Interface: "eoip-servers-sby-metro", Local: a("198.51.100.1"), Remote: a("198.51.100.2")},
						{Router: "sby", Uplink: "metro", Interface: "eoip-servers-jkt-metro", Local: a("198.51.100.2"), Remote: a("198.51.100.1")},
					},
				},
				{
					Name: "jkt.lte-sby.lte", Segment: "servers", MTU: 1500, Budget: 1378, Keepalive: Keepalive{time.Second, 3},
					Ends: [2]End{
						{Router: "jkt", Uplink: "lte", Interface: "eoip-servers-sby-lte", Local: a("203.0.113.1"), Remote: a("203.0.113.2")},
						{Router: "sby", Uplink: "lte", Interface: "eoip-servers-jkt-lte", Local: a("203.0.113.2"), Remote: a("203.0.113.1")},
					},
				},
			},
		},
		{
			Segment: "servers", Routers: [2]string{"bdg", "jkt"}, Redundancy: NoRedundancy,
			Tunnels: []Tunnel{{
				Name: "bdg.fixed-jkt.metro", Segment: "servers", MTU: 1500, Budget: 1438, Keepalive: Keepalive{time.Second, 3},
				Ends: [2]End{
					{Router: "bdg", Uplink: "fixed", Interface: "eoip-servers-jkt", Local: a("198.51.100.3"), Remote: a("198.51.100.1")},
					{Router: "jkt", Uplink: "metro", Interface: "eoip-servers-bdg", Local: a("198.51.100.1"), Remote: a("198.51.100.3")},
				},
			}},
		},
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Error(diff)
	}
}
