package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Query says which entries are wanted. The zero value wants the oldest ones.
type Query struct {
	Newest bool      // the newest first; otherwise the oldest
	Limit  int       // how many; DefaultLimit if 0
	Since  time.Time // none before
	After  uint64    // only higher numbers
	Before uint64    // only lower numbers; 0 is no bound
}

// DefaultLimit is how many entries a Query is answered with.
const DefaultLimit = 100

// page is how many entries are read at once.
const page = 100

// History returns entries in the order asked for. If some are damaged it returns
// the others, and an error that wraps a *DamagedError for each.
func (j *Journal) History(ctx context.Context, service string, q Query) ([]Entry, error) {
	if err := checkName("service", service); err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	if q.Before == 0 {
		q.Before = ^uint64(0)
	}
	var out []Entry
	var damaged []error
	for len(out) < q.Limit && q.After < q.Before && q.After+1 < q.Before {
		kvs, err := j.page(ctx, service, q)
		if err != nil {
			return out, fmt.Errorf("read the history of %s: %w", service, err)
		}
		for _, kv := range kvs {
			seq, err := j.seqOf(service, kv.key)
			if err != nil {
				return out, fmt.Errorf("read the history of %s: %w", service, err)
			}
			if q.Newest {
				q.Before = seq
			} else {
				q.After = seq
			}
			e, err := j.decode(service, kv.key, kv.value)
			switch {
			case err != nil:
				damaged = append(damaged, err)
			case !e.At.Before(q.Since) && len(out) < q.Limit:
				out = append(out, e)
			}
		}
		if len(kvs) < page {
			break
		}
	}
	if err := errors.Join(damaged...); err != nil {
		return out, fmt.Errorf("read the history of %s: %w", service, err)
	}
	return out, nil
}

type pair struct{ key, value []byte }

// page reads the next entries between After and Before.
func (j *Journal) page(ctx context.Context, service string, q Query) ([]pair, error) {
	order := clientv3.SortAscend
	if q.Newest {
		order = clientv3.SortDescend
	}
	found, err := j.kv.Get(ctx, j.entryKey(service, q.After+1),
		clientv3.WithRange(j.entryKey(service, q.Before)),
		clientv3.WithSort(clientv3.SortByKey, order), clientv3.WithLimit(page))
	if err != nil {
		return nil, err
	}
	out := make([]pair, len(found.Kvs))
	for i, kv := range found.Kvs {
		out[i] = pair{kv.Key, kv.Value}
	}
	return out, nil
}

// seqOf reads the number in a key.
func (j *Journal) seqOf(service string, key []byte) (uint64, error) {
	var seq uint64
	if _, err := fmt.Sscanf(string(key[min(len(key), len(j.logKey(service))):]), "%d", &seq); err != nil || j.entryKey(service, seq) != string(key) {
		return 0, &DamagedError{Key: string(key), Why: "it is not the key of an entry"}
	}
	return seq, nil
}

// decode trusts nothing that was under that key.
func (j *Journal) decode(service string, key, value []byte) (Entry, error) {
	damaged := func(why string) (Entry, error) { return Entry{}, &DamagedError{Key: string(key), Why: why} }
	var e Entry
	if err := strict(value, &e); err != nil {
		return damaged(err.Error())
	}
	if e.Service != service || j.entryKey(service, e.Seq) != string(key) {
		return damaged(fmt.Sprintf("it is entry %d of service %q", e.Seq, e.Service))
	}
	if err := Verify([]Entry{e}); err != nil {
		return damaged(err.Error())
	}
	return e, nil
}
