package serve

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover/actuator"
)

// TestHolders says when a virtual address is astray.
func TestHolders(t *testing.T) {
	master := func(router string) actuator.RouterReport { return actuator.RouterReport{Router: router, Master: true} }
	idle := func(router string, why actuator.Reason) actuator.RouterReport {
		return actuator.RouterReport{Router: router, Reason: why}
	}
	for name, c := range map[string]struct {
		routers            []actuator.RouterReport
		site               string
		masters, elsewhere []string
	}{
		"as it should be":       {[]actuator.RouterReport{master("jkt"), idle("sby", 0)}, "jkt", []string{"jkt"}, nil},
		"another":               {[]actuator.RouterReport{idle("jkt", actuator.OtherEpoch), master("sby")}, "jkt", []string{"sby"}, []string{"jkt"}},
		"nobody":                {[]actuator.RouterReport{idle("jkt", 0), idle("sby", 0)}, "jkt", nil, []string{"jkt"}},
		"one does not answer":   {[]actuator.RouterReport{idle("jkt", 0), idle("sby", actuator.Unreachable)}, "jkt", nil, nil},
		"two":                   {[]actuator.RouterReport{master("jkt"), master("sby")}, "jkt", []string{"jkt", "sby"}, nil},
		"a site without a part": {[]actuator.RouterReport{master("jkt"), idle("sby", 0)}, "bdg", []string{"jkt"}, nil},
	} {
		var seen routersSeen
		seen.holders(c.routers, c.site)
		if d := cmp.Diff(routersSeen{c.elsewhere, c.masters}, seen, cmp.AllowUnexported(routersSeen{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
