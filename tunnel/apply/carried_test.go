package apply_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/status"
)

// TestStatusOfBridgePorts applies a topology and takes a tunnel or a bond out of
// its bridge by hand: keepalives go on, and status says that no frame crosses.
func TestStatusOfBridgePorts(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.16.1", "7.24"} {
		t.Run(version, func(t *testing.T) {
			onBench(t, version, site, func(b *bench) {
				b.settled()
				look := func() map[string]string {
					r, err := status.Of(b.topology, b.observe())
					if err != nil {
						b.Fatal(err)
					}
					out := map[string]string{}
					for _, l := range r.Links {
						out[l.Name] = l.Health.String() + " " + l.Why
					}
					return out
				}
				well := map[string]string{"bdg-jkt": "up ", "jkt-sby": "up "}
				if d := cmp.Diff(well, look()); d != "" {
					b.Fatalf("(-want +got):\n%s", d)
				}
				jkt := b.world.Device("jkt")
				port := func(iface string) string {
					return "=.id=" + b.id("jkt", "/interface/bridge/port", "interface", iface)
				}
				for _, words := range [][]string{
					{"/interface/bridge/port/set", port("eoip-servers-bdg"), "=disabled=yes"},
					{"/interface/bridge/add", "=name=br-other"},
					{"/interface/bridge/port/set", port("bond-servers-sby"), "=bridge=br-other"},
				} {
					if _, err := jkt.Do(words[0], words[1:]...); err != nil {
						b.Fatal(err)
					}
				}
				time.Sleep(10 * time.Second)
				want := map[string]string{
					"bdg-jkt": "down eoip-servers-bdg on jkt: its bridge port is disabled",
					"jkt-sby": "down bond-servers-sby on jkt: in the bridge br-other, not br-servers",
				}
				if d := cmp.Diff(want, look()); d != "" {
					b.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}
