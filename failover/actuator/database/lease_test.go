package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
)

const ttl = 2 * time.Second

// TestLease lets a server go on while it is renewed, and sees it fence itself
// when it is not: by the event, with clients that hold locks, and by the guard.
func TestLease(t *testing.T) {
	lease(t, start(t, mariadb.Options{}, true))
}

func TestLeaseMySQL(t *testing.T) {
	lease(t, startMySQL(t, mariadb.Options{}, true))
}

func lease(t *testing.T, w *world) {
	t.Helper()
	l := database.Lease{Server: w.servers[0], Holder: "c1", Epoch: 5, TTL: ttl}
	open := func(epoch uint64) {
		o := w.openServer(0, epoch)
		o.TTL = ttl
		_, err := o.Ensure(t.Context())
		must(t, err)
	}
	t.Run("renewed", func(t *testing.T) {
		open(5)
		for range 6 {
			time.Sleep(ttl / 4)
			must(t, l.Renew(t.Context()))
		}
		if !w.isOpen() {
			t.Error("fenced although it was renewed")
		}
		var epoch *database.EpochError
		if err := (database.Lease{Server: w.servers[0], Holder: "c1", Epoch: 4, TTL: ttl}).Renew(t.Context()); !errors.As(err, &epoch) {
			t.Errorf("a lower epoch: %v", err)
		}
		if err := (database.Lease{Server: w.servers[0], Holder: "c0", Epoch: 5, TTL: ttl}).Renew(t.Context()); !errors.As(err, &epoch) {
			t.Errorf("another holder: %v", err)
		}
	})
	t.Run("not renewed", func(t *testing.T) {
		c := w.write(0, 4)
		must(t, l.Renew(t.Context()))
		renewed := time.Now()
		eventually(t, 10*time.Second, "fenced", func() bool { return !w.isOpen() })
		time.Sleep(200 * time.Millisecond)
		n, last := c.since(renewed)
		t.Logf("TTL %v: %d writes after the last renewal, the last of them %v after it", ttl, n, last.Round(time.Millisecond))
		if last > ttl+database.Margin {
			t.Errorf("a write was taken %v after the last renewal", last)
		}
		if last < ttl-time.Second {
			t.Errorf("fenced too early: %v", last)
		}
		if err := l.Renew(t.Context()); !errors.Is(err, database.ErrExpired) && w.engine.String() == "mariadb" {
			t.Errorf("renewed after it ran out: %v", err)
		}
		c.end()
	})
	t.Run("behind locks", func(t *testing.T) {
		time.Sleep(1200 * time.Millisecond) // the event runs on a fenced server too
		open(6)
		conn, err := w.app(0).Conn(t.Context())
		must(t, err)
		if _, err := conn.ExecContext(t.Context(), "LOCK TABLES app.t WRITE"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		eventually(t, 15*time.Second, "fenced", func() bool { return !w.isOpen() })
		took := time.Since(began)
		t.Logf("behind LOCK TABLES: %v after the opening, TTL %v", took.Round(time.Millisecond), ttl)
		if took > ttl+database.Margin {
			t.Errorf("fenced after %v", took)
		}
	})
	t.Run("no lease in force", func(t *testing.T) {
		// The guard may still be killing the sessions of before.
		eventually(t, 5*time.Second, "opened", func() bool {
			_, err := w.openServer(0, 7).Ensure(t.Context())
			return err == nil
		})
		time.Sleep(2500 * time.Millisecond)
		if !w.isOpen() {
			t.Error("fenced without a lease")
		}
	})
}

// isOpen reads the variable as the administrator.
func (w *world) isOpen() bool {
	var ro bool
	err := w.Servers[0].Root().QueryRowContext(w.t.Context(), "SELECT @@GLOBAL.read_only").Scan(&ro)
	return err == nil && !ro
}

// TestGuard is the same beside a server without events.
func TestGuard(t *testing.T) {
	w := start(t, mariadb.Options{Args: []string{"--event-scheduler=OFF"}}, true)
	must(t, w.Servers[0].Exec(t.Context(), "DROP EVENT jembatan.guard"))
	ctx, cancel := context.WithCancel(t.Context())
	looks := make(chan database.Look, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- database.Guard{Server: w.servers[0], Report: func(l database.Look) {
			select {
			case looks <- l:
			default:
			}
		}}.Run(ctx)
	}()
	o := w.openServer(0, 1)
	o.TTL = ttl
	_, err := o.Ensure(t.Context())
	must(t, err)
	c := w.write(0, 2)
	opened := time.Now()
	look := <-looks
	if !look.Expired || look.Err != nil || look.Proof.ReadOnly != replication.Yes {
		t.Errorf("%+v", look)
	}
	t.Logf("guard: fenced %v after the opening, TTL %v, in %v", time.Since(opened).Round(time.Millisecond), ttl, look.Proof.Took.Round(time.Millisecond))
	if w.isOpen() {
		t.Error("it is open")
	}
	c.end()
	cancel()
	must(t, <-ended)
}

// TestPausedMachine stops a server for longer than its TTL, drains the standby
// and lets the server go on with clients writing: what it acknowledges then, and
// how much of that is on no other server, with the lease alone.
func TestPausedMachine(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true)
	acked, last, lost := w.pauseAndResume(t)
	t.Logf("lease alone: %d writes acknowledged after the machine went on, the last %v later; %d acknowledged writes are on no other server",
		acked, last.Round(time.Millisecond), lost)
	if last > 3*time.Second {
		t.Errorf("it took writes for %v", last)
	}
}

// TestPausedMachineWithSemiSync does the same with commits that wait for the
// standby, and no limit to the waiting. What the standby acknowledged before the
// pause may still be acknowledged to clients after it, and is not lost.
func TestPausedMachineWithSemiSync(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true)
	eventually(t, 10*time.Second, "replicating", func() bool {
		var n int
		err := w.Servers[0].Root().QueryRow("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='RPL_SEMI_SYNC_MASTER_CLIENTS'").Scan(&n)
		return err == nil && n == 1
	})
	must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL rpl_semi_sync_master_enabled=1", "SET GLOBAL rpl_semi_sync_master_timeout=4294967295"))
	acked, _, lost := w.pauseAndResume(t)
	t.Logf("with semi-sync that never falls back: %d writes acknowledged after the machine went on; %d acknowledged writes are on no other server", acked, lost)
	if lost > 0 {
		t.Errorf("%d writes are acknowledged and on no other server", lost)
	}
}

func (w *world) pauseAndResume(t *testing.T) (acked int, last time.Duration, lost int) {
	t.Helper()
	o := w.openServer(0, 1)
	o.TTL = ttl
	_, err := o.Ensure(t.Context())
	must(t, err)
	c := w.write(0, 8)
	eventually(t, 10*time.Second, "writing", func() bool { return c.total() > 200 })
	must(t, w.Servers[0].Pause())
	_, err = database.Detach(w.soon(), w.servers[1], "") // the survivor no longer reads from it
	must(t, err)
	time.Sleep(2*ttl + 500*time.Millisecond)
	resumed := time.Now()
	must(t, w.Servers[0].Resume())
	time.Sleep(2 * time.Second)
	acked, last = c.since(resumed)
	c.end()
	open := w.isOpen()
	if n, _ := c.since(time.Now().Add(-time.Second)); n > 0 {
		t.Errorf("%d writes acknowledged a second later", n)
	}
	t.Logf("two seconds later read_only is %t", !open)
	return acked, last, c.missing(t, w.Servers[1].Root())
}

// TestLeaseOfWaitingCommits lets a lease run out while commits wait for a standby
// that is gone: the server closes, and no client is told that its write is safe.
func TestLeaseOfWaitingCommits(t *testing.T) {
	leaseOfWaitingCommits(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

func TestLeaseOfWaitingCommitsMySQL(t *testing.T) {
	args := append(semiSyncPlugins(), "--rpl-semi-sync-replica-enabled=ON")
	leaseOfWaitingCommits(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: args}, true))
}

func leaseOfWaitingCommits(t *testing.T, w *world) {
	t.Helper()
	for round := range 4 {
		eventually(t, time.Second, "waiting for a standby", func() bool { // The guard has killed idle connections, too.
			return w.Servers[0].Exec(t.Context(), w.waiting()...) == nil
		})
		must(t, w.Servers[1].Exec(t.Context(), w.links("START")))
		_, err := database.Open{Server: w.servers[0], Holder: "one", Epoch: uint64(round + 1), Token: uint64(round + 1), TTL: time.Second}.Ensure(t.Context())
		must(t, err)
		must(t, w.Servers[1].Exec(t.Context(), w.links("STOP")))
		began := time.Now()
		answers := waiters(t, w, 6)
		eventually(t, time.Second+database.Margin, "closed", func() bool {
			var on bool
			return w.Servers[0].Root().QueryRow("SELECT @@GLOBAL.read_only").Scan(&on) == nil && on
		})
		t.Logf("closed %v after commits began to wait, TTL 1s", time.Since(began).Round(time.Millisecond))
		for range cap(answers) {
			if err := <-answers; err == nil {
				t.Error("a client was told that its write is safe")
			}
		}
	}
}

// TestLeaseThatCannotClose has read_only wait for a session that nobody kills. The
// event lets an applier go on that waits for a standby, and when read_only is given up
// commits wait again: the server is open, and its clients are told that what they wrote
// is safe.
func TestLeaseThatCannotClose(t *testing.T) {
	leaseThatCannotClose(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

func TestLeaseThatCannotCloseMySQL(t *testing.T) {
	leaseThatCannotClose(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: semiSyncPlugins()}, true))
}

func leaseThatCannotClose(t *testing.T, w *world) {
	t.Helper()
	root := w.Servers[0].Root()
	must(t, w.Servers[0].Exec(t.Context(), "GRANT LOCK TABLES, SELECT ON jembatan.* TO "+accounts.Fence.User, "SET GLOBAL read_only=0"))
	w.waits(0)
	w.applierWaits()
	conn, err := w.servers[0].Admin.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	waits := func(want bool) func() bool { // The event kills these sessions, too.
		return func() bool {
			var on bool
			err := root.QueryRowContext(t.Context(), "SELECT @@GLOBAL."+w.sourceSide()+"_enabled").Scan(&on)
			return err == nil && on == want
		}
	}
	_, err = conn.ExecContext(t.Context(), "LOCK TABLES jembatan.heartbeat WRITE")
	must(t, err)
	must(t, database.Lease{Server: w.servers[0], Holder: "c1", Epoch: 1, TTL: time.Second}.Open(t.Context()))
	eventually(t, 15*time.Second, "let go", waits(false))
	eventually(t, 15*time.Second, "wait again", waits(true))
	if !w.isOpen() {
		t.Error("it is closed")
	}
	_, err = conn.ExecContext(t.Context(), "UNLOCK TABLES")
	must(t, err)
	eventually(t, 15*time.Second, "closed", func() bool { return !w.isOpen() })
}
