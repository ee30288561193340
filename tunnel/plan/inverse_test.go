package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/tunnel/plan"
)

// takeBack does one inverse as a guard's script does.
func (p *pretended) takeBack(inv *plan.Inverse) error {
	rows := slices.DeleteFunc(slices.Clone(p.observed.Menus[inv.Menu]), func(r plan.Row) bool {
		for name, value := range inv.Where {
			if r[name] != value {
				return true
			}
		}
		return false
	})
	switch inv.Op {
	case plan.Remove:
		for _, row := range rows {
			if err := p.do(&plan.Step{Op: plan.Remove, Menu: inv.Menu, ID: row.ID()}); err != nil {
				return err
			}
		}
	case plan.Set:
		for _, row := range rows {
			if err := p.set(&plan.Step{Menu: inv.Menu, ID: row.ID(), Want: inv.Want, Unset: inv.Unset}); err != nil {
				return err
			}
		}
	case plan.Add:
		if len(rows) == 0 {
			return p.do(&plan.Step{Op: plan.Add, Menu: inv.Menu, Want: maps.Clone(inv.Want), Unset: inv.Unset})
		}
	case plan.OpUnknown:
	}
	return nil
}

// TestInverses carries plans out as far as any step, and takes them back, twice:
// what is then planned is what was planned before.
func TestInverses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawTopology(t)
		n := newNetwork(top)
		converge(t, top, n)
		for range rapid.IntRange(1, 8).Draw(t, "edits") {
			vandalise(t, n)
		}
		destroy := rapid.Bool().Draw(t, "destroy")
		p := diff(t, top, n, destroy)
		inverses := p.Inverses()
		for _, list := range inverses {
			for _, inv := range list {
				if inv.Secret {
					t.Skip("a secret cannot be given back")
				}
			}
		}
		before := spelled(p)
		var steps []*plan.Step
		for i := range p.Units {
			for j := range p.Units[i].Steps {
				steps = append(steps, &p.Units[i].Steps[j])
			}
		}
		done := rapid.IntRange(0, len(steps)).Draw(t, "done")
		for _, s := range steps[:done] {
			if err := n.routers[s.Router].do(s); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			for router, list := range inverses {
				for i := range list {
					if err := n.routers[router].takeBack(&list[i]); err != nil {
						t.Fatalf("%s %s %s on %s: %v", list[i].Op, list[i].Menu, list[i].Name, router, err)
					}
				}
			}
			if d := cmp.Diff(before, spelled(diff(t, top, n, destroy))); d != "" {
				t.Fatalf("after %d of %d steps and back, the plan is another (-want +got):\n%s", done, len(steps), d)
			}
		}
	})
}

// spelled is a plan as text, in which values that mean the same are the same.
func spelled(p *plan.Plan) string {
	text := strings.NewReplacer(": true →", ": yes →", ": false →", ": no →").Replace(p.Text(plan.Style{}))
	return strings.Join(strings.Fields(text), " ") // Columns move with the width of words.
}
