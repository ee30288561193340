// Package member runs an etcd server in this process, for itself alone: it has
// no listener, and calls to it are calls of functions.
package member

import (
	"context"
	"errors"
	"fmt"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/client/pkg/v3/types"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/membership"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3compactor"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3rpc"
	"go.etcd.io/etcd/server/v3/features"
	"go.etcd.io/etcd/server/v3/proxy/grpcproxy/adapter"
	"go.uber.org/zap"
)

// A Member is a server and clients of it. Stop it.
type Member struct {
	Server *etcdserver.EtcdServer
	Client *clientv3.Client
	Leases pb.LeaseClient // sends one renewal at a time
	lock   *dirLock
}

// name is the member's, in a cluster that is never more than it.
const name = "jembatan"

// Start locks the directory, starts a member in it and waits until it can be
// written to. What goes wrong after that with its disk ends the process: nobody
// could say what is on it. Log, which may be nil, gets its warnings and errors.
func Start(ctx context.Context, dir string, log func(level, message string)) (m *Member, err error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	m = &Member{lock: lock}
	defer func() {
		if err != nil {
			_ = m.Stop()
			m = nil
		}
	}()
	c, err := configOf(dir, NewLogger(log))
	if err != nil {
		return m, err
	}
	if err := m.boot(ctx, c); err != nil {
		return m, err
	}
	select {
	case <-m.Server.ReadyNotify():
	case <-m.Server.StopNotify():
		return m, errors.New("the member stopped while it was starting")
	case <-ctx.Done():
		return m, context.Cause(ctx)
	}
	m.Client = v3client.New(m.Server)
	m.Leases = adapter.LeaseServerToLeaseClient(v3rpc.NewQuotaLeaseServer(m.Server))
	return m, nil
}

// boot reads what is on the disk and starts the server. A log that cannot be
// read is an error here and not the end of the process; what was opened of it
// stays open until that.
func (m *Member) boot(ctx context.Context, c config.ServerConfig) error {
	type made struct {
		server *etcdserver.EtcdServer
		err    error
	}
	ready, given := make(chan made), make(chan struct{})
	defer close(given)
	go func() { // reading cannot be cancelled: who gives up does not wait for it
		server, err := load(c)
		select {
		case ready <- made{server, err}:
		case <-given:
			if err == nil {
				server.Cleanup()
			}
		}
	}()
	select {
	case r := <-ready:
		if r.err != nil {
			return fmt.Errorf("start the member: %w", r.err)
		}
		r.server.Start()
		m.Server = r.server
		return nil
	case <-ctx.Done():
		return fmt.Errorf("start the member: %w", context.Cause(ctx))
	}
}

func load(c config.ServerConfig) (server *etcdserver.EtcdServer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return etcdserver.NewServer(c)
}

// configOf is small and careful: every write is on the disk before it is
// answered.
func configOf(dir string, log *zap.Logger) (config.ServerConfig, error) {
	nowhere, err := types.NewURLs([]string{"unix://" + name}) // part of its identity; nobody listens
	if err != nil {
		return config.ServerConfig{}, err
	}
	return config.ServerConfig{
		Name: name, DataDir: dir, Logger: log,
		PeerURLs: nowhere, InitialPeerURLsMap: types.URLsMap{name: nowhere},
		InitialClusterToken: name, NewCluster: true,

		// It elects itself within 20 ticks of a start, and nobody's heartbeat can be late.
		TickMs: 20, ElectionTicks: 10, PreVote: true, StrictReconfigCheck: true,
		// Nobody has to catch up, so the log in memory is short.
		SnapshotCount: 1000, SnapshotCatchUpEntries: 100,
		MaxSnapFiles: 2, MaxWALFiles: 2,
		QuotaBackendBytes:       1 << 30,
		AutoCompactionMode:      v3compactor.ModeRevision,
		AutoCompactionRetention: 1000, // revisions
		CompactHashCheckTime:    time.Hour,
		// Space that pruning has freed is given back at a start.
		BootstrapDefragThresholdMegabytes: 64,

		MaxTxnOps: 128, MaxRequestBytes: 1.5 * 1024 * 1024, MaxConcurrentStreams: 1024,
		WarningApplyDuration: time.Second, WarningUnaryRequestDuration: time.Second,
		// Nobody logs in where nobody can reach it.
		AuthToken: "simple", BcryptCost: 4, TokenTTL: 300,
		MaxLearners: membership.DefaultMaxLearners, V2Deprecation: config.V2DeprDefault,
		ServerFeatureGate: features.NewDefaultServerFeatureGate(name, log),
		Metrics:           "basic",
	}, nil
}

// ClearAlarms takes back that the space was used up: a start has given free
// space back, and if there is none the alarm comes again.
func (m *Member) ClearAlarms(ctx context.Context) error {
	alarms, err := m.Client.AlarmList(ctx)
	if err != nil {
		return fmt.Errorf("list alarms: %w", err)
	}
	for _, a := range alarms.Alarms {
		if a.Alarm != pb.AlarmType_NOSPACE {
			continue
		}
		if _, err := m.Client.AlarmDisarm(ctx, (*clientv3.AlarmMember)(a)); err != nil {
			return fmt.Errorf("disarm the alarm of space: %w", err)
		}
	}
	return nil
}

// Stop ends whatever of the member has started and unlocks the directory.
func (m *Member) Stop() error {
	if m.Client != nil {
		_ = m.Client.Close() // says only that its context was cancelled
	}
	if m.Server != nil {
		m.Server.Stop()
	}
	return m.lock.release()
}
