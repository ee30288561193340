package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// Missing asks the routers what of a plan is not in place, in words; nothing
// when all of it is. Only routers for which only is true are asked; nil is all.
func Missing(ctx context.Context, connect Connect, p *plan.Plan, only map[string]bool) ([]string, error) {
	goals := goalsOf(p)
	routers := slices.Sorted(maps.Keys(goals))
	lists := make([][]string, len(routers))
	errs := make([]error, len(routers))
	var wg sync.WaitGroup
	for i, router := range routers {
		if only != nil && !only[router] {
			continue
		}
		wg.Go(func() {
			for menu, wants := range goals[router] {
				missing, err := missingIn(ctx, connect, router, menu, wants)
				lists[i] = append(lists[i], missing...)
				if err != nil {
					errs[i] = fmt.Errorf("read %s on %s: %w", menu, router, err)
					return
				}
			}
			slices.Sort(lists[i])
		})
	}
	wg.Wait()
	return slices.Concat(lists...), errors.Join(errs...)
}

// A goal is what the steps of a plan together want of one object; gone when they
// remove it.
type goal struct {
	step plan.Step
	gone bool
}

// goalsOf gathers what a plan wants, by router, menu and mark.
func goalsOf(p *plan.Plan) map[string]map[string]map[string]*goal {
	goals := map[string]map[string]map[string]*goal{}
	for i := range p.Units {
		for _, s := range p.Units[i].Steps {
			if goals[s.Router] == nil {
				goals[s.Router] = map[string]map[string]*goal{}
			}
			if goals[s.Router][s.Menu] == nil {
				goals[s.Router][s.Menu] = map[string]*goal{}
			}
			g := goals[s.Router][s.Menu][s.Mark]
			if g == nil || g.gone {
				g = &goal{step: s}
				g.step.Want = maps.Clone(s.Want)
				goals[s.Router][s.Menu][s.Mark] = g
			} else {
				if g.step.Want == nil {
					g.step.Want = map[string]string{}
				}
				maps.Copy(g.step.Want, s.Want)
				g.step.Unset = append(slices.Clone(g.step.Unset), s.Unset...)
			}
			g.gone = s.Op == plan.Remove
		}
	}
	return goals
}

// missingIn compares one menu of a router with what is wanted of it.
func missingIn(ctx context.Context, connect Connect, router, menu string, wants map[string]*goal) ([]string, error) {
	h := hands{connect: connect}
	var rows []map[string]string
	err := routeros.Persist(ctx, func() (err error) {
		rows, err = h.print(ctx, router, menu)
		return err
	})
	if err != nil {
		return nil, err
	}
	have := map[string]map[string]string{}
	for _, row := range rows {
		for mark := range wants {
			if plan.Row(row).HasMark(mark) {
				have[mark] = row
			}
		}
	}
	var missing []string
	for mark, g := range wants {
		row, there := have[mark]
		switch {
		case g.gone && there:
			missing = append(missing, fmt.Sprintf("%s is still on %s", g.step.Name, router))
		case g.gone:
		case !there:
			missing = append(missing, fmt.Sprintf("%s is not on %s", g.step.Name, router))
		default:
			if m := plan.Mismatch(&g.step, row); m != "" {
				missing = append(missing, fmt.Sprintf("%s on %s: %s", g.step.Name, router, m))
			}
		}
	}
	return missing, nil
}
