package lease

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

// A member is an etcd server without a listener: calls to it are calls of
// functions.
type member struct {
	lock   *dirLock
	server *etcdserver.EtcdServer
	client *clientv3.Client
	leases pb.LeaseClient
}

// name is the member's, in a cluster that is never more than it.
const name = "jembatan"

// startMember locks the directory, starts a member in it and waits until it can
// be written to. What it returns with an error holds nothing.
func startMember(ctx context.Context, o Options) (m *member, err error) {
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	m = &member{lock: lock}
	defer func() {
		if err != nil {
			_ = m.stop()
			m = nil
		}
	}()
	c, err := memberConfig(o)
	if err != nil {
		return m, err
	}
	if err := m.boot(c); err != nil {
		return m, err
	}
	select {
	case <-m.server.ReadyNotify():
	case <-m.server.StopNotify():
		return m, errors.New("the member stopped while it was starting")
	case <-ctx.Done():
		return m, context.Cause(ctx)
	}
	m.client = v3client.New(m.server)
	m.leases = adapter.LeaseServerToLeaseClient(v3rpc.NewQuotaLeaseServer(m.server))
	return m, nil
}

// boot reads what is on the disk and starts the server. A log that cannot be
// read is an error here and not the end of the process.
func (m *member) boot(c config.ServerConfig) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("start the member: %v", p)
		}
	}()
	server, err := etcdserver.NewServer(c)
	if err != nil {
		return fmt.Errorf("start the member: %w", err)
	}
	server.Start()
	m.server = server
	return nil
}

// memberConfig is that of a member of its own, small and careful: every write
// is on the disk before it is answered.
func memberConfig(o Options) (config.ServerConfig, error) {
	nowhere, err := types.NewURLs([]string{"unix://" + name}) // part of its identity; nobody listens
	if err != nil {
		return config.ServerConfig{}, err
	}
	log := zap.New(logCore{o.Log}, zap.WithFatalHook(crash{}))
	return config.ServerConfig{
		Name: name, DataDir: o.Dir, Logger: log,
		PeerURLs: nowhere, InitialPeerURLsMap: types.URLsMap{name: nowhere},
		InitialClusterToken: name, NewCluster: true,

		TickMs: 100, ElectionTicks: 10, PreVote: true, StrictReconfigCheck: true,
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
		AuthToken: "simple", BcryptCost: 10, TokenTTL: 300,
		MaxLearners: membership.DefaultMaxLearners, V2Deprecation: config.V2DeprDefault,
		ServerFeatureGate: features.NewDefaultServerFeatureGate(name, log),
		Metrics:           "basic",
	}, nil
}

// clearAlarms takes back that the space was used up: a start has given free
// space back, and if there is none the alarm comes again.
func (m *member) clearAlarms(ctx context.Context) error {
	alarms, err := m.client.AlarmList(ctx)
	if err != nil {
		return fmt.Errorf("list alarms: %w", err)
	}
	for _, a := range alarms.Alarms {
		if a.Alarm != pb.AlarmType_NOSPACE {
			continue
		}
		if _, err := m.client.AlarmDisarm(ctx, (*clientv3.AlarmMember)(a)); err != nil {
			return fmt.Errorf("disarm the alarm of space: %w", err)
		}
	}
	return nil
}

// stop ends whatever of the member has started and unlocks the directory.
func (m *member) stop() error {
	if m.client != nil {
		_ = m.client.Close() // says only that its context was cancelled
	}
	if m.server != nil {
		m.server.Stop()
	}
	return m.lock.release()
}
