package vrrp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"jembatan/failover/actuator"
)

// A move is one call of Ensure, and what Run does after it.
type move struct {
	a      *Actuator
	epoch  uint64
	chosen string

	mu    sync.Mutex // guards views
	views map[string]view
}

// run is the move: look at all, refuse what must not be done, bring the others
// to their places, make the master give way, wait until the chosen one is
// master, and let the old one take part again.
func (m *move) run(ctx context.Context) (reports []actuator.RouterReport, void bool) {
	m.look(ctx)
	if !slices.Contains(m.a.service.Routers, m.chosen) {
		m.stay()
	}
	if reports := m.held(); reports != nil {
		return reports, true
	}
	if !m.a.opts.May() {
		return m.a.each(func(router string) actuator.RouterReport {
			return actuator.Refuse(router, actuator.NotLeading, "it may no longer act")
		}), true
	}
	old := m.master()
	m.putAll(ctx, func(router string) (place, bool) {
		return m.a.standing(router, m.chosen), router != old || old == m.chosen
	})
	if m.view(m.chosen).why != 0 {
		return m.a.each(m.judge), m.superseded()
	}
	if old != "" && old != m.chosen {
		m.giveWay(ctx, old)
	} else {
		m.settle(ctx)
	}
	return m.a.each(m.judge), m.superseded()
}

// giveWay makes the master a backup. Whatever happens in between, it takes part
// again at the end.
func (m *move) giveWay(ctx context.Context, old string) {
	standing := m.a.standing(old, m.chosen)
	away := standing
	away.disabled = m.a.opts.Mode != Gentle
	m.store(old, m.a.put(ctx, old, m.view(old).instance, away, m.epoch))
	if m.view(old).why == actuator.HigherEpoch {
		return
	}
	m.settle(ctx)
	if !away.disabled {
		return
	}
	// Also when ctx is over: a router must not stay without its instance.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), m.a.opts.Look, errors.New("could not enable the instance again"))
	defer cancel()
	now := m.a.ask(ctx, old)
	if now.why == 0 {
		now = m.a.put(ctx, old, now.instance, standing, m.epoch)
	}
	m.store(old, now)
}

// settle waits until the chosen router is master and no other that answers is,
// or ctx ends. It asks all that are known, each in turn of its own.
func (m *move) settle(ctx context.Context) {
	for {
		m.refresh(ctx)
		if m.master() == m.chosen && len(m.masters()) == 1 {
			return
		}
		timer := time.NewTimer(m.a.opts.Poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// refresh asks the routers that have answered so far who is master.
func (m *move) refresh(ctx context.Context) {
	var wg sync.WaitGroup
	for _, router := range m.a.service.Routers {
		if m.known(router) {
			last := m.view(router).instance
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, m.a.opts.Look)
				defer cancel()
				v := m.a.ask(ctx, router)
				if v.why != 0 && router == m.chosen {
					v = view{instance: last} // Asked again, and until then no master.
					v.master = false
				}
				m.store(router, v)
			})
		}
	}
	wg.Wait()
}

// look reads every router; one that takes longer than Options.Look is not
// known.
func (m *move) look(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.a.opts.Look, fmt.Errorf("no answer within %v", m.a.opts.Look))
	defer cancel()
	var wg sync.WaitGroup
	for _, router := range m.a.service.Routers {
		wg.Go(func() { m.store(router, m.a.ask(ctx, router)) })
	}
	wg.Wait()
}

// putAll brings routers to their places, all at once.
func (m *move) putAll(ctx context.Context, where func(router string) (place, bool)) {
	var wg sync.WaitGroup
	for _, router := range m.a.service.Routers {
		to, wanted := where(router)
		if !wanted || !m.known(router) {
			continue
		}
		was := m.view(router).instance
		wg.Go(func() { m.store(router, m.a.put(ctx, router, was, to, m.epoch)) })
	}
	wg.Wait()
}

func (m *move) store(router string, v view) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.views[router] = v
}

// view is what was last known of a router.
func (m *move) view(router string) view {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, asked := m.views[router]
	if !asked {
		return view{why: actuator.NoRouter, err: errors.New("it was not asked")}
	}
	return v
}

func (m *move) known(router string) bool { return m.view(router).why == 0 }

// masters are the routers that say that they are.
func (m *move) masters() []string {
	var out []string
	for _, router := range m.a.service.Routers {
		if m.known(router) && m.view(router).master {
			out = append(out, router)
		}
	}
	return out
}

func (m *move) master() string {
	if all := m.masters(); len(all) > 0 {
		return all[0]
	}
	return ""
}

// stay chooses the router that is master: the server's site has none.
func (m *move) stay() {
	m.chosen = m.master()
	for _, router := range m.a.service.Routers {
		if m.chosen == "" && m.known(router) {
			m.chosen = router
		}
	}
}

func (m *move) superseded() bool {
	for _, router := range m.a.service.Routers {
		if m.view(router).why == actuator.HigherEpoch {
			return true
		}
	}
	return false
}

// catchUp is what Run does for a router that was not reached: it is brought to
// its place, and is proven when it plays its part.
func (m *move) catchUp(ctx context.Context, router string) actuator.RouterReport {
	v := m.a.ask(ctx, router)
	if v.why == 0 && v.epoch > m.epoch {
		v.why, v.err = actuator.HigherEpoch, fmt.Errorf("epoch %d is higher than %d", v.epoch, m.epoch)
	}
	if v.why == 0 && !m.a.opts.May() {
		v.why, v.err = actuator.NotLeading, errors.New("it may no longer act")
	}
	if v.why == 0 {
		v = m.a.put(ctx, router, v.instance, m.a.standing(router, m.chosen), m.epoch)
	}
	m.store(router, v)
	return m.judge(router)
}
