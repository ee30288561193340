package database_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// TestFenceAndOpen moves the writes of a pair there and back.
func TestFenceAndOpen(t *testing.T) {
	fenceAndOpen(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

func TestFenceAndOpenMySQL(t *testing.T) {
	fenceAndOpen(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

func fenceAndOpen(t *testing.T, w *world) {
	t.Helper()
	c := w.write(0, 4)
	eventually(t, 5*time.Second, "writing", func() bool { return c.total() > 50 })
	fence := database.Fence{Server: w.servers[0], Holder: "c1", Epoch: 7}
	p, err := fence.Ensure(t.Context())
	must(t, err)
	fenced := time.Now()
	if p.ReadOnly != replication.Yes || p.Refused != replication.Yes || p.Killed < 4 {
		t.Errorf("proof: %+v", p)
	}
	t.Logf("fence under load: %v, %d sessions killed, %d attempts", p.Took, p.Killed, p.Attempts)
	time.Sleep(300 * time.Millisecond)
	if n, last := c.since(fenced); n > 0 {
		t.Errorf("%d writes acknowledged after the fence, the last %v later", n, last)
	}
	c.end()
	if _, err := fence.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if p, err := fence.Ensure(t.Context()); err != nil {
		t.Errorf("a second time: %+v, %v", p, err)
	}
	o := w.openServer(1, 7)
	p, err = o.Ensure(t.Context())
	must(t, err)
	t.Logf("open: %v", p.Took)
	if _, err := o.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := w.app(1).Exec("INSERT INTO app.t (v) VALUES (2)"); err != nil {
		t.Error(err)
	}
	if _, err := (database.Fence{Server: w.servers[1], Epoch: 7}).Check(t.Context()); !errors.Is(err, database.ErrUnproven) {
		t.Errorf("check of an open server: %v", err)
	}
	if p, err := w.openServer(0, 7).Check(t.Context()); !errors.Is(err, database.ErrUnproven) {
		t.Errorf("check of a fenced server: %+v, %v", p, err)
	}
}

// TestFenceAgainstLocks has what blocks read_only: LOCK TABLES, a long
// statement and an open transaction.
func TestFenceAgainstLocks(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	for name, statements := range map[string][]string{
		"lock tables":      {"LOCK TABLES app.t WRITE"},
		"open transaction": {"BEGIN", "INSERT INTO app.t (v) VALUES (3)"},
		"read lock":        {"LOCK TABLES app.t READ"},
		"long statement":   {"INSERT INTO app.t (v) SELECT SLEEP(30)"},
	} {
		t.Run(name, func(t *testing.T) {
			must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL read_only=0"))
			conn, err := w.app(0).Conn(t.Context())
			must(t, err)
			ended := make(chan error, 1)
			held := make(chan struct{})
			go func() {
				var err error
				for i, s := range statements {
					if i == len(statements)-1 && strings.Contains(s, "SLEEP") {
						close(held)
					}
					_, err = conn.ExecContext(t.Context(), s)
				}
				ended <- err
			}()
			if name == "long statement" {
				<-held
				time.Sleep(100 * time.Millisecond)
				must(t, nil)
			} else {
				must(t, <-ended)
				ended <- nil
			}
			p, err := (database.Fence{Server: w.servers[0], Epoch: 1}).Ensure(t.Context())
			must(t, err)
			t.Logf("%v, %d attempts", p.Took, p.Attempts)
			if p.Took > 3*time.Second {
				t.Errorf("took %v", p.Took)
			}
			<-ended
			if _, err := conn.ExecContext(t.Context(), "COMMIT"); err == nil {
				t.Error("a transaction committed past the fence")
			}
		})
	}
}

// TestFenceKillsAdministrators: whoever passes read_only is thrown out.
func TestFenceKillsAdministrators(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	must(t, w.Servers[0].Exec(t.Context(), "CREATE USER boss@'%' IDENTIFIED BY 'b'", "GRANT ALL ON *.* TO boss@'%'"))
	boss, err := w.open(0, database.Login{User: "boss", Password: "b"}).Conn(t.Context())
	must(t, err)
	if _, err := boss.ExecContext(t.Context(), "INSERT INTO app.t (v) VALUES (4)"); err != nil {
		t.Fatal(err)
	}
	p, err := (database.Fence{Server: w.servers[0], Epoch: 1}).Ensure(t.Context())
	must(t, err)
	if p.Killed != 1 {
		t.Errorf("killed %d", p.Killed)
	}
	if _, err := boss.ExecContext(t.Context(), "INSERT INTO app.t (v) VALUES (5)"); err == nil {
		t.Error("its session lives on")
	}
}

// TestEpochs: whoever has seen a higher epoch refuses a lower one, for each effect.
func TestEpochs(t *testing.T) {
	w := start(t, mariadb.Options{}, true)
	_, err := (database.Fence{Server: w.servers[0], Holder: "c2", Epoch: 9}).Ensure(t.Context())
	must(t, err)
	var epoch *database.EpochError
	_, err = w.openServer(0, 8).Ensure(t.Context())
	if !errors.As(err, &epoch) || epoch.Seen != 9 {
		t.Errorf("open with a lower epoch: %v", err)
	}
	_, err = (database.Fence{Server: w.servers[0], Holder: "c1", Epoch: 9}).Ensure(t.Context())
	if !errors.As(err, &epoch) {
		t.Errorf("the same epoch of another holder: %v", err)
	}
	if _, err := (database.Open{Server: w.servers[0], Holder: "c1", Epoch: 10, Token: w.nextToken()}).Ensure(t.Context()); err != nil {
		t.Errorf("a higher epoch: %v", err)
	}
	var logged int
	must(t, w.Servers[0].Root().QueryRow("SELECT @@gtid_binlog_pos LIKE '10-1-1'").Scan(&logged))
	if logged != 1 {
		t.Error("the lease is in the binary log, or the token is not")
	}
}

// TestWriterThatPasses: a write account with too many rights proves nothing and is found out.
func TestWriterThatPasses(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	must(t, w.Servers[0].Exec(t.Context(), "GRANT READ ONLY ADMIN ON *.* TO jembatan_write@'%'"))
	if _, err := (database.Fence{Server: w.servers[0], Epoch: 1}).Ensure(t.Context()); !errors.Is(err, database.ErrUnproven) {
		t.Errorf("fence: %v", err)
	}
}

// TestOpenThatFailsIsClosed: without the proof of a write the server does not stay open.
func TestOpenThatFailsIsClosed(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	must(t, w.Servers[0].Exec(t.Context(), readOnly(w.engine), "REVOKE INSERT ON jembatan.heartbeat FROM jembatan_write@'%'"))
	if _, err := w.openServer(0, 1).Ensure(t.Context()); !errors.Is(err, database.ErrUnproven) {
		t.Errorf("open: %v", err)
	}
	var ro bool
	must(t, w.Servers[0].Root().QueryRow("SELECT @@read_only").Scan(&ro))
	if !ro {
		t.Error("it stays open")
	}
}

// TestSecretsStayInside: no error of a refused log-in shows the password.
func TestSecretsStayInside(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	s := w.servers[0]
	s.Admin = w.open(0, database.Login{User: "jembatan_fence", Password: "wr0ng-s3cret"})
	_, err := (database.Fence{Server: s, Epoch: 1}).Ensure(t.Context())
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error: %v", err)
	}
}

func TestDryRun(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	must(t, w.Servers[0].Exec(t.Context(), readOnly(w.engine)))
	must(t, w.servers[0].DryRun(t.Context()))
	var state string
	must(t, w.Servers[0].Root().QueryRow("SELECT @@gtid_binlog_state").Scan(&state))
	if state != "" {
		t.Errorf("it left %s", state)
	}
}

// TestFenceAgainstWaitingCommit has commits that wait for a standby which is gone:
// they are killed, and no client is told that its write is safe.
func TestFenceAgainstWaitingCommit(t *testing.T) {
	fenceAgainstWaitingCommit(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false))
}

func TestFenceAgainstWaitingCommitMySQL(t *testing.T) {
	fenceAgainstWaitingCommit(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: semiSyncPlugins()}, false))
}

func fenceAgainstWaitingCommit(t *testing.T, w *world) {
	t.Helper()
	must(t, w.Servers[1].Exec(t.Context(), w.links("STOP")))
	w.waits(0)
	answers := waiters(t, w, 1)
	fence := database.Fence{Server: w.servers[0], Epoch: 1, SemiSync: w.engine == tunnel.MySQL}
	killed := 0
	for n := 1; n <= 16; n++ {
		_, err := fence.Ensure(t.Context())
		must(t, err)
		for range cap(answers) {
			if err := <-answers; err == nil {
				t.Errorf("round %d of %d clients: one was told that its write is safe", n, cap(answers))
			}
			killed++
		}
		must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL read_only=0"))
		w.waits(0)
		answers = waiters(t, w, 1+n%8)
	}
	_, err := fence.Ensure(t.Context())
	must(t, err)
	t.Logf("%d waiting commits killed, none answered", killed)
}

// applierWaits has the first server of a pair apply something of the second, which
// does not read from it any more.
func (w *world) applierWaits() {
	w.t.Helper()
	must(w.t, w.Servers[1].Exec(w.t.Context(), w.links("STOP"), "SET GLOBAL read_only=0", "INSERT INTO app.t (v) VALUES (7)"))
	eventually(w.t, 5*time.Second, "the applier waiting", func() bool {
		var n int
		err := w.Servers[0].Root().QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='system user' AND STATE LIKE '%semi-sync ACK%'").Scan(&n)
		return err == nil && n > 0
	})
}

// waits has commits on a server wait for a standby, for as long as it takes.
func (w *world) waits(i int) {
	w.t.Helper()
	must(w.t, w.Servers[i].Exec(w.t.Context(), w.waiting()...))
}

func (w *world) waiting() []string {
	return []string{"SET GLOBAL " + w.sourceSide() + "_timeout=4294967295", "SET GLOBAL " + w.sourceSide() + "_enabled=1"}
}

// sourceSide begins the names of the variables of semi-sync's source side.
func (w *world) sourceSide() string {
	if w.engine == tunnel.MySQL {
		return "rpl_semi_sync_source"
	}
	return "rpl_semi_sync_master"
}

// links starts or stops the link of a server of a pair.
func (w *world) links(verb string) string {
	if w.engine == tunnel.MySQL {
		return verb + " REPLICA"
	}
	return verb + " SLAVE"
}

// semiSyncPlugins are what MySQL needs for both sides.
func semiSyncPlugins() []string {
	return []string{"--plugin-load-add=semisync_source.so", "--plugin-load-add=semisync_replica.so", "--rpl-semi-sync-source-timeout=86400000"}
}

// waiters starts clients that commit, and returns when each of them waits.
func waiters(t *testing.T, w *world, n int) chan error {
	t.Helper()
	answers := make(chan error, n)
	db := w.app(0)
	for i := range n {
		go func() {
			_, err := db.ExecContext(context.Background(), "INSERT INTO app.t (v) VALUES (?)", i)
			answers <- err
		}()
	}
	eventually(t, 5*time.Second, "waiting", func() bool {
		var busy, acks int
		err := w.Servers[0].Root().QueryRow("SELECT COUNT(*), COALESCE(SUM(STATE LIKE '%semi-sync ACK%'),0) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO app.t%'").Scan(&busy, &acks)
		return err == nil && busy == n && acks > 0
	})
	return answers
}

// TestFenceAgainstWaitingApplier has a server that was cut off and is reachable
// again: its own commits wait for a standby that has left it, and so does what it
// applies of the new active server. Nobody can kill that one.
func TestFenceAgainstWaitingApplier(t *testing.T) {
	fenceAgainstWaitingApplier(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false))
}

func TestFenceAgainstWaitingApplierMySQL(t *testing.T) {
	fenceAgainstWaitingApplier(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: semiSyncPlugins()}, false))
}

func fenceAgainstWaitingApplier(t *testing.T, w *world) {
	t.Helper()
	// In this order: what clients leave in the log is a fork, and ends MariaDB's applying.
	for _, waiting := range []int{0, 3} {
		t.Run(fmt.Sprintf("applier and %d clients", waiting), func(t *testing.T) {
			must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL read_only=0"))
			w.waits(0)
			w.applierWaits()
			answers := make(chan error, waiting)
			for i := range waiting {
				go func() {
					_, err := w.app(0).ExecContext(context.Background(), "INSERT INTO app.t (v) VALUES (?)", i)
					answers <- err
				}()
			}
			eventually(t, 5*time.Second, "clients waiting", func() bool {
				var n int
				err := w.Servers[0].Root().QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO app.t%'").Scan(&n)
				return err == nil && n == waiting
			})
			p, err := (database.Fence{Server: w.servers[0], Epoch: 1, SemiSync: true}).Ensure(t.Context())
			must(t, err)
			t.Logf("%v, %d attempts", p.Took, p.Attempts)
			for range waiting {
				if err := <-answers; err == nil {
					t.Error("a client was told that its write is safe")
				}
			}
		})
	}
}
