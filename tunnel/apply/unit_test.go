package apply_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
)

// TestStepOutsideItsUnit refuses a unit with a step on a router that it does not
// name, before anything of it is done.
func TestStepOutsideItsUnit(t *testing.T) {
	onBench(t, "7.24", site, func(b *bench) {
		p := b.plan()
		for i := range p.Units {
			if p.Units[i].Name == "servers/jkt-sby" {
				p.Units[i].Routers = []string{"jkt"}
			}
		}
		for _, u := range b.run(p).Units {
			if want := map[bool]apply.State{true: apply.Undone, false: apply.Applied}[u.Unit == "servers/jkt-sby"]; u.State != want {
				b.Errorf("%s is %v, want %v", u.Unit, u.State, want)
			}
			if u.State == apply.Undone && !strings.Contains(u.Err.Error(), "is on sby, and the unit is one of [jkt] only") {
				b.Errorf("%v", u.Err)
			}
		}
		if got := b.world.Device("jkt").Export(); strings.Contains(got, "eoip-servers-sby-") {
			b.Errorf("a part was done:\n%s", got)
		}
	})
}

// TestUplinksChange moves links to other uplinks and renames one, on routers of
// an old and a new release: each file is applied at once and then stays.
func TestUplinksChange(t *testing.T) {
	const uplinks = `pairs: [[jkt.metro, bdg.metro]], redundancy: bond`
	base := strings.Replace(site, "redundancy: bond", uplinks, 1)
	rename := strings.NewReplacer("metro:", "fiber:", ".metro", ".fiber")
	for _, version := range []string{"6.49.10", "7.24"} {
		t.Run(version, func(t *testing.T) {
			onBench(t, version, base, func(b *bench) {
				before := b.exports()
				b.settled()
				for _, src := range []string{
					strings.Replace(base, "jkt.metro, bdg", "jkt.lte, bdg", 1), base, rename.Replace(base),
				} {
					b.topology = parse(b.T, src)
					b.settled()
				}
				b.destroy()
				if d := cmp.Diff(before, b.exports()); d != "" {
					b.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// TestDashesInNames destroys a hub whose branches are alike to a careless reader
// of their marks.
func TestDashesInNames(t *testing.T) {
	dashed := strings.NewReplacer("jkt", "dc-1", "sby", "jkt-1", "bdg", "sby-1").Replace(site)
	onBench(t, "7.24", dashed, func(b *bench) {
		before := b.exports()
		b.settled()
		p := b.planDestroy()
		for _, u := range p.Units {
			if len(u.Routers) == 2 && len(u.Steps) == 0 || p.IsBlocked() {
				b.Errorf("%s: %s", u.Name, p.Text(plan.Style{}))
			}
		}
		b.destroy()
		if d := cmp.Diff(before, b.exports()); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}
