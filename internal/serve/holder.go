package serve

import (
	"sync"

	"jembatan/failover/lease"
)

// holder is the term that this process leads in, if any.
type holder struct {
	mu     sync.Mutex
	term   *lease.Term // guarded by mu
	others string      // guarded by mu: another controller that leads, as last heard
}

// other notes who else leads, "" for nobody.
func (h *holder) other(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.others = name
}

// otherLeads reports whether another controller was last heard to lead.
func (h *holder) otherLeads() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.term == nil && h.others != ""
}

func (h *holder) set(t *lease.Term) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.term = t
}

// leads reports whether this process leads at this moment, by the clock.
func (h *holder) leads() bool {
	t := h.get()
	return t != nil && t.Valid()
}

func (h *holder) get() *lease.Term {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.term
}
