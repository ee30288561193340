package tunnel_test

import (
	"net/netip"
	"testing"

	"jembatan/tunnel"
)

func TestSwitch(t *testing.T) {
	jkt, vip := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("192.168.50.2")
	for _, c := range []struct {
		name    string
		s       tunnel.Switch
		on      netip.Addr
		routers int
	}{
		{name: "nat", s: tunnel.Switch{NAT: &tunnel.NATSwitch{On: []string{"jkt"}, To: map[string]netip.Addr{"jkt": jkt}}}, on: jkt, routers: 1},
		{name: "vrrp", s: tunnel.Switch{VRRP: &tunnel.VRRPSwitch{On: []string{"jkt", "sby"}, Address: vip}}, on: vip, routers: 2},
		{name: "none"},
	} {
		if got := c.s.Public("jkt"); got != c.on {
			t.Errorf("%s: on jkt %v, want %v", c.name, got, c.on)
		}
		if got := c.s.Public("bdg"); got.IsValid() {
			t.Errorf("%s: on bdg %v, want none", c.name, got)
		}
		if got := len(c.s.Routers()); got != c.routers {
			t.Errorf("%s: %d routers, want %d", c.name, got, c.routers)
		}
	}
}

// Every standing priority is one that RouterOS takes and below the chosen one.
func TestVRRPPriority(t *testing.T) {
	last := tunnel.VRRPChosen
	for i := range 64 {
		p := tunnel.VRRPPriority(i)
		if p < 1 || p > 254 || p > last || p >= tunnel.VRRPChosen {
			t.Errorf("place %d: %d", i, p)
		}
		last = p
	}
}
