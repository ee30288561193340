package adopt_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jembatan/tunnel"
	"jembatan/tunnel/adopt"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// TestHostileRows gives rows that no router would print, and too many of what it
// would: the result is always a topology that Parse accepts.
func TestHostileRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "br", "", " ", "\n", "\xff", "x: y", "e,f", "#", "bond", "jembatan:x/y"})
		address := rapid.SampledFrom([]string{
			"", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "198.51.100.1", "198.51.100.2", "198.51.100.3", "::1", "fe80::1", "name.example", "198.18.0.1",
		})
		number := rapid.SampledFrom([]string{"", "0", "1", "2", "3", "-1", "65536", "0x10", "x", "99999999999"})
		words := map[string]*rapid.Generator[string]{
			"name": name, "interface": name, "bridge": name, "slaves": rapid.SampledFrom([]string{"", "a,b", "a", ",", "b,a", "a,a"}), "primary": name,
			"local-address": address, "remote-address": address, "tunnel-id": number, "mtu": number, "priority": number, "path-cost": number,
			"keepalive": rapid.SampledFrom([]string{"", "off", "1s,3", "0s,0", "1s", "9999h,1", "-1s,1", "1s,99999", "1500ms,2"}),
			"comment":   name, "dynamic": rapid.SampledFrom([]string{"", "true", "yes"}), "mac-address": name,
			"address": rapid.SampledFrom([]string{"198.51.100.1/24", "198.51.100.2/32", "198.51.100.3", "192.168.7.1/24", "192.168.7.2/0", "10.0.0.1/7", "198.18.0.1/15", "x"}),
		}
		var sources []adopt.Source
		for i := range rapid.IntRange(0, 4).Draw(t, "routers") {
			o := &plan.Observed{Identity: name.Draw(t, "identity"), Menus: map[string][]plan.Row{}}
			for _, menu := range []string{plan.MenuEoIP, plan.MenuEoIP, plan.MenuBridge, plan.MenuBridgePort, plan.MenuBridgePort, plan.MenuBonding, plan.MenuAddress} {
				for range rapid.IntRange(0, 4).Draw(t, "rows") {
					row := plan.Row{}
					for _, key := range slices.Sorted(maps.Keys(words)) {
						if rapid.IntRange(0, 4).Draw(t, "has "+key) > 0 {
							row[key] = words[key].Draw(t, key)
						}
					}
					o.Menus[menu] = append(o.Menus[menu], row)
				}
			}
			sources = append(sources, adopt.Source{
				Where: fmt.Sprintf("w%d", i), Name: name.Draw(t, "source"), Live: rapid.Bool().Draw(t, "live"), Observed: o,
				Address: rapid.SampledFrom([]string{"", "198.51.100.1:8729"}).Draw(t, "api"), Credentials: tunnel.Credentials{User: "x"},
			})
		}
		top, notes := adopt.From(sources)
		src, err := spec.Encode(top, comments(notes))
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := spec.Parse("site.yaml", src); len(problems) > 0 && len(top.Routers) > 0 {
			t.Fatalf("%v\n%s", problems, src)
		}
	})
}
