package journal

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover"
	"jembatan/failover/lease"
)

// Save writes a service's state and appends entries, in one transaction that
// happens only if t still leads, and returns when it is on disk. Entries are
// numbered and sealed in place, also when Save fails.
//
// It returns an error that wraps lease.ErrNotLeading when t does not lead any
// more, ErrTooLarge when a limit is passed, and a *DamagedError when what is
// there cannot be read: in these cases nothing was changed. See the package
// comment for other errors. It waits no longer than the term is held. Saves of one service wait for each other.
func (j *Journal) Save(ctx context.Context, t *lease.Term, service string, state failover.State, entries []Entry) error {
	err := j.save(ctx, t, service, state, entries)
	if err != nil {
		return fmt.Errorf("save %s: %w", service, err)
	}
	return nil
}

func (j *Journal) save(ctx context.Context, t *lease.Term, name string, state failover.State, entries []Entry) error {
	if err := checkName("service", name); err != nil {
		return err
	}
	if len(entries) > MaxEntries {
		return fmt.Errorf("%w: %d entries at once, at most %d", ErrTooLarge, len(entries), MaxEntries)
	}
	body, err := checkedState(state)
	if err != nil {
		return err
	}
	if err := t.Err(); err != nil {
		return err
	}
	within, cancel := t.Within(ctx)
	defer cancel()
	s := j.of(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	// What is known may be of another leader's time. Then it is read, and a
	// second try fails only if there are two who write under one term.
	for range 2 {
		if err := j.learn(within, name, s); err != nil {
			return errors.Join(t.Err(), err)
		}
		err := j.append(ctx, t, name, s, body, entries)
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return errMoved
}

// errMoved: the head is not the one that was known.
var errMoved = errors.New("somebody else writes under the same term")

// learn reads where a service's journal ends, unless that is known.
func (j *Journal) learn(ctx context.Context, name string, s *service) error {
	if s.known {
		return nil
	}
	h, _, at, err := j.head(ctx, name)
	if err != nil {
		return err
	}
	s.known, s.at, s.seq, s.hash = true, at, h.Seq, h.Hash
	return nil
}

// append writes a head behind the known one. Whatever goes wrong, the head is
// not known any more.
func (j *Journal) append(ctx context.Context, t *lease.Term, name string, s *service, state []byte, entries []Entry) error {
	s.known = false
	h := head{Version: version, Service: name, Epoch: t.Epoch(), Seq: s.seq, Hash: s.hash, State: state}
	ops := make([]clientv3.Op, 0, len(entries)+2)
	size := len(state)
	for i := range entries {
		e := entries[i]
		e.Seq, e.Service, e.Epoch = h.Seq+1, name, t.Epoch()
		sealed, body, err := seal(e, h.Hash)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		entries[i], h.Seq, h.Hash = sealed, sealed.Seq, sealed.Hash
		ops = append(ops, clientv3.OpPut(j.entryKey(name, sealed.Seq), string(body)))
		size += len(body)
	}
	if size > MaxSave {
		return fmt.Errorf("%w: %d bytes at once, at most %d", ErrTooLarge, size, MaxSave)
	}
	value, err := h.encode()
	if err != nil {
		return err
	}
	ops = append(ops, clientv3.OpPut(j.stateKey(name), string(value)))
	if op, ok := j.prune(ctx, name, s.seq, h.Seq); ok {
		ops = append(ops, op)
	}
	same := clientv3.Compare(clientv3.ModRevision(j.stateKey(name)), "=", s.at)
	applied, revision, err := t.Commit(ctx, []clientv3.Cmp{same}, ops...)
	if err != nil {
		return err
	}
	if !applied {
		return errMoved
	}
	s.known, s.at, s.seq, s.hash = true, revision, h.Seq, h.Hash
	return nil
}
