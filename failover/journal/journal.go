package journal

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover"
	"jembatan/failover/lease"
)

// A Journal writes and reads what is kept of services. It is safe for concurrent
// use.
type Journal struct {
	kv     clientv3.KV
	prefix string
	keep   uint64 // entries of each service

	mu       sync.Mutex // guards services
	services map[string]*service
}

// A service is where its journal ends, as far as this process knows.
type service struct {
	mu    sync.Mutex // guards all below; held while a Save is under way
	known bool
	at    int64 // the revision that wrote the head; 0: there is none
	seq   uint64
	hash  string
}

// New returns the journal that is in a store.
func New(s *lease.Store) *Journal {
	return &Journal{kv: s.KV(), prefix: s.Prefix(), keep: KeepEntries, services: map[string]*service{}}
}

// Load returns the state that was saved last, asked of a majority of the store.
// Found is false if the service never had one; then and with an error the state
// is zero. A zero state with an error is no state: do not go on from it.
func (j *Journal) Load(ctx context.Context, name string) (state failover.State, found bool, err error) {
	if err := checkName("service", name); err != nil {
		return failover.State{}, false, err
	}
	_, state, at, err := j.head(ctx, name)
	if err != nil {
		return failover.State{}, false, fmt.Errorf("load the state of %s: %w", name, err)
	}
	return state, at != 0, nil
}

// head reads a service's head and the revision that wrote it, 0 if there is none.
func (j *Journal) head(ctx context.Context, name string) (head, failover.State, int64, error) {
	key := j.stateKey(name)
	found, err := j.kv.Get(ctx, key)
	if err != nil {
		return head{}, failover.State{}, 0, err
	}
	if len(found.Kvs) == 0 {
		return head{}, failover.State{}, 0, j.empty(ctx, name, found.Header.Revision)
	}
	h, s, err := decodeHead(key, name, found.Kvs[0].Value)
	return h, s, found.Kvs[0].ModRevision, err
}

// empty returns an error if a service without a head had entries at the same
// revision: then its head was lost, and it is not one that never moved.
func (j *Journal) empty(ctx context.Context, name string, revision int64) error {
	found, err := j.kv.Get(ctx, j.logKey(name), clientv3.WithPrefix(), clientv3.WithCountOnly(), clientv3.WithRev(revision))
	if err != nil {
		return err
	}
	if found.Count > 0 {
		return &DamagedError{Key: j.stateKey(name), Why: fmt.Sprintf("it is missing, and there are %d entries", found.Count)}
	}
	return nil
}

// of returns what is known of a service.
func (j *Journal) of(name string) *service {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.services[name]
	if s == nil {
		s = &service{}
		j.services[name] = s
	}
	return s
}

func checkName(what, name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("a %s needs a name of 1 to %d bytes", what, MaxName)
	}
	return nil
}

func (j *Journal) serviceKey(name string) string {
	return j.prefix + "/services/" + url.PathEscape(name)
}
func (j *Journal) stateKey(name string) string { return j.serviceKey(name) + "/state" }
func (j *Journal) logKey(name string) string   { return j.serviceKey(name) + "/log/" }
func (j *Journal) entryKey(name string, seq uint64) string {
	return fmt.Sprintf("%s%020d", j.logKey(name), seq)
}
