package effect

import (
	"sync"
	"time"
)

// cutHolds is how long a listing without connections is taken for a new one.
// What made it so, a block or a rewritten rule, lets none come back.
const cutHolds = time.Second

// cut remembers which servers were just proven to have no connection.
type cut struct {
	mu     sync.Mutex
	proofs map[string]cutProof // guarded by mu
}

type cutProof struct {
	epoch uint64
	at    time.Time
}

func (c *cut) prove(server string, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proofs == nil {
		c.proofs = map[string]cutProof{}
	}
	c.proofs[server] = cutProof{epoch, time.Now()}
}

func (c *cut) forget(server string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.proofs, server)
}

func (c *cut) fresh(server string, epoch uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.proofs[server]
	return ok && p.epoch == epoch && time.Since(p.at) <= cutHolds
}
