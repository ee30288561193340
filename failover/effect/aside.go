package effect

import (
	"context"
	"sync"
	"time"
)

// aside is work that nothing waits for, one at a time for each name.
type aside struct {
<<<<<<< Updated upstream
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
=======
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

// start does f, bounded by limit, unless the last one of that name still runs or
// all are being ended.
func (a *aside) start(name string, limit time.Duration, f func(ctx context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[name] != nil || a.ending > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	a.busy[name] = cancel
	go func() {
>>>>>>> Stashed changes
		defer cancel()
		f(ctx)
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.busy, name)
		a.idle.Broadcast()
	}()
}

<<<<<<< Updated upstream
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
=======
// end ends all that runs and returns when nothing does.
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
>>>>>>> Stashed changes
