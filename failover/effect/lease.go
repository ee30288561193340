package effect

import (
	"context"
	"errors"
	"sync"
	"time"

	"jembatan/failover/actuator/database"
)

// renewal is whose lease is renewed.
type renewal struct {
	mu     sync.Mutex
	server string               // guarded by mu; "" for none
	epoch  uint64               // guarded by mu
	ended  map[string]time.Time // guarded by mu: when the last try of each server ended, in this epoch
	trying string               // guarded by mu
	lacks  map[string]error     // guarded by mu: what servers answered that keep no lease for us
	wake   chan struct{}
}

// Renew says whose lease is to be renewed from now on, "" for nobody's. It
// returns at once. What was tried in another epoch is forgotten: somebody else may
// have renewed after it.
func (e *Effects) Renew(server string, epoch uint64) {
	r := &e.lease
	r.mu.Lock()
	changed := r.server != server
	if r.epoch != epoch {
		r.ended = nil
	}
	r.server, r.epoch = server, epoch
	r.mu.Unlock()
	if changed {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// stop ends the renewal of a server and returns when it can last have been
// renewed by us: the end of the last try, a try from now if one is under way, the
// zero time if there was none in this epoch.
func (r *renewal) stop(server string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server == server {
		r.server = ""
	}
	if r.trying == server {
		return time.Now().Add(tryLimit)
	}
	return r.ended[server]
}

// answered notes what a server said to a renewal: whether it keeps a lease at
// all. One that was not reached says nothing.
func (r *renewal) answered(server string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		delete(r.lacks, server)
	case errors.Is(err, database.ErrNoLease):
		if r.lacks == nil {
			r.lacks = map[string]error{}
		}
		r.lacks[server] = err
	}
}

// lacking returns why a server keeps no lease, as it last said; nil if it never did.
func (r *renewal) lacking(server string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lacks[server]
}

// forget ends the renewal of a server that is being fenced.
func (r *renewal) forget(server string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server == server {
		r.server = ""
	}
}

// begin returns whom to renew now and notes the try.
func (r *renewal) begin() (server string, epoch uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trying = r.server
	return r.server, r.epoch
}

// end notes that the try of an epoch has ended.
func (r *renewal) end(epoch uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch != epoch {
		r.trying = ""
		return
	}
	if r.ended == nil {
		r.ended = map[string]time.Time{}
	}
	r.ended[r.trying] = time.Now()
	r.trying = ""
}

// tryLimit bounds one renewal. Its connection is cut when it ends, so that
// nothing that hangs in the network is carried out much later.
const tryLimit = time.Second

// renewFor renews the lease of whoever may write, five times in a TTL, as long as
// this process leads.
func (e *Effects) renewFor(ctx context.Context) error {
	if e.s.TTL == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	tick := time.NewTicker(e.s.TTL / 5)
	defer tick.Stop()
	for {
		if e.s.Valid != nil && e.s.Valid() {
			e.renewOnce(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-e.lease.wake:
		}
	}
}

func (e *Effects) renewOnce(ctx context.Context) {
	name, epoch := e.lease.begin()
	defer e.lease.end(epoch)
	s, ok := e.server(name)
	if !ok || s.Database == nil || s.Renewer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	by := *s.Database
	by.Admin = s.Renewer
	// What comes of it is seen in the database: a lease that is not renewed runs
	// out, and the next opening puts it in force again. A server that has none
	// must not be taken for one that fences itself.
	e.lease.answered(name, database.Lease{Server: by, Holder: e.s.Holder, Epoch: epoch, TTL: e.s.TTL}.Renew(ctx))
}
