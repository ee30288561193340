package app

import (
	"context"
	"sync"

	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// A GuardView is by what one router would be guarded.
type GuardView struct {
	Router string
	Kind   guard.Kind
	Passed []string // why better kinds would not be used
	Err    error    // why it cannot be guarded
}

// Guards asks the routers of a plan by what they would be guarded. Nothing is
// changed on them.
func (a *App) Guards(ctx context.Context, p *plan.Plan, o ApplyOptions) []GuardView {
	jobs := guard.Jobs(p)
	views := make([]GuardView, 0, len(jobs))
	for _, router := range touched(p) {
		views = append(views, GuardView{Router: router})
	}
	opts := guard.Options{Kinds: o.Kinds, Confirm: o.Confirm > 0, Routers: len(jobs)}
	var wg sync.WaitGroup
	for i := range views {
		wg.Go(func() {
			v := &views[i]
			c, err := a.connect(ctx, v.Router)
			if err != nil {
				v.Err = err
				return
			}
			j := jobs[v.Router]
			v.Kind, v.Passed, v.Err = guard.Predict(ctx, c, &j, &opts)
		})
	}
	wg.Wait()
	return views
}
