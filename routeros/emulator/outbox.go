package emulator

import (
	"sync"
	"time"
)

// maxUnsent is how many bytes a client may leave unread before the session
// stops taking commands from it, and maxPushed how many a listen may pile up
// before the session is ended.
const (
	maxUnsent = 1 << 20
	maxPushed = 16 << 20
)

// A sentence on its way out, with the moment before which it must not leave.
type outgoing struct {
	due  time.Time
	data []byte
}

// An outbox is the queue between a session's commands and its connection.
type outbox struct {
	mu    sync.Mutex // Guards queue, bytes and over.
	queue []outgoing
	bytes int
	over  bool          // Nothing is accepted any more; what is queued still leaves.
	wake  chan struct{} // Holds a token when there is something to do.
	drain chan struct{} // Holds a token when bytes fell.
}

func newOutbox() *outbox {
	return &outbox{wake: make(chan struct{}, 1), drain: make(chan struct{}, 1)}
}

// poke puts a token into ch if it has none.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// put queues one sentence. It reports false when the box is over or too full.
func (o *outbox) put(data []byte, due time.Time) bool {
	o.mu.Lock()
	if o.over || o.bytes > maxPushed {
		o.mu.Unlock()
		return false
	}
	o.queue = append(o.queue, outgoing{due: due, data: data})
	o.bytes += len(data)
	o.mu.Unlock()
	poke(o.wake)
	return true
}

// finish lets what is queued leave and accepts no more.
func (o *outbox) finish() {
	o.mu.Lock()
	o.over = true
	o.mu.Unlock()
	poke(o.wake)
}

// take returns everything queued, and whether nothing will follow it.
func (o *outbox) take() (batch []outgoing, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch, o.queue = o.queue, nil
	return batch, o.over
}

// sent counts bytes as gone.
func (o *outbox) sent(n int) {
	o.mu.Lock()
	o.bytes -= n
	o.mu.Unlock()
	poke(o.drain)
}

// full reports whether the client has to read before it may ask for more.
func (o *outbox) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes > maxUnsent
}

// flooded reports whether the box refuses because the client reads too slowly,
// not because it is over.
func (o *outbox) flooded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.over
}
