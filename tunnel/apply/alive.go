package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// verify makes sure that every router that the plan touched answers on a fresh
// connection, and that the tunnels run that should: those that ran before and
// new ones of which both ends were made. It asks again until they do or the
// time is over.
func (w *whole) verify(ctx context.Context, result *Result) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.g.VerifyTimeout, fmt.Errorf("not seen within %v", w.g.VerifyTimeout))
	defer cancel()
	wanted := w.mustRun(result)
	var routers []string
	for _, u := range w.applied(result).Units {
		routers = append(routers, u.Routers...)
	}
	slices.Sort(routers)
	routers = slices.Compact(routers)
	errs := make([]error, len(routers))
	var wg sync.WaitGroup
	for i, router := range routers {
		wg.Go(func() {
			if err := w.alive(ctx, router, wanted[router]); err != nil {
				errs[i] = fmt.Errorf("%s: %w", router, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// mustRun lists the marks of the tunnels that must run, by router.
func (w *whole) mustRun(result *Result) map[string][]string {
	changed, made := w.tunnels(result)
	out := map[string][]string{}
	for _, o := range w.g.Before {
		if w.set.Of(o.Router) == nil {
			continue
		}
		for _, row := range o.Menus[plan.MenuEoIP] {
			e := tunnelEnd{o.Router, markOf(row)}
			if e.mark != "" && row["running"] == "true" && !changed[e] {
				out[o.Router] = append(out[o.Router], e.mark)
			}
		}
	}
	for mark, routers := range made {
		if w.g.AllowDown || len(routers) < 2 {
			continue // Its other end is none of ours.
		}
		for _, router := range routers {
			out[router] = append(out[router], mark)
		}
	}
	return out
}

// A tunnelEnd is one end of a tunnel.
type tunnelEnd struct{ router, mark string }

// tunnels gathers the ends that were made, removed or switched off, and the
// routers on which ends were made, by mark.
func (w *whole) tunnels(result *Result) (changed map[tunnelEnd]bool, made map[string][]string) {
	changed, made = map[tunnelEnd]bool{}, map[string][]string{}
	for _, u := range w.applied(result).Units {
		for _, s := range u.Steps {
			if s.Menu != plan.MenuEoIP {
				continue
			}
			off, switched := s.Want["disabled"]
			switch s.Op {
			case plan.Add:
				made[s.Mark] = append(made[s.Mark], s.Router)
				changed[tunnelEnd{s.Router, s.Mark}] = true
			case plan.Remove:
				changed[tunnelEnd{s.Router, s.Mark}] = true
			case plan.Set:
				if switched && off != "no" && s.ID != "" {
					changed[tunnelEnd{s.Router, s.Mark}] = true
				}
			case plan.OpUnknown:
			}
		}
	}
	return changed, made
}

// alive dials one router and waits until its tunnels run. A connection that
// dies is dialed again.
func (w *whole) alive(ctx context.Context, router string, tunnels []string) error {
	var c routeros.Caller
	hangUp := func() {}
	defer func() { hangUp() }()
	wait := 50 * time.Millisecond
	for {
		var err error
		if c == nil {
			c, hangUp, err = w.fresh(ctx, router)
		}
		var down []string
		if err == nil {
			down, err = w.notRunning(ctx, c, tunnels)
		}
		if err == nil && len(down) == 0 {
			return nil
		}
		if err != nil {
			hangUp()
			c, hangUp = nil, func() {}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if err != nil {
				return fmt.Errorf("no answer on a fresh connection: %w (last: %s)", context.Cause(ctx), firstLine(err))
			}
			return fmt.Errorf("%s not running: %w", joinComma(down), context.Cause(ctx))
		}
		wait = min(2*wait, time.Second)
	}
}

func (w *whole) fresh(ctx context.Context, router string) (routeros.Caller, func(), error) {
	if w.g.Fresh == nil {
		c, err := w.connect(ctx, router)
		return c, func() {}, err
	}
	ctx, cancel := context.WithTimeout(ctx, w.run.opts.StepTimeout)
	defer cancel()
	c, hangUp, err := w.g.Fresh(ctx, router)
	if err != nil {
		return nil, func() {}, err
	}
	return c, hangUp, nil
}

// isRunning stands for a tunnel that runs; no interface has this name.
const isRunning = "\x00"

// markOf is the mark of a row of ours, else "".
func markOf(row plan.Row) string {
	scope, name, ok := row.Mark()
	if !ok {
		return ""
	}
	return tunnel.Mark(scope, name)
}

// notRunning lists those of the tunnels that do not run, by name.
func (w *whole) notRunning(ctx context.Context, c routeros.Caller, tunnels []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, w.run.opts.StepTimeout)
	defer cancel()
	rows, err := routeros.Print(ctx, c, plan.MenuEoIP, []string{"name", "comment", "running"})
	if err != nil {
		return nil, err
	}
	state := map[string]string{}
	for _, row := range rows {
		m := row.Map()
		state[markOf(m)] = m["name"]
		if m["running"] == "true" {
			state[markOf(m)] = isRunning
		}
	}
	var down []string
	for _, mark := range tunnels {
		if s := state[mark]; s != isRunning {
			down = append(down, cmp.Or(s, mark))
		}
	}
	slices.Sort(down)
	return down, nil
}
