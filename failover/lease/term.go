package lease

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Term is one time of leading, from an election until the lease is lost or
// given up. It is safe for concurrent use.
type Term struct {
	s     *Store
	epoch uint64
	lease clientv3.LeaseID
	ttl   time.Duration // for which one renewal is good

	done   chan struct{}
	cancel context.CancelCauseFunc // of what acts; called once, when the term ends

	mu    sync.Mutex    // guards all below
	until time.Duration // by clock
	alarm *time.Timer   // at until
	cause error         // why it has ended; nil before
}

// newTerm begins a term whose lease was asked for at sent, by clock.
func newTerm(s *Store, epoch uint64, lease clientv3.LeaseID, sent, granted time.Duration, cancel context.CancelCauseFunc) *Term {
	t := &Term{
		s: s, epoch: epoch, lease: lease,
		ttl:  good(min(s.o.TTL, granted)),
		done: make(chan struct{}), cancel: cancel,
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until = sent + t.ttl
	t.alarm = time.AfterFunc(t.until-clock(), t.ring)
	return t
}

// good is how much of a TTL is relied upon: less by a tenth, for clocks whose
// rates differ.
func good(ttl time.Duration) time.Duration { return ttl - ttl/10 }

// Epoch returns the create revision of the leader's key: the fencing token. It
// is never 0, and higher than that of every term before.
func (t *Term) Epoch() uint64 { return t.epoch }

// Holder returns the name of this controller.
func (t *Term) Holder() string { return t.s.o.Holder }

// Done is closed when the term has ended. It may lag behind Valid.
func (t *Term) Done() <-chan struct{} { return t.done }

// Valid reports whether the last renewal that was sent and answered is younger
// than the TTL (less a tenth, for clocks that differ). It looks at a clock only,
// one that does not stop while the process does. After the term has ended it is
// false for ever.
func (t *Term) Valid() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cause == nil && clock() >= t.until {
		t.endLocked(fmt.Errorf("%w: no renewal was answered for %s", ErrNotLeading, t.ttl))
	}
	return t.cause == nil
}

// Confirm asks a majority of the store whether the leader's key is still that of
// this term, and returns ErrNotLeading if not, or if the term has ended. With
// another error nobody knows, and the term goes on for as long as it is Valid.
func (t *Term) Confirm(ctx context.Context) error {
	if err := t.Err(); err != nil {
		return err
	}
	_, epoch, err := t.s.leader(ctx)
	if err != nil {
		return fmt.Errorf("confirm epoch %d: %w", t.epoch, err)
	}
	if epoch != t.epoch {
		t.lost()
	}
	return t.Err()
}

// Commit carries out ops in one transaction, if the leader's key is still that
// of this term and every one of also holds. It returns when they are on disk,
// with the store's revision, and waits no longer than the term is held.
//
// Applied is false without an error if one of also did not hold. ErrNotLeading
// says that the term is over. In both cases nothing was changed. After any other
// error it may have been, now or later.
func (t *Term) Commit(ctx context.Context, also []clientv3.Cmp, ops ...clientv3.Op) (applied bool, revision int64, err error) {
	if err := t.Err(); err != nil {
		return false, 0, err
	}
	ctx, cancel := t.Within(ctx)
	defer cancel()
	mine := clientv3.Compare(clientv3.CreateRevision(t.s.leaderKey()), "=", int64(t.epoch))
	conditions := append([]clientv3.Cmp{mine}, also...)
	answer, err := t.s.client.Txn(ctx).If(conditions...).Then(ops...).Else(clientv3.OpGet(t.s.leaderKey(), clientv3.WithKeysOnly())).Commit()
	if err != nil {
		return false, 0, fmt.Errorf("commit under epoch %d: %w", t.epoch, err)
	}
	if answer.Succeeded {
		return true, answer.Header.Revision, nil
	}
	found := answer.Responses[0].GetResponseRange().Kvs
	if len(found) == 0 || uint64(found[0].CreateRevision) != t.epoch {
		t.lost()
		return false, 0, t.Err()
	}
	return false, answer.Header.Revision, nil
}

// Err returns nil while the term is Valid, and then why it has ended, which wraps
// ErrNotLeading.
func (t *Term) Err() error {
	if t.Valid() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Errorf("epoch %d: %w", t.epoch, t.cause)
}

// Within returns a copy of ctx that ends with the term too. Unlike act's context
// it goes on while act winds down. Call cancel when it is not needed any more.
func (t *Term) Within(ctx context.Context) (_ context.Context, cancel context.CancelFunc) {
	ctx, cancel = context.WithCancel(ctx)
	go func() {
		select {
		case <-t.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// lost ends the term because the store says that it has.
func (t *Term) lost() {
	t.end(fmt.Errorf("%w: the leader's key is another's or gone", ErrNotLeading))
}

// end ends the term, once.
func (t *Term) end(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endLocked(cause)
}

func (t *Term) endLocked(cause error) {
	if t.cause != nil {
		return
	}
	t.cause = cause
	t.alarm.Stop()
	close(t.done)
	t.cancel(cause)
}

// extend notes a renewal that was sent at that time and has been answered. It
// does not bring a term back.
func (t *Term) extend(sent time.Duration) {
	if !t.Valid() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cause == nil && sent+t.ttl > t.until {
		t.until = sent + t.ttl
		t.alarm.Reset(t.until - clock())
	}
}

// ring ends the term at its time. Timers may be a little early, for another
// clock than ours.
func (t *Term) ring() {
	if !t.Valid() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cause == nil {
		t.alarm.Reset(max(t.until-clock(), time.Millisecond))
	}
}

// left is how much longer the term is good without a renewal.
func (t *Term) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until - clock()
}

// errResigned ends a term that nobody took away.
var errResigned = fmt.Errorf("%w: given up", ErrNotLeading)
