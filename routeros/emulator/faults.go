package emulator

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Faults is what can be made to go wrong with one device. Every fault begins
// with a call and lasts until the call that ends it; those that count are used
// up. The zero value is a healthy device. It is safe for concurrent use.
type Faults struct {
	mu sync.Mutex // Guards everything below.

	latency, jitter time.Duration
	random          *rand.Rand

	cutAfter  int // Sentences until the cut, counted from 1; zero is never.
	halfAfter int
	garbage   []byte
	stall     chan struct{} // Closed when the stall ends; nil: no stall.

	noLogin, noConnections, noPermission bool

	adds   map[string]*nth
	writes map[string]*nth
	lose   int
	broken map[string]string
}

// nth is a trap on the n-th call.
type nth struct {
	n       int
	message string
}

// Latency delays every reply by d, plus up to jitter, drawn from a generator
// with the given seed. Zeroes end it.
func (f *Faults) Latency(d, jitter time.Duration, seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latency, f.jitter = d, jitter
	// Jitter must be repeatable, not secret.
	f.random = rand.New(rand.NewPCG(seed, seed))
}

// CutAfter closes the connection after n more sentences to clients; zero ends it.
func (f *Faults) CutAfter(n int) { f.set(func() { f.cutAfter = n }) }

// HalfReply sends half of the n-th sentence from now and closes; zero ends it.
func (f *Faults) HalfReply(n int) { f.set(func() { f.halfAfter = n }) }

// Garbage sends the given bytes in the place of the next sentence.
func (f *Faults) Garbage(b []byte) { f.set(func() { f.garbage = append([]byte(nil), b...) }) }

// Stall stops every reply until it is called with false.
func (f *Faults) Stall(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case on && f.stall == nil:
		f.stall = make(chan struct{})
	case !on && f.stall != nil:
		close(f.stall)
		f.stall = nil
	}
}

// RefuseLogin makes every login fail.
func (f *Faults) RefuseLogin(on bool) { f.set(func() { f.noLogin = on }) }

// DropConnections closes every new connection at once.
func (f *Faults) DropConnections(on bool) { f.set(func() { f.noConnections = on }) }

// DenyWrites answers every write with "not enough permissions (9)".
func (f *Faults) DenyWrites(on bool) { f.set(func() { f.noPermission = on }) }

// TrapOnAdd refuses the n-th add to a menu from now with a message; n = 0 ends it.
func (f *Faults) TrapOnAdd(menu string, n int, message string) {
	f.set(func() { f.adds = withNth(f.adds, menu, n, message) })
}

// TrapOnWrite refuses the n-th command that changes a menu from now, an add
// included; n = 0 ends it. The menu "" means any.
func (f *Faults) TrapOnWrite(menu string, n int, message string) {
	f.set(func() { f.writes = withNth(f.writes, menu, n, message) })
}

// LoseReply carries the n-th write from now out and closes its connection in
// the place of the reply: the client cannot know. Zero ends it.
func (f *Faults) LoseReply(n int) { f.set(func() { f.lose = n }) }

// Unreadable answers print and listen of a menu with a message; "" ends it.
func (f *Faults) Unreadable(menu, message string) {
	f.set(func() {
		if f.broken == nil {
			f.broken = map[string]string{}
		}
		if f.broken[menu] = message; message == "" {
			delete(f.broken, menu)
		}
	})
}

// Clear ends every fault.
func (f *Faults) Clear() {
	f.Stall(false)
	f.set(func() {
		f.latency, f.jitter, f.cutAfter, f.halfAfter, f.garbage = 0, 0, 0, 0, nil
		f.noLogin, f.noConnections, f.noPermission = false, false, false
		f.adds, f.writes, f.broken, f.lose = nil, nil, nil, 0
	})
}

func (f *Faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func withNth(m map[string]*nth, menu string, n int, message string) map[string]*nth {
	if m == nil {
		m = map[string]*nth{}
	}
	menu = trimSlashes(menu)
	if n <= 0 {
		delete(m, menu)
		return m
	}
	m[menu] = &nth{n: n, message: message}
	return m
}
