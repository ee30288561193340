package watch

import "sync"

// accepted are servers whose errant writes a person has judged since the last round.
type accepted struct {
	mu    sync.Mutex
	names []string // guarded by mu
}

// Accept says that the errant writes of a server were judged and repaired: what
// it holds now is where its next errant write is counted from.
func (w *Watcher) Accept(server string) {
	w.accepted.mu.Lock()
	defer w.accepted.mu.Unlock()
	w.accepted.names = append(w.accepted.names, server)
}

func (a *accepted) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.names
	a.names = nil
	return out
}
