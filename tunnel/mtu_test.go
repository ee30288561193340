package tunnel

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEncapsulationMTU(t *testing.T) {
	plain, ipsec, nat := Encapsulation{}, Encapsulation{IPsec: true}, Encapsulation{IPsec: true, NAT: true}
	tests := []struct {
		name     string
		wrap     Encapsulation
		underlay int
		want     int
	}{
		{"Ethernet", plain, 1500, 1458},
		{"NAT alone costs nothing", Encapsulation{NAT: true}, 1500, 1458},
		{"PPPoE", plain, 1492, 1450},
		{"WireGuard", plain, 1420, 1378},
		{"room for full frames", plain, 1542, 1500},
		{"smallest underlay", plain, 576, 534},
		{"IPsec", ipsec, 1500, 1416},
		{"IPsec through NAT", nat, 1500, 1400},
		{"IPsec over PPPoE", ipsec, 1492, 1400},
		{"IPsec, room for full frames", ipsec, 1592, 1512},
		{"IPsec through NAT, smallest underlay", nat, 576, 488},
		{"nothing fits", ipsec, 60, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.wrap.MTU(tt.underlay); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestEncapsulationMTUIsTheLargest holds that a full frame never exceeds the
// underlay, and that one byte more does.
func TestEncapsulationMTUIsTheLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wrap := Encapsulation{rapid.Bool().Draw(t, "ipsec"), rapid.Bool().Draw(t, "nat")}
		underlay := rapid.IntRange(576, 65535).Draw(t, "underlay")
		mtu := wrap.MTU(underlay)
		if size := wrap.Size(mtu); size > underlay {
			t.Fatalf("MTU %d: %d bytes do not fit", mtu, size)
		}
		if size := wrap.Size(mtu + 1); size <= underlay {
			t.Fatalf("MTU %d: %d bytes would fit too", mtu, size)
		}
	})
}

func TestPlanMTU(t *testing.T) {
	top := twoSites()
	links, err := Expand(top, Known{})
	if err != nil {
		t.Fatal(err)
	}
	s := &top.Segments[0]
	budgets := map[string]int{"jkt.metro-sby.metro": 1458, "jkt.lte-sby.lte": 1378, "bdg.fixed-jkt.metro": 1438}
	if diff := cmp.Diff(MTUPlan{1500, budgets}, PlanMTU(top, s, links)); diff != "" {
		t.Error("given:", diff)
	}
	s.Tunnels.MTU = 0
	if diff := cmp.Diff(MTUPlan{1378, budgets}, PlanMTU(top, s, links)); diff != "" {
		t.Error("auto:", diff)
	}
	if got := PlanMTU(top, s, nil); got.MTU != 1500 {
		t.Errorf("auto without tunnels: %d", got.MTU)
	}
	s.Tunnels.IPsec = SecretRef{Env: "S"}
	top.Routers[2].Uplinks[0].NAT = true
	links, err = Expand(top, Known{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		for _, tun := range l.Tunnels {
			if tun.MTU != 1336 || tun.Fragments() {
				t.Errorf("%s: MTU %d, budget %d", tun.Name, tun.MTU, tun.Budget)
			}
			if tun.Name == "bdg.fixed-jkt.metro" && tun.Budget != 1384 {
				t.Errorf("budget through NAT is %d", tun.Budget)
			}
		}
	}
}
