package tunnel

import (
	"net/netip"
	"strings"
	"testing"
)

// TestTwoGatewaysToOneUplink has two tunnels of a router to one far uplink, in
// one segment and in two: by one gateway they share the route, by two they
// cannot.
func TestTwoGatewaysToOneUplink(t *testing.T) {
	pairs := []UplinkPair{{{"jkt", "metro"}, {"bdg", "fixed"}}, {{"jkt", "lte"}, {"bdg", "fixed"}}}
	inOne := func(top *Topology) { top.Segments[0].Tunnels.Pairs = pairs }
	inTwo := func(top *Topology) {
		other := top.Segments[0]
		other.Name = "office"
		other.Tunnels.Pairs = pairs[1:]
		top.Segments = append(top.Segments, other)
	}
	for name, change := range map[string]func(*Topology){"in one segment": inOne, "in two segments": inTwo} {
		t.Run(name, func(t *testing.T) {
			top := twoSites()
			change(top)
			jkt := &top.Routers[1]
			jkt.Uplinks[0].Gateway = netip.MustParseAddr("198.51.100.254")
			if _, err := Expand(top, Known{}); err != nil {
				t.Errorf("one of them has no gateway: %v", err)
			}
			jkt.Uplinks[1].Gateway = jkt.Uplinks[0].Gateway
			if _, err := Expand(top, Known{}); err != nil {
				t.Errorf("both have one gateway: %v", err)
			}
			jkt.Uplinks[1].Gateway = netip.MustParseAddr("203.0.113.254")
			_, err := Expand(top, Known{})
			const want = "jkt would reach 198.51.100.3 by gateway 203.0.113.254 (uplink lte)"
			if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "would reach") != 1 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestNamesOfTunnelsThatGo gives a tunnel that takes another's place a name of its
// own, and lets it keep that when the other has gone.
func TestNamesOfTunnelsThatGo(t *testing.T) {
	top := twoSites()
	top.Segments[0].Tunnels.Pairs[0][0].Uplink = "lte"
	mark, old := Mark("servers", "bdg.fixed-jkt.lte"), Mark("servers", "bdg.fixed-jkt.metro")
	name := func(names map[string]string) string {
		t.Helper()
		links, err := Expand(top, Known{Names: map[string]map[string]string{"jkt": names}})
		if err != nil {
			t.Fatal(err)
		}
		tun := tunnelsByMark(links)[mark]
		end, _ := tun.End("jkt")
		return end.Interface
	}
	first := name(map[string]string{"eoip-servers-bdg": old})
	if first == "eoip-servers-bdg" {
		t.Error("it gets the name of a tunnel that is still there")
	}
	if got := name(map[string]string{first: mark}); got != first {
		t.Errorf("it is renamed from %s to %s", first, got)
	}
}
