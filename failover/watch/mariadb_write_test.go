package watch

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// holding is a session of root's that holds what a statement locks, until it ends.
func (c *cluster) holding(t *testing.T, i int, statement string) (release func()) {
	t.Helper()
	conn, err := c.Servers[i].Root().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), "UNLOCK TABLES"); err != nil {
			t.Error(err)
		}
		_ = conn.Close()
	}
}

// failing are the samples since a time that say that writes fail.
func (c *cluster) failing(since time.Time) []health.Sample {
	return c.sink.of(since, func(s health.Sample) bool { return s.Reason == health.WriteFailed })
}

// TestLocked: a session keeps everybody from writing, and every other probe is well.
func TestLocked(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	if early := c.failing(time.Time{}); len(early) > 0 {
		t.Errorf("before: %+v", early[0])
	}
	release := c.holding(t, 0, "FLUSH TABLES WITH READ LOCK")
	took := c.until("main has failed", c.is("main", health.Failed))
	t.Logf("failed after %v", took.Round(time.Millisecond))
	if took > 3*time.Second+busy { // a second, a heartbeat, three misses
		t.Errorf("after %v", took)
	}
	time.Sleep(4 * time.Second) // more than one statement's patience
	if v := c.sink.verdict("main"); v != health.Failed {
		t.Errorf("still locked, and %v", v)
	}
	release()
	took = c.until("main is healthy again", c.is("main", health.Healthy))
	t.Logf("healthy after %v", took.Round(time.Millisecond))
	for _, s := range c.failing(time.Time{}) {
		if s.Server != "main" {
			t.Errorf("%+v", s)
		}
	}
	c.until("backup is ready", c.ready("backup", time.Now()))
}

// TestUsersWrite: only the token's row is locked. The controller misses it alone.
func TestUsersWrite(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	if err := c.Servers[0].Exec(t.Context(), "CREATE TABLE jembatan.other (a INT) ENGINE=InnoDB"); err != nil {
		t.Fatal(err)
	}
	conn, err := c.Servers[0].Root().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(t.Context(), &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT * FROM jembatan.heartbeat FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	for time.Since(since) < 5*time.Second {
		if err := c.Servers[0].Exec(t.Context(), "INSERT INTO jembatan.other VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	alone := c.failing(since)
	if len(alone) == 0 {
		t.Error("nobody misses the token")
	}
	for _, s := range alone {
		if s.Vantage != controller {
			t.Errorf("%+v", s)
		}
	}
	if v := c.sink.verdict("main"); v == health.Failed {
		t.Error("main has failed")
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	c.until("main is healthy again", c.is("main", health.Healthy))
}

// TestLateApplier: a standby that applies an hour late is behind, and no witness of
// anything.
func TestLateApplier(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	if err := c.Servers[1].Exec(t.Context(), "STOP ALL SLAVES", "CHANGE MASTER 'main' TO MASTER_DELAY=3600", "START ALL SLAVES"); err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	time.Sleep(5 * time.Second)
	if bad := c.failing(time.Time{}); len(bad) > 0 {
		t.Errorf("%+v", bad[0])
	}
	good := c.sink.of(since, func(s health.Sample) bool { return s.Probe == writeProbe && s.OK })
	if len(good) < 10 {
		t.Errorf("%d good writes", len(good))
	}
	if v := c.sink.verdict("main"); v != health.Healthy {
		t.Errorf("main is %v", v)
	}
}

// TestFenceTakesTheLock: the emergency fence of a locked server ends the session
// that holds the lock, and is proven.
func TestFenceTakesTheLock(t *testing.T) {
	c := watched(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, "lan")
	c.settled()
	if err := c.Servers[0].Exec(t.Context(), "CREATE USER app@'%' IDENTIFIED BY 'a'", "GRANT SELECT,INSERT,RELOAD,LOCK TABLES ON *.* TO app@'%'"); err != nil {
		t.Fatal(err)
	}
	open := func(login database.Login) *sql.DB {
		db, err := replication.Account{Address: c.Servers[0].Address(), User: login.User, Password: login.Password}.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	app, err := open(database.Login{User: "app", Password: "a"}).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.ExecContext(t.Context(), "FLUSH TABLES WITH READ LOCK"); err != nil {
		t.Fatal(err)
	}
	c.until("main has failed", c.is("main", health.Failed))
	p, err := database.Fence{Epoch: 2, Server: database.Server{
		Name: "main", Engine: tunnel.MariaDB,
		Admin: open(database.Login{User: "jembatan_fence", Password: "f"}), Writer: open(database.Login{User: "jembatan_writer", Password: "w"}),
	}}.Ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sessions killed in %v, %d attempts", p.Killed, p.Took.Round(time.Millisecond), p.Attempts)
	if _, err := app.ExecContext(t.Context(), "SELECT 1"); err == nil {
		t.Error("who held the lock lives on")
	}
	if p.ReadOnly != replication.Yes || p.Refused != replication.Yes || p.Took > 3*time.Second {
		t.Errorf("%+v", p)
	}
}
