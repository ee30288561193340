package actuator

import (
	"context"
	"sync"
	"time"
)

// A Gate lets the routers of one call be read before any of them is written to.
// It opens when all have been read or its patience ends, and says whether a
// higher epoch was seen on any of them until then; what is seen later counts for
// those who come later.
type Gate struct {
	open  chan struct{}
	timer *time.Timer
	once  sync.Once

	mu      sync.Mutex // guards all below
	missing map[string]bool
	highest uint64
}

// NewGate returns a gate for those routers.
func NewGate(routers []string, patience time.Duration) *Gate {
	g := &Gate{open: make(chan struct{}), missing: map[string]bool{}}
	for _, r := range routers {
		g.missing[r] = true
	}
	g.timer = time.AfterFunc(patience, g.release)
	return g
}

func (g *Gate) release() { g.once.Do(func() { close(g.open) }) }

// Leave tells the gate not to wait for a router: it does not answer.
func (g *Gate) Leave(router string) { g.came(router, 0) }

// came notes a router and opens the gate behind the last one.
func (g *Gate) came(router string, epoch uint64) {
	g.mu.Lock()
	delete(g.missing, router)
	g.highest = max(g.highest, epoch)
	all := len(g.missing) == 0
	g.mu.Unlock()
	if all {
		g.timer.Stop()
		g.release()
	}
}

// Pass tells the gate the epoch of a router, waits until the gate is open, and
// returns the highest epoch of all that have come.
func (g *Gate) Pass(ctx context.Context, router string, epoch uint64) uint64 {
	g.came(router, epoch)
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.highest
}
