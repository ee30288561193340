package effect

import (
	"context"
	"errors"
	"slices"
	"sync"

	"jembatan/failover"
	"jembatan/failover/actuator"
)

// routers brings every router to a state that is about one server.
func (e *Effects) routers(
	ctx context.Context, a failover.Action, s *Server,
	do func(context.Context, actuator.Target) (actuator.Report, error),
) Outcome {
	report, err := do(ctx, e.target(a, s))
	return ofReport(report, err)
}

func (e *Effects) target(a failover.Action, s *Server) actuator.Target {
	return actuator.Target{Service: e.s.Name, Epoch: a.Epoch, Server: s.Address}
}

// block keeps clients from a server on every router; its proof is a listing
// without a connection to it.
func (e *Effects) block(ctx context.Context, a failover.Action, s *Server) Outcome {
	out := e.routers(ctx, a, s, e.s.Switch.Block)
	if out.Err == failover.Done {
		e.cut.prove(s.Name, a.Epoch)
	}
	return out
}

// rewrite turns the rules of every router, and moves the virtual address at the
// same time. Whoever holds the address leads to the active server, so an address
// that stays where it is leaves the move partly done and no more.
func (e *Effects) rewrite(ctx context.Context, a failover.Action, s *Server) Outcome {
	if e.s.Address == nil {
		out := e.routers(ctx, a, s, e.s.Switch.Ensure)
		e.ways.set(out.Routers)
		e.cutOthers(a, s, out)
		return out
	}
	var rules, address Outcome
	var both sync.WaitGroup
	both.Go(func() { rules = e.routers(ctx, a, s, e.s.Switch.Ensure) })
	both.Go(func() { address = e.routers(ctx, a, s, e.s.Address.Ensure) })
	both.Wait()
	e.ways.set(rules.Routers)
	e.cutOthers(a, s, rules)
	return together(rules, address)
}

// cutOthers notes what a rewrite has proven: no router has a connection to any
// other server, by a listing after the rule was changed.
func (e *Effects) cutOthers(a failover.Action, to *Server, out Outcome) {
	e.cut.forget(to.Name)
	if out.Err != failover.Done {
		return
	}
	for i := range e.s.Servers {
		if s := &e.s.Servers[i]; s != to {
			e.cut.prove(s.Name, a.Epoch)
		}
	}
}

// together is the outcome of the rules and of the address that leads to them.
func together(rules, address Outcome) Outcome {
	switch {
	case rules.Err == failover.StaleEpoch || address.Err == failover.Done:
		return rules
	case address.Err == failover.StaleEpoch:
		return address
	case rules.Err != failover.Done && rules.Err != failover.Partly:
		return rules
	}
	out := Outcome{Err: failover.Partly, Detail: "the virtual address: " + address.Detail}
	for _, r := range slices.Concat(rules.Routers, address.Routers) {
		if !slices.Contains(out.Routers, r) {
			out.Routers = append(out.Routers, r)
		}
	}
	return out
}

// ofReport makes one outcome of what the routers said.
func ofReport(r actuator.Report, err error) Outcome {
	if err == nil {
		return Outcome{}
	}
	out := Outcome{Detail: err.Error()}
	proven, refused := 0, false
	for _, x := range r.Routers {
		if x.State == actuator.Proven {
			proven++
			continue
		}
		refused = refused || x.State == actuator.Refused
		out.Routers = append(out.Routers, x.Router)
	}
	switch {
	case errors.Is(err, actuator.ErrSuperseded):
		out.Err = failover.StaleEpoch
	case proven > 0:
		out.Err = failover.Partly
	case len(r.Routers) == 0 && errors.Is(err, context.DeadlineExceeded):
		out.Err = failover.TimedOut
	case len(r.Routers) == 0:
		out.Err = failover.NotLeading // The call ended before its turn.
	case refused:
		out.Err = failover.Refused
	default:
		out.Err = failover.Unreachable
	}
	return out
}

// ways are the routers that the last rewrite did not reach.
type ways struct {
	mu     sync.Mutex
	behind []string // guarded by mu
}

func (w *ways) set(behind []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind = slices.Clone(behind)
}

func (w *ways) open(router string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !slices.Contains(w.behind, router)
}
