package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// Renewals: several may fail before the term is over.
const (
	renewals   = 4  // in the time for which one is good
	retries    = 20 // in the time for which one is good, after one has failed
	oneRenewal = 3  // the part of that time that one may take
)

// keep renews the term until it ends.
func (t *Term) keep() {
	timer := time.NewTimer(t.ttl / renewals)
	defer timer.Stop()
	for {
		select {
		case <-t.done:
			return
		case <-timer.C:
		}
		pause := t.ttl / renewals
		if t.renew() != nil {
			pause = t.ttl / retries
		}
		timer.Reset(pause)
	}
}

// renew renews the lease and then asks a majority whether the leader's key is
// still there: a lease alone proves nothing to someone whose key was deleted.
// If either is refused the term is over; if either is not answered it was no
// renewal.
func (t *Term) renew() error {
	patience := min(t.left(), t.ttl/oneRenewal)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sent := clock()
	err := t.touch(ctx)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		t.end(fmt.Errorf("%w: the lease has run out", ErrNotLeading))
	}
	if err != nil {
		return err
	}
	if err := t.Confirm(ctx); err != nil {
		return err
	}
	t.extend(sent)
	return nil
}

// touch sends one renewal of the lease and waits for its answer. It does not try
// again by itself: the time of sending would not be known.
func (t *Term) touch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream
	stream, err := t.s.leases.LeaseKeepAlive(ctx)
	if err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	if err := stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(t.lease)}); err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	answer, err := stream.Recv()
	if err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	if answer.TTL <= 0 {
		return fmt.Errorf("renew the lease: %w", rpctypes.ErrLeaseNotFound)
	}
	return nil
}
