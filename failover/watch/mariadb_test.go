package watch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator/database"
	"jembatan/health"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// A cluster is a watched service on real databases; its routers answer every
// ping, for the hosts live on whatever becomes of the databases.
type cluster struct {
	*mariadb.Cluster

	t       testing.TB
	svc     *tunnel.Service
	sink    *memory
	mu      sync.Mutex // guards active
	active  Active
	reports atomic.Int64
}

func (c *cluster) setActive(a Active) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = a
}

// pinging is a router on which every host answers.
type pinging struct{}

func (pinging) Call(_ context.Context, r routeros.Request) (routeros.Reply, error) {
	if r.Path != "/ping" {
		return routeros.Reply{}, errors.New("no such command")
	}
	return routeros.Reply{Rows: []routeros.Row{routeros.NewRow("seq", "0", "time", "1ms", "received", "1")}}, nil
}

// watched starts servers, prepares them by the recipe, and watches them.
func watched(t testing.TB, o mariadb.Options, profile string) *cluster {
	t.Helper()
	c := &cluster{Cluster: mariadb.Test(t, o), t: t, active: Active{Server: "main", Epoch: 1, Leading: true}}
	top, svc := twoSites(t)
	svc.Servers = svc.Servers[:o.Servers]
	svc.Policy, _ = tunnel.ProfilePolicy(profile)
	svc.Policy.Rises = 2
	svc.Probes = []tunnel.Probe{{Type: tunnel.ProbeTCP, Port: 3306}, {Type: tunnel.ProbeMySQL, Port: 3306}}
	svc.Replication.SemiSync = false
	c.svc = svc
	accounts := database.Accounts{
		Check:  database.Login{User: "jembatan", Password: "c"},
		Writer: database.Login{User: "jembatan_writer", Password: "w"}, Fence: database.Login{User: "jembatan_fence", Password: "f"},
	}
	setup := database.Setup{Engine: tunnel.MariaDB, Accounts: accounts}
	at := make(map[string]netip.AddrPort)
	for i, s := range c.Servers {
		statements := setup.Statements()
		if i > 0 {
			statements = append(statements, "SET GLOBAL read_only=1")
		}
		if err := s.Exec(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
		at[svc.Servers[i].Name] = netip.MustParseAddrPort(s.Address())
	}
	var token atomic.Uint64
	w, err := New(top, svc, Options{
		Connect: func(context.Context, string) (routeros.Caller, error) { return pinging{}, nil },
		Active: func() Active {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.active
		},
		Token: func() uint64 { return token.Add(1) }, Accounts: accounts,
		Report: func(replication.Report) { c.reports.Add(1) },
		At:     func(s tunnel.Server, _ uint16) netip.AddrPort { return at[s.Name] },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.sink = remember(t, HealthConfig(top, svc))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx, c.sink) }()
	t.Cleanup(func() {
		cancel()
		told := time.Now()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(told); took > time.Second {
			t.Errorf("Run went on for %v", took)
		}
	})
	return c
}

const (
	settle = 30 * time.Second
	// busy is what a machine that also does something else may add.
	busy = 3 * time.Second
)

// until waits for something and returns how long it took.
func (c *cluster) until(what string, ok func() bool) time.Duration {
	c.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > settle {
			c.t.Fatalf("%s: not after %v", what, settle)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func (c *cluster) is(server string, v health.Verdict) func() bool {
	return func() bool { return c.sink.verdict(server) == v }
}

// ready reports whether a standby could be promoted in a planned move.
func (c *cluster) ready(server string, since time.Time) func() bool {
	return func() bool {
		for _, r := range c.sink.replication(server, since) {
			if r.Sync.String() == "in-sync" && r.Fresh && r.Drained && r.WriteTested && r.Closed && !r.SyncedAt.IsZero() {
				return true
			}
		}
		return false
	}
}

func (c *cluster) settled() {
	c.t.Helper()
	for i, s := range c.svc.Servers {
		c.until(s.Name+" is healthy", c.is(s.Name, health.Healthy))
		if i > 0 {
			c.until(s.Name+" is ready", c.ready(s.Name, time.Now()))
		}
	}
}

// TestPair takes a pair through what it is watched for.
func TestPair(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	t.Run("nothing is written to a standby", c.silent)
	t.Run("killed", c.killed)
}

func TestFrozen(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	since := time.Now()
	if err := c.Servers[0].Pause(); err != nil {
		t.Fatal(err)
	}
	took := c.until("main has failed", c.is("main", health.Failed))
	p := c.svc.Policy
	// The peer notices after slave_net_timeout, 4 s, and is asked Misses times.
	bound := 5*time.Second + health.DetectionWorst(2*roundOf(p), p.Timeout, p.Misses)
	t.Logf("frozen: failed after %v; bound %v; peer silent or lost: %d samples", took.Round(time.Millisecond), bound,
		len(c.sink.of(since, func(s health.Sample) bool { return s.Reason == health.PeerLost })))
	if took > bound+busy {
		t.Errorf("after %v", took)
	}
	c.rounds("backup", since, 1300*time.Millisecond)
	if err := c.Servers[0].Resume(); err != nil {
		t.Fatal(err)
	}
	c.until("main is healthy again", c.is("main", health.Healthy))
	c.until("backup is ready again", c.ready("backup", time.Now()))
}

// rounds holds how far apart the readings of a server are, and that all but the
// first ones after a change come at their time.
func (c *cluster) rounds(server string, since time.Time, most time.Duration) {
	c.t.Helper()
	all := c.sink.replication(server, since)
	last, longest := since, time.Duration(0)
	for _, r := range all {
		longest, last = max(longest, r.Time.Sub(last)), r.Time
	}
	c.t.Logf("%s: %d readings in %v, at most %v apart", server, len(all), time.Since(since).Round(time.Millisecond), longest.Round(time.Millisecond))
	if longest > most+busy || len(all) < 2 {
		c.t.Errorf("%s: nothing for %v", server, longest)
	}
}

// silent looks at the standby's own part of its binary log, while the token
// reaches it.
func (c *cluster) silent(t *testing.T) {
	own := func() string {
		var state string
		if err := c.Servers[1].Root().QueryRowContext(t.Context(), "SELECT @@GLOBAL.gtid_binlog_state").Scan(&state); err != nil {
			t.Fatal(err)
		}
		var out []string
		for g := range strings.SplitSeq(state, ",") {
			if strings.HasPrefix(g, "10-2-") {
				out = append(out, g)
			}
		}
		return strings.Join(out, ",")
	}
	before, since := own(), time.Now()
	time.Sleep(2 * testEvery * 6 / 10) // more than one test write
	if after := own(); after != before {
		t.Errorf("the standby wrote %q, before %q", after, before)
	}
	var n int
	if err := c.Servers[1].Root().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM jembatan.heartbeat WHERE server_id<>1").Scan(&n); err != nil || n > 0 {
		t.Errorf("%d rows of others, %v", n, err)
	}
	for _, r := range c.sink.replication("backup", since) {
		if r.Errant || r.Open {
			t.Errorf("%+v", r)
		}
	}
	c.rounds("backup", since, time.Second)
}

func (c *cluster) killed(t *testing.T) {
	since := time.Now()
	c.Servers[0].Kill()
	took := c.until("main has failed", c.is("main", health.Failed))
	p := c.svc.Policy
	bound := health.DetectionWorst(roundOf(p), p.Timeout, p.Misses) + time.Second
	t.Logf("killed: failed after %v; a vantage alone at worst %v, bound %v", took.Round(time.Millisecond),
		health.DetectionWorst(p.Interval, p.Timeout, p.Misses), bound)
	if took > bound+busy {
		t.Errorf("after %v", took)
	}
	lost := c.sink.of(since, func(s health.Sample) bool {
		return s.Reason == health.PeerLost && s.Server == "main" && s.Vantage == "database:backup"
	})
	if len(lost) == 0 {
		t.Error("the peer does not say that it has lost it")
	} else {
		t.Logf("the peer says so after %v", lost[0].At.Sub(since).Round(time.Millisecond))
	}
	for _, r := range c.sink.replication("backup", since.Add(time.Second)) {
		if r.SyncedAt.IsZero() || !r.Drained {
			t.Errorf("what is known of the standby is gone: %+v", r)
		}
	}
}

// TestHungStandby: one of three hangs, and nobody waits for it.
func TestHungStandby(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 3, Shape: mariadb.Star}, "metro")
	c.settled()
	since := time.Now()
	if err := c.Servers[2].Pause(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(8 * time.Second)
	c.rounds("backup", since, 2300*time.Millisecond)
	good := 0
	for _, r := range c.sink.replication("backup", since) {
		if r.Sync == failover.InSync {
			good++
		}
	}
	if good < 3 {
		t.Errorf("%d of the other standby's readings are in sync", good)
	}
	c.until("the hung one has failed", c.is("standby", health.Failed))
	if v := c.sink.verdict("main"); v != health.Healthy {
		t.Errorf("main is %v", v)
	}
	if err := c.Servers[2].Resume(); err != nil {
		t.Fatal(err)
	}
	c.until("and is ready again", c.ready("standby", time.Now()))
}

// TestRolesChange: tokens follow the active server, and only while this process
// leads.
func TestRolesChange(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	must := func(i int, statements ...string) {
		if err := c.Servers[i].Exec(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
	}
	tokens := func(i int) string {
		var s string
		if err := c.Servers[i].Root().QueryRowContext(t.Context(),
			fmt.Sprintf("SELECT CONCAT(token,' in ',epoch) FROM jembatan.heartbeat WHERE server_id=%d", i+1)).Scan(&s); err != nil {
			return err.Error()
		}
		return s
	}
	c.setActive(Active{Server: "main", Epoch: 1})
	time.Sleep(2 * longestRound)
	before := tokens(0)
	time.Sleep(2 * longestRound)
	if after := tokens(0); after != before {
		t.Errorf("written without leading: %s, before %s", after, before)
	}
	must(0, "SET GLOBAL read_only=1")
	c.setActive(Active{Server: "backup", Epoch: 2, Leading: true})
	must(1, "SET GLOBAL read_only=0")
	since := time.Now()
	took := c.until("main follows", c.ready("main", since))
	t.Logf("the old one is ready after %v", took.Round(time.Millisecond))
	if got := tokens(1); !strings.HasSuffix(got, " in 2") {
		t.Errorf("token %s", got)
	}
	for _, r := range c.sink.replication("main", since) {
		if r.Errant {
			t.Errorf("%+v", r)
		}
	}
	must(0, "SET SESSION sql_log_bin=0", "REPLACE INTO jembatan.heartbeat VALUES (77,1,9)")
	time.Sleep(2 * longestRound)
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	var epochs []uint64
	for _, e := range c.sink.events {
		if e, ok := e.(failover.EpochSeen); ok {
			epochs = append(epochs, e.Epoch)
		}
	}
	if len(epochs) != 1 || epochs[0] != 9 {
		t.Errorf("epochs %v, want 9 once", epochs)
	}
}

// TestStuckCommit: commits wait for a standby that does not read. One token waits
// with them, and everything else goes on.
func TestStuckCommit(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	must := func(i int, statements ...string) {
		if err := c.Servers[i].Exec(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
	}
	must(0, "SET GLOBAL rpl_semi_sync_master_timeout=600000, GLOBAL rpl_semi_sync_master_wait_no_slave=1, GLOBAL rpl_semi_sync_master_enabled=1")
	must(1, "STOP SLAVE IO_THREAD")
	since := time.Now()
	time.Sleep(6 * time.Second)
	var n int
	if err := c.Servers[0].Root().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='jembatan_writer'").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions of the writer, %v", n, err)
	}
	c.rounds("backup", since, 1300*time.Millisecond)
	if v := c.sink.verdict("main"); v == health.Failed {
		t.Error("main has failed")
	}
	must(1, "START SLAVE")
	c.until("tokens flow again", c.ready("backup", time.Now()))
	if bad := c.failing(time.Time{}); len(bad) > 0 {
		t.Errorf("%d times: %+v", len(bad), bad[0])
	}
}
