package effect

import (
	"context"
	"sync"
	"time"
)

// aside is work that nothing waits for, one at a time for each name.
type aside struct {
	mu   sync.Mutex
	busy map[string]context.CancelFunc // guarded by mu
	all  sync.WaitGroup
}

// start does f unless the last one of that name still runs. Its context ends with
// the limit, or with end.
func (a *aside) start(name string, limit time.Duration, f func(context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[name] != nil {
		return
	}
	if a.busy == nil {
		a.busy = map[string]context.CancelFunc{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	a.busy[name] = cancel
	a.all.Go(func() {
		defer cancel()
		f(ctx)
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.busy, name)
	})
}

// end ends all of it and returns when nothing of it runs any more.
func (a *aside) end() {
	a.mu.Lock()
	for _, cancel := range a.busy {
		cancel()
	}
	a.mu.Unlock()
	a.all.Wait()
}

func (a *aside) wait() { a.all.Wait() }
