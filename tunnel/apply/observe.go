package apply

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// An Observer reads routers.
type Observer struct {
	Connect Connect
	Seal    *Sealer
	// Counters asks for traffic and link changes as well, which plans do not need.
	Counters bool
}

// Observe reads every router of a topology: one list call a menu, the menus of
// a router at once, all routers at once. A router that does not answer, or a
// menu that cannot be read, is in the result with the reason, never as empty.
func (b *Observer) Observe(ctx context.Context, t *tunnel.Topology) []*plan.Observed {
	reads := append(plan.Reads(hasGateways(t)),
		plan.Read{Menu: menuIdentity, Proplist: []string{"name"}},
		plan.Read{Menu: menuResource, Proplist: []string{"version"}})
	if b.Counters {
		reads[0].Proplist = append(reads[0].Proplist, plan.Counters()...)
	}
	out := make([]*plan.Observed, len(t.Routers))
	var wg sync.WaitGroup
	for i := range t.Routers {
		wg.Go(func() { out[i] = b.router(ctx, &t.Routers[i], reads) })
	}
	wg.Wait()
	return out
}

// hasGateways reports whether some tunnel needs a route of its own.
func hasGateways(t *tunnel.Topology) bool {
	for _, r := range t.Routers {
		for _, u := range r.Uplinks {
			if u.Gateway.IsValid() {
				return true
			}
		}
	}
	return false
}

// router reads one router.
func (b *Observer) router(ctx context.Context, r *tunnel.Router, reads []plan.Read) *plan.Observed {
	o := &plan.Observed{Router: r.Name, Menus: map[string][]plan.Row{}}
	if host, _, err := net.SplitHostPort(r.Address); err == nil {
		o.Reached = host
	}
	c, err := b.Connect(ctx, r.Name)
	if err != nil {
		o.Unread = firstLine(err)
		return o
	}
	rows := make([][]plan.Row, len(reads))
	errs := make([]error, len(reads))
	var wg sync.WaitGroup
	for i, read := range reads {
		wg.Go(func() { rows[i], errs[i] = readMenu(ctx, c, read, b.Seal) })
	}
	extra := left()
	found := make([][]plan.Row, len(extra))
	for i, read := range extra {
		wg.Go(func() { found[i], _ = readMenu(ctx, c, read, b.Seal) }) // Not every user may.
	}
	wg.Wait()
	for i, read := range extra {
		o.Menus[read.Menu] = found[i]
	}
	if l, ok := c.(interface{ LocalAddr() net.Addr }); ok {
		o.From, _, _ = net.SplitHostPort(l.LocalAddr().String())
	}
	for i, read := range reads {
		if errs[i] != nil {
			o.Unread = fmt.Sprintf("read %s: %v", read.Menu, errs[i])
			return o
		}
		o.Menus[read.Menu] = rows[i]
	}
	o.Identity = first(o.Menus[menuIdentity], "name")
	o.Version = first(o.Menus[menuResource], "version")
	return o
}

// Menus that are read for the router itself.
const (
	menuIdentity = "/system/identity"
	menuResource = "/system/resource"
)

// left are the menus in which an apply that was interrupted leaves things. They
// may be unreadable; plans do not depend on them.
func left() []plan.Read {
	menu, proplist := guard.Read()
	return []plan.Read{
		{Menu: menu, Proplist: proplist},
		{Menu: menuScript, Proplist: []string{".id", "name", "comment"}, Query: []string{"?name=" + lockName}},
	}
}

// LeftGuards returns the guards that were seen on a router.
func LeftGuards(o *plan.Observed) []guard.Leftover {
	rows := make([]map[string]string, len(o.Menus[guard.Menu]))
	for i, r := range o.Menus[guard.Menu] {
		rows[i] = r
	}
	return guard.Leftovers(o.Router, rows)
}

// LeftLock returns the lock that was seen on a router; ok is false for none.
func LeftLock(o *plan.Observed) (holder string, until time.Time, ok bool) {
	for _, r := range o.Menus[menuScript] {
		if r["name"] == lockName {
			holder, until = parseLock(r["comment"])
			return holder, until, true
		}
	}
	return "", time.Time{}, false
}

func first(rows []plan.Row, name string) string {
	if len(rows) == 0 {
		return ""
	}
	return rows[0][name]
}

// readMenu makes one list call and seals what is secret in the answer.
func readMenu(ctx context.Context, c routeros.Caller, read plan.Read, seal *Sealer) ([]plan.Row, error) {
	rows, err := routeros.Print(ctx, c, read.Menu, read.Proplist, read.Query...)
	if err != nil {
		return nil, err
	}
	out := make([]plan.Row, len(rows))
	for i, row := range rows {
		out[i] = row.Map()
		for name, value := range out[i] {
			if plan.IsSecret(read.Menu, name) {
				out[i][name] = seal.Token(routeros.Secret(value))
			}
		}
	}
	return out, nil
}

// Recheck reports how the routers differ from what a plan was made from; nil
// when they do not. Only routers that the plan touches count.
func Recheck(p *plan.Plan, now []*plan.Observed) error {
	touched := map[string]bool{}
	for _, u := range p.Units {
		for _, r := range u.Routers {
			touched[r] = true
		}
	}
	seen := map[string]*plan.Observed{}
	for _, o := range now {
		seen[o.Router] = o
	}
	var changed ChangedError
	for _, state := range p.Routers {
		if !touched[state.Name] {
			continue
		}
		o, ok := seen[state.Name]
		switch {
		case !ok:
			changed.Routers = append(changed.Routers, state.Name+" is not in the topology")
		case o.Unread != "":
			changed.Routers = append(changed.Routers, state.Name+": "+o.Unread)
		case o.Fingerprint() != state.Fingerprint:
			changed.Routers = append(changed.Routers, state.Name+" has been changed")
		}
		delete(touched, state.Name)
	}
	for name := range touched {
		changed.Routers = append(changed.Routers, name+" is not among the routers that the plan was made from")
	}
	if len(changed.Routers) > 0 {
		return &changed
	}
	return nil
}

// A ChangedError says that a plan no longer fits the routers.
type ChangedError struct{ Routers []string }

// Error lists what has changed.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("the routers are not what the plan was made from, make a new one: %s", joinComma(e.Routers))
}
