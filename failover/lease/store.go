package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover/lease/internal/member"
)

// Errors of a store.
var (
	// ErrNotLeading: the term has ended, or cannot be shown to be held.
	ErrNotLeading = errors.New("not leading")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
)

// Time-outs that no option changes.
const (
	openTimeout   = 30 * time.Second // of Open, when its context has no deadline
	dialTimeout   = 5 * time.Second
	pingAfter     = 2 * time.Second // of silence on a connection to a cluster
	pingTimeout   = 2 * time.Second
	resignTimeout = time.Second // to tell the store that a term is over
)

// A Store is a connection to etcd, or a member of its own. It is safe for
// concurrent use. Close it.
type Store struct {
	o      Options
	client *clientv3.Client
	leases pb.LeaseClient
	member *member.Member // nil when the cluster is somebody else's

	closing chan struct{} // closed when Close begins
	once    sync.Once
	err     error // of Close

	mu     sync.Mutex // guards closed, and adding to leads
	closed bool
	leads  sync.WaitGroup // calls of Lead
}

// Open starts the member, or connects to the cluster, and returns when it has
// answered. A directory that another process uses is an error that names it.
func Open(ctx context.Context, o Options) (*Store, error) {
	o, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, openTimeout, errors.New("the store did not get ready"))
		defer cancel()
	}
	s := &Store{o: o, closing: make(chan struct{})}
	if len(o.Endpoints) == 0 {
		err = s.start(ctx)
	} else {
		err = s.connect(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open store %s: %w", s.where(), err)
	}
	return s, nil
}

// where names the store for people.
func (s *Store) where() string {
	if len(s.o.Endpoints) == 0 {
		return s.o.Dir
	}
	return fmt.Sprint(s.o.Endpoints)
}

// start runs a member here. Nobody outside can be leading in it: who is named as
// leader was a process that is gone, for the directory is ours now.
func (s *Store) start(ctx context.Context) (err error) {
	if s.member, err = member.Start(ctx, s.o.Dir, s.o.Log); err != nil {
		return err
	}
	s.client, s.leases = s.member.Client, s.member.Leases
	if err := s.member.ClearAlarms(ctx); err != nil {
		return err
	}
	found, err := s.client.Get(ctx, s.leaderKey())
	if err != nil || len(found.Kvs) == 0 {
		return err
	}
	_, err = s.client.Delete(ctx, s.leaderKey())
	return err
}

func (s *Store) connect(ctx context.Context) (err error) {
	c := clientv3.Config{
		Endpoints: s.o.Endpoints, TLS: s.o.TLS, Username: s.o.User,
		DialTimeout: dialTimeout, DialKeepAliveTime: pingAfter, DialKeepAliveTimeout: pingTimeout,
		PermitWithoutStream: true,
		Logger:              member.NewLogger(s.o.Log),
	}
	if s.o.Password != nil {
		c.Password = s.o.Password()
	}
	if s.client, err = clientv3.New(c); err != nil {
		return err
	}
	s.leases = clientv3.RetryLeaseClient(s.client)
	_, _, err = s.leader(ctx)
	return err
}

// Close ends what Lead runs and waits for it, gives up leadership, and stops
// the member. No goroutine is left. Closing twice does no harm.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		close(s.closing)
		s.leads.Wait()
		if s.member != nil {
			s.err = s.member.Stop()
		} else if s.client != nil {
			if err := s.client.Close(); err != nil && !errors.Is(err, context.Canceled) {
				s.err = fmt.Errorf("close store %s: %w", s.where(), err)
			}
		}
	})
	return s.err
}

// enter counts a Lead that Close must wait for.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.leads.Add(1)
	return nil
}

// KV reads and writes the store. Writes that only a leader may do go through
// Term.Commit.
func (s *Store) KV() clientv3.KV { return s.client }

// Prefix is what every key begins with, without a slash at its end.
func (s *Store) Prefix() string { return s.o.Prefix }

// Holder is the name under which this controller leads.
func (s *Store) Holder() string { return s.o.Holder }

func (s *Store) leaderKey() string { return s.o.Prefix + "/leader" }

// Leader returns who leads now and under which epoch, asked of a majority of
// the store; "" and 0 when nobody does.
func (s *Store) Leader(ctx context.Context) (holder string, epoch uint64, err error) {
	holder, epoch, err = s.leader(ctx)
	if err != nil {
		return "", 0, fmt.Errorf("ask store %s who leads: %w", s.where(), err)
	}
	return holder, epoch, nil
}

func (s *Store) leader(ctx context.Context) (holder string, epoch uint64, err error) {
	found, err := s.client.Get(ctx, s.leaderKey())
	if err != nil || len(found.Kvs) == 0 {
		return "", 0, because(ctx, err)
	}
	kv := found.Kvs[0]
	return string(kv.Value), uint64(kv.CreateRevision), nil
}

// because adds to an error why its context ended, when there is more to say.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
