package journal

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Pruning is a part of the Save that passes a multiple of pruneEvery. It looks
// at no more than pruneLook entries, twice as many as came in between, so it
// keeps up and is never long.
const (
	pruneEvery   = 32
	pruneLook    = 2 * pruneEvery
	prunePatient = 200 * time.Millisecond
)

// prune returns what drops entries that are too many or too old, when it is time
// for that: seq goes from one number to another. What cannot be read is left
// for the next time.
func (j *Journal) prune(ctx context.Context, name string, from, to uint64) (clientv3.Op, bool) {
	if from/pruneEvery == to/pruneEvery {
		return clientv3.Op{}, false
	}
	first := uint64(1) // to keep
	if to > j.keep {
		first = to - j.keep + 1
	}
	if old := j.old(ctx, name, to); old > first {
		first = old
	}
	if first = min(first, from+1); first <= 1 {
		return clientv3.Op{}, false
	}
	return clientv3.OpDelete(j.logKey(name), clientv3.WithRange(j.entryKey(name, first))), true
}

// old returns the first entry that is not too old, as far as it looks.
func (j *Journal) old(ctx context.Context, name string, to uint64) uint64 {
	ctx, cancel := context.WithTimeout(ctx, prunePatient)
	defer cancel()
	newest, err := j.kv.Get(ctx, j.logKey(name), clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend), clientv3.WithLimit(1))
	if err != nil || len(newest.Kvs) == 0 {
		return 0
	}
	last, err := j.decode(name, newest.Kvs[0].Key, newest.Kvs[0].Value)
	if err != nil {
		return 0
	}
	oldest, err := j.kv.Get(ctx, j.logKey(name), clientv3.WithRange(j.entryKey(name, to)), clientv3.WithLimit(pruneLook))
	if err != nil {
		return 0
	}
	first := uint64(0)
	for _, kv := range oldest.Kvs {
		e, err := j.decode(name, kv.Key, kv.Value)
		if err != nil || last.At.Sub(e.At) <= KeepFor {
			return first
		}
		first = e.Seq + 1
	}
	return first
}
