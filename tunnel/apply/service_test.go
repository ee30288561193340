package apply_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros/emulator"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
)

// served is site with a service on two of its routers.
const served = site + `
services:
  erp:
    segment: servers
    servers:
      - {name: main, address: 192.168.50.10, router: jkt}
      - {name: backup, address: 192.168.50.20, router: sby}
    ports: [80, 3306]
    probes: [{type: tcp, port: 3306}]
    switch: {SWITCH}
`

// rules lists a device's rules in their order, without ids.
func (b *bench) rules(router string) []string {
	b.Helper()
	var out []string
	for _, menu := range []string{plan.MenuFilter, plan.MenuNAT} {
		rows, err := b.world.Device(router).Do(menu + "/print")
		if err != nil {
			b.Fatal(err)
		}
		for _, row := range rows {
			out = append(out, strings.Join([]string{menu, row["chain"], row["action"], row["comment"], row["disabled"]}, " "))
		}
	}
	return out
}

// TestServicesOnEveryRelease provisions both kinds of switches on routers of
// each release, reads them back and takes them away.
func TestServicesOnEveryRelease(t *testing.T) {
	for _, how := range []string{
		"nat: {on: [jkt, sby], to: {jkt: 198.51.100.1, sby: 198.51.100.2}}",
		"vrrp: {address: 192.168.50.2, vrid: 50, on: [jkt, sby], interval: 100ms}",
	} {
		for _, v := range emulator.Versions() {
			t.Run(how[:4]+" "+v.String(), func(t *testing.T) {
				onBench(t, v.String(), strings.Replace(served, "SWITCH", how, 1), func(b *bench) {
					before := b.exports()
					b.settled()
					b.destroy()
					if d := cmp.Diff(before, b.exports()); d != "" {
						b.Errorf("destroyed is not what it was (-want +got):\n%s", d)
					}
				})
			})
		}
	}
}

// TestRulesKeepTheirPlace: ours go above what was there, and an undone removal
// puts them back there.
func TestRulesKeepTheirPlace(t *testing.T) {
	onBench(t, "7.16.1", strings.Replace(served, "SWITCH", "nat: {on: [jkt, sby], to: {jkt: 198.51.100.1, sby: 198.51.100.2}}", 1), func(b *bench) {
		jkt := b.world.Device("jkt")
		for _, words := range [][]string{
			{plan.MenuFilter + "/add", "=chain=forward", "=action=fasttrack-connection", "=connection-state=established"},
			{plan.MenuFilter + "/add", "=chain=forward", "=action=accept", "=connection-state=established"},
			{plan.MenuNAT + "/add", "=chain=srcnat", "=action=masquerade"},
		} {
			if _, err := jkt.Do(words[0], words[1:]...); err != nil {
				b.Fatal(err)
			}
		}
		b.settled()
		before := b.rules("jkt")
		if d := cmp.Diff([]string{
			"/ip/firewall/filter forward reject jembatan:erp/block.main true",
			"/ip/firewall/filter forward reject jembatan:erp/block.backup true",
			"/ip/firewall/filter forward fasttrack-connection  false",
			"/ip/firewall/filter forward accept  false",
			"/ip/firewall/nat srcnat masquerade jembatan:erp/source.backup false",
			"/ip/firewall/nat srcnat masquerade jembatan:erp/hairpin false",
			"/ip/firewall/nat dstnat dst-nat jembatan:erp/dnat false",
			"/ip/firewall/nat srcnat masquerade  false",
		}, before); d != "" {
			b.Errorf("rules (-want +got):\n%s", d)
		}
		p, err := plan.Diff(plan.Input{Topology: b.topology, Observed: b.observe(), Destroy: true})
		if err != nil {
			b.Fatal(err)
		}
		jkt.Faults().TrapOnWrite(plan.MenuNAT, 2, "failure: not now")
		r := b.run(p)
		if r.Count(apply.Undone) != 1 {
			b.Fatalf("%+v", r.Units)
		}
		if d := cmp.Diff(before, b.rules("jkt")); d != "" {
			b.Errorf("undone is not what it was (-want +got):\n%s", d)
		}
	})
}
