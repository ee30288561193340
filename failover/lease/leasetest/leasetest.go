// Package leasetest runs an etcd cluster of one member for tests, which clients
// reach through a unix socket.
package leasetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"go.etcd.io/etcd/server/v3/etcdserver/api/v3rpc"
	"google.golang.org/grpc"

	"jembatan/failover/lease/internal/member"
)

// A Cluster serves clients until it is stopped.
type Cluster struct {
	Endpoint string // for Options.Endpoints
	member   *member.Member
	server   *grpc.Server
	served   chan struct{}
	once     sync.Once
	err      error // of Stop
}

// Start serves what is in dir, which must be a short path: sockets have a limit
// of about 100 bytes.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	m, err := member.Start(ctx, dir, nil)
	if err != nil {
		return nil, fmt.Errorf("start a cluster in %s: %w", dir, err)
	}
	socket := filepath.Join(dir, "client")
	_ = os.Remove(socket) // of a cluster that was killed
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		_ = m.Stop()
		return nil, fmt.Errorf("start a cluster in %s: %w", dir, err)
	}
	c := &Cluster{
		Endpoint: "unix://" + socket, member: m,
		server: v3rpc.Server(m.Server, nil, nil), served: make(chan struct{}),
	}
	go func() {
		defer close(c.served)
		_ = c.server.Serve(l) // until Stop
	}()
	return c, nil
}

// Stop breaks the connections of clients and stops the member. Stopping twice
// does no harm.
func (c *Cluster) Stop() error {
	c.once.Do(func() {
		c.server.Stop()
		<-c.served
		c.err = c.member.Stop()
	})
	return c.err
}
