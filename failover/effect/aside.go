package effect

import (
	"context"
	"sync"
	"time"
)

// aside is work that nothing waits for but the end, one at a time for each name.
type aside struct {
	mu     sync.Mutex
	idle   *sync.Cond                    // of mu: something has ended
	busy   map[string]context.CancelFunc // guarded by mu
	ending int                           // guarded by mu: calls of end under way; nothing is started meanwhile
}

func newAside() *aside {
	a := &aside{busy: map[string]context.CancelFunc{}}
	a.idle = sync.NewCond(&a.mu)
	return a
}

// start does f unless the last one of that name still runs, or all are being
// ended. Its context ends with the limit, or with end.
func (a *aside) start(name string, limit time.Duration, f func(ctx context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[name] != nil || a.ending > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	a.busy[name] = cancel
	go func() {
		defer cancel()
		f(ctx)
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.busy, name)
		a.idle.Broadcast()
	}()
}

// end ends all of it and returns when nothing of it runs any more.
func (a *aside) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ending++
	for _, cancel := range a.busy {
		cancel()
	}
	for len(a.busy) > 0 {
		a.idle.Wait()
	}
	a.ending--
}
