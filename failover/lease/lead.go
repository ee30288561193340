package lease

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Lead campaigns until ctx ends. Each time this process becomes leader it calls
// act with a Term. Act's context ends, with a cause, as soon as the term does,
// and when ctx does or the store is closed; in these cases the term itself goes
// on until act has returned, so that what was begun can be written down. Then
// leadership is given up, and Lead campaigns again.
//
// It returns the cause of ctx, ErrClosed, or the error with which act returned
// while its term was still held. A store that does not answer is not an error
// but a reason to wait, of which Options.Observe is told.
//
// Lead runs one act at a time. Calls of Lead on one store compete with each
// other.
func (s *Store) Lead(ctx context.Context, act func(ctx context.Context, t *Term) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leads.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.closing:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(nil); <-watched }()

	c := &campaign{s: s}
	for ctx.Err() == nil {
		if err := c.wait(ctx); err != nil {
			c.trouble(ctx, err)
			continue
		}
		if err := s.reign(ctx, c, act); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// reign tries to become leader and, if that succeeds, lets act work.
func (s *Store) reign(ctx context.Context, c *campaign, act func(ctx context.Context, t *Term) error) error {
	actx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t, err := s.elect(ctx, cancel)
	if err != nil {
		c.trouble(ctx, err)
		return nil
	}
	if t == nil {
		return nil // another was faster
	}
	c.told = 0
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		t.keep()
	}()
	defer func() {
		t.end(errResigned)
		<-kept
		s.revoke(t.lease)
	}()
	if err := act(actx, t); err != nil && t.Valid() {
		return err
	}
	return nil
}

// elect asks for a lease and puts the leader's key under it if there is none. It
// returns nil if there is one. A term that it returns was confirmed after it
// was won.
func (s *Store) elect(ctx context.Context, cancel context.CancelCauseFunc) (_ *Term, err error) {
	ctx, stop := context.WithTimeout(ctx, s.o.TTL)
	defer stop()
	sent := clock()
	lease, err := s.client.Grant(ctx, int64(s.o.TTL/time.Second))
	if err != nil {
		return nil, fmt.Errorf("ask for a lease: %w", because(ctx, err))
	}
	won := false
	defer func() {
		if !won {
			s.revoke(lease.ID) // and with it a key that may be ours without our knowing
		}
	}()
	answer, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(s.leaderKey()), "=", 0)).
		Then(clientv3.OpPut(s.leaderKey(), s.o.Holder, clientv3.WithLease(lease.ID))).
		Commit()
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", because(ctx, err))
	}
	if !answer.Succeeded {
		return nil, nil
	}
	t := newTerm(s, uint64(answer.Header.Revision), lease.ID, sent, time.Duration(lease.TTL)*time.Second, cancel)
	if err := t.renew(); err != nil {
		t.end(errResigned)
		return nil, fmt.Errorf("confirm the election: %w", err)
	}
	won = true
	return t, nil
}

// revoke gives a lease back, and with it the key under it. If that fails the
// lease runs out by itself.
func (s *Store) revoke(lease clientv3.LeaseID) {
	ctx, cancel := context.WithTimeout(context.Background(), resignTimeout)
	defer cancel()
	_, _ = s.client.Revoke(ctx, lease)
}

// A campaign is what one Lead knows between its tries.
type campaign struct {
	s    *Store
	told uint64 // the epoch that Observe was told last
}

// wait returns when nobody leads.
func (c *campaign) wait(ctx context.Context) error {
	for {
		asked, cancel := context.WithTimeout(ctx, c.s.o.TTL)
		found, err := c.s.client.Get(asked, c.s.leaderKey())
		cancel()
		if err != nil {
			return fmt.Errorf("ask who leads: %w", because(asked, err))
		}
		if len(found.Kvs) == 0 {
			return nil
		}
		kv := found.Kvs[0]
		if epoch := uint64(kv.CreateRevision); epoch != c.told {
			c.told = epoch
			c.s.o.Observe(string(kv.Value), epoch, nil)
		}
		if err := c.watch(ctx, found.Header.Revision+1); err != nil {
			return err
		}
	}
}

// watch returns when the leader's key changes, or after a TTL: a watch that has
// silently broken must not make us wait for ever.
func (c *campaign) watch(ctx context.Context, from int64) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	timer := time.NewTimer(c.s.o.TTL)
	defer timer.Stop()
	select {
	case answer, ok := <-c.s.client.Watch(ctx, c.s.leaderKey(), clientv3.WithRev(from)):
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !ok {
			return errors.New("watch the leader: the watch has ended")
		}
		if err := answer.Err(); err != nil {
			return fmt.Errorf("watch the leader: %w", err)
		}
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// trouble tells of an error and pauses before the next try.
func (c *campaign) trouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.told = 0
	c.s.o.Observe("", 0, err)
	pause := c.s.o.TTL / 10
	timer := time.NewTimer(pause + rand.N(pause))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
