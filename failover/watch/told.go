package watch

import "sync"

// told hands notes on, each once. It is safe for concurrent use.
type told struct {
	note func(string)

	mu   sync.Mutex
	seen map[string]bool // guarded by mu
}

func newTold(note func(string)) *told { return &told{note: note, seen: make(map[string]bool)} }

func (t *told) tell(text string) {
	t.mu.Lock()
	again := t.seen[text]
	t.seen[text] = true
	t.mu.Unlock()
	if !again {
		t.note(text)
	}
}
