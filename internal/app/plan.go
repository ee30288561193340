package app

import (
	"context"
	"fmt"

	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
)

// PlanOptions adjust what is planned.
type PlanOptions struct {
	Only    []string // routers; empty means all
	Prune   []string // segments no longer in the topology whose objects go
	Destroy bool
}

// observe reads every router.
func (a *App) observe(ctx context.Context, counters bool) []*plan.Observed {
	o := apply.Observer{Connect: a.connect, Seal: a.seal, Counters: counters}
	all := o.Observe(ctx, a.Topology)
	a.notices = a.findings(all)
	return all
}

// Plan reads the routers and compares them with the topology.
func (a *App) Plan(ctx context.Context, opts PlanOptions) (*plan.Plan, error) {
	only, err := a.only(opts.Only)
	if err != nil {
		return nil, err
	}
	tokens, err := a.seal.Tokens(a.Topology, a.Secret)
	if err != nil {
		return nil, err
	}
	p, err := plan.Diff(plan.Input{
		Topology: a.Topology, Observed: a.observe(ctx, false), Tokens: tokens,
		Destroy: opts.Destroy, Prune: opts.Prune,
	})
	if err != nil {
		return nil, err
	}
	if only != nil {
		p = p.Only(only)
	}
	return p, nil
}

// only checks the names of --only; nil means every router.
func (a *App) only(names []string) (map[string]bool, error) {
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // Nil means every router.
	}
	only := map[string]bool{}
	for _, name := range names {
		if _, ok := a.Topology.Router(name); !ok {
			return nil, fmt.Errorf("--only: the topology has no router %q", name)
		}
		only[name] = true
	}
	return only, nil
}
