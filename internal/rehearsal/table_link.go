//go:build linux

package rehearsal

import (
	"fmt"
	"math"
	"time"

	"jembatan/failover"
)

// links are all WAN links of the topology.
func links() []string {
	return []string{"jkt.metro", "jkt.lte", "sby.metro", "sby.lte", "bdg.fixed", "mlg.fixed"}
}

// losing are the steps of a time in which a ping between two sites loses a part of
// its packets: it crosses two links, there and back.
func losing(part float64, d time.Duration) []Step {
	each := 1 - math.Pow(1-part, 0.25)
	var out []Step
	for _, l := range links() {
		out = append(out, fault("degrade", l, fmt.Sprintf("loss=%.3f%%", each*100)))
	}
	return append(out, wait(d), mend())
}

// linkFaults are those that are no failure of a server.
func linkFaults(d Durations) []Scenario {
	holds := stays().within(time.Second, 0)
	holds.Ways = []string{"jkt"}
	hub := []Step{fault("cut-tunnels", "jkt", "sby"), fault("cut-tunnels", "jkt", "bdg"), fault("cut-tunnels", "jkt", "mlg"), wait(4 * time.Second), mend()}
	once := moved()
	once.Active, once.Phase, once.AtMost, once.Alerts = append(once.Active, first), append(away(), failover.Normal), true, nil
	lossy := Variant{Profile: "wan"}
	const count = "10"
	split := stays().within(2*time.Second, 0)
	split.Ways, split.Alerts = []string{nobody}, []failover.Reason{failover.Astray, failover.Repaired, failover.TwoMasters}
	return usually([]Scenario{
		{Name: "tunnel-cut", About: "the tunnels to the backup's site are cut, all servers live", Steps: []Step{fault("cut-tunnels", "jkt", "sby"), wait(4 * time.Second), mend()}, Expect: holds, Short: true},
		{Name: "tunnels-cut", About: "all tunnels of the main site are cut, its server lives and is reached by its own address", Steps: hub, Expect: holds, Short: true, Apart: true},
		{
			Name: "address-astray", About: "somebody disables the virtual address on its router: put back; then no router hears another: told", Short: true,
			Variant: Variant{Profile: "lan", VRRP: true},
			Steps: append([]Step{
				byHand("jkt", "/interface/vrrp", "vrrp-erp", "disabled", "yes"), alerted(failover.Repaired, time.Minute),
			}, append(hub[:3:3], alerted(failover.TwoMasters, time.Minute), mend())...),
			Expect: split, Settle: time.Minute,
		},
		{Name: "loss-5", About: "links lose 5 % of all packets, profile wan", Variant: lossy, Steps: losing(0.05, d.Loss), Expect: stays(), Settle: time.Minute, Short: true, Once: true, Every: 50 * time.Millisecond},
		{Name: "loss-9", About: "links lose 9 %, profile wan", Variant: lossy, Steps: losing(0.09, d.Loss), Expect: stays(), Settle: time.Minute, Short: true, Once: true, Every: 50 * time.Millisecond},
		{Name: "flapping", About: "a link of the main site flaps, 0.5 s in 1.5 s, profile metro", Variant: Variant{Profile: "metro"}, Steps: []Step{fault("flap", "jkt.metro", "500ms", "1s", count)}, Expect: stays(), Settle: time.Minute, Short: true},
		{Name: "flapping-lan", About: "the same, profile lan: once at most", Variant: Variant{Profile: "lan"}, Steps: []Step{fault("flap", "jkt.metro", "500ms", "1s", count)}, Expect: once.within(0, 0), Settle: time.Minute},
	})
}
