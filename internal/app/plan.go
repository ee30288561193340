package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"time"

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
	return o.Observe(ctx, a.Topology)
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

// Apply locks the routers that p touches, makes sure that they are still what p
// was made from, and carries p out. A *apply.LockedError or
// *apply.ChangedError means that nothing was done.
func (a *App) Apply(ctx context.Context, p *plan.Plan, stop <-chan struct{}, progress func(apply.Event)) (*apply.Result, error) {
	for _, ref := range p.Secrets() {
		if _, err := a.Secret(ref); err != nil {
			return nil, err
		}
	}
	unlock, err := apply.Lock(ctx, a.connect, touched(p), holder())
	if err != nil {
		return nil, err
	}
	result, err := a.locked(ctx, p, stop, progress)
	return result, errors.Join(err, unlock(context.WithoutCancel(ctx)))
}

// locked carries p out while the routers are locked.
func (a *App) locked(ctx context.Context, p *plan.Plan, stop <-chan struct{}, progress func(apply.Event)) (*apply.Result, error) {
	if err := apply.Recheck(p, a.observe(ctx, false)); err != nil {
		return nil, err
	}
	start := time.Now()
	result := apply.Run(ctx, p, a.connect, a.Secret, apply.Options{
		Parallel: a.settings.Apply.Parallel, StepTimeout: a.settings.Fleet.CallTimeout,
		UndoTimeout: a.settings.Apply.UndoTimeout, Stop: stop, Progress: progress,
	})
	a.log.Info().Int("units", len(p.Units)).Int("applied", result.Count(apply.Applied)).
		Dur("took", time.Since(start)).Msg("plan carried out")
	return result, nil
}

// touched returns the routers that a plan changes.
func touched(p *plan.Plan) []string {
	var routers []string
	for _, u := range p.Units {
		for _, r := range u.Routers {
			if !slices.Contains(routers, r) {
				routers = append(routers, r)
			}
		}
	}
	return routers
}

// holder names this process for the routers' locks.
func holder() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s[%d]", name, host, os.Getpid())
}
