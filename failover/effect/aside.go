package effect

import "sync"

// aside is work that nothing waits for but the end, one at a time for each name.
type aside struct {
	mu   sync.Mutex
	busy map[string]bool // guarded by mu
	all  sync.WaitGroup
}

// start does f unless the last one of that name still runs.
func (a *aside) start(name string, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[name] {
		return
	}
	if a.busy == nil {
		a.busy = map[string]bool{}
	}
	a.busy[name] = true
	a.all.Go(func() {
		f()
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.busy, name)
	})
}

func (a *aside) wait() { a.all.Wait() }
