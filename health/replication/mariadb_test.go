package replication_test

import (
	"testing"
	"time"

	"jembatan/health/replication"
	"jembatan/internal/mariadb"
)

// TestPair takes one pair through everything that it comes back from.
func TestPair(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring})
	_, took := w.until("backup", "in sync", settle)
	t.Logf("in sync %v after the set-up", took.Round(time.Millisecond))
	t.Run("in sync", w.healthy)
	t.Run("stopped threads", w.stoppedThreads)
	t.Run("lag", w.lag)
	t.Run("cut", w.cut)
	t.Run("hung network", w.hung)
	t.Run("roles change", w.rolesChange)
	t.Run("frozen", w.frozen)
	t.Run("killed and restarted", w.restarted)
	t.Run("errant write", w.errant)
	t.Run("privileges", w.privileges)
	t.Run("fork", w.fork)
}

func (w *world) sub(t *testing.T) func() {
	t.Helper()
	outer := w.t
	w.t = t
	return func() { w.t = outer }
}

func (w *world) healthy(t *testing.T) {
	defer w.sub(t)()
	w.exec(0, "INSERT INTO app.t VALUES (1,1),(2,2)")
	sr, _ := w.until("backup", "in sync", settle)
	if sr.Drained != replication.Yes || sr.Fresh != replication.Yes || !sr.Errant.Empty() || sr.Open != replication.No || sr.SyncedAt.IsZero() {
		t.Errorf("%+v", sr)
	}
	began := time.Now()
	rep := w.round()
	t.Logf("a round with token and both reads: %v", time.Since(began).Round(time.Microsecond))
	if len(rep.Links) != 2 || rep.Links[0].From != "backup" || rep.Links[1].From != "main" {
		t.Errorf("links: %+v", rep.Links)
	}
	if len(rep.Writable) != 1 || rep.Writable[0] != "main" {
		t.Errorf("writable: %v", rep.Writable)
	}
	if active := rep.Server("main"); active.State != replication.InSync {
		t.Errorf("the active server: %s", show(active))
	}
	for _, warn := range rep.Warnings {
		t.Errorf("warning: %+v", warn)
	}
}

func (w *world) stoppedThreads(t *testing.T) {
	defer w.sub(t)()
	w.exec(1, "STOP SLAVE SQL_THREAD")
	w.until("backup", "broken: thread-stopped [applying", settle)
	w.exec(1, "START SLAVE", "STOP SLAVE IO_THREAD")
	w.until("backup", "broken: thread-stopped [receiving", settle)
	w.exec(1, "START SLAVE")
	w.until("backup", "in sync", settle)
	w.exec(0, "STOP SLAVE")
	if active := w.round().Server("main"); active.Reason != replication.ThreadStopped {
		t.Errorf("the way back: %s", show(active))
	}
	w.exec(0, "START SLAVE")
	w.until("main", "in sync", settle)
}

func (w *world) lag(t *testing.T) {
	defer w.sub(t)()
	conn, err := w.Servers[1].Root().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES app.t WRITE"); err != nil {
		t.Fatal(err)
	}
	w.exec(0, "INSERT INTO app.t VALUES (10,1)", "INSERT INTO app.t VALUES (11,1)", "INSERT INTO app.t VALUES (12,1)")
	sr, _ := w.until("backup", "lagging: missing", settle)
	if sr.Behind < 3 || sr.Drained != replication.No {
		t.Errorf("behind %d, drained %s", sr.Behind, sr.Drained)
	}
	if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	sr, _ = w.until("backup", "in sync", settle)
	if sr.Behind != 0 || sr.Drained != replication.Yes {
		t.Errorf("behind %d, drained %s", sr.Behind, sr.Drained)
	}
}

func (w *world) cut(t *testing.T) {
	defer w.sub(t)()
	w.Link(0, 1).Cut()
	sr, took := w.until("backup", "broken: source-lost", settle)
	t.Logf("cut seen after %v: %s", took.Round(time.Millisecond), show(sr))
	if !sr.SourceLost {
		t.Error("not SourceLost")
	}
	w.Link(0, 1).Heal()
	_, took = w.until("backup", "in sync", settle)
	t.Logf("healed: in sync after %v", took.Round(time.Millisecond))
}

// hung lets nothing through while every connection stays open: the threads say
// Yes, the lag says 0.
func (w *world) hung(t *testing.T) {
	defer w.sub(t)()
	w.Link(0, 1).Hold()
	_, took := w.until("backup", "lagging: missing", settle)
	t.Logf("a hung network is lag after %v", took.Round(time.Millisecond))
	_, took = w.until("backup", "broken: source-lost", settle)
	t.Logf("and source-lost after %v more", took.Round(time.Millisecond))
	w.Link(0, 1).Heal()
	w.until("backup", "in sync", settle)
}

// rolesChange moves the writes there and back; nothing is restarted.
func (w *world) rolesChange(t *testing.T) {
	defer w.sub(t)()
	for i, to := range []string{"backup", "main"} {
		from := w.active
		w.exec(i, "SET GLOBAL read_only=1")
		w.until(to, "in sync", settle)
		w.exec(1-i, "SET GLOBAL read_only=0")
		w.active = to
		w.epoch++
		w.exec(1-i, "INSERT INTO app.t VALUES ("+string(rune('5'+i))+"0,1)")
		sr, _ := w.until(from, "in sync", settle)
		if !sr.Errant.Empty() {
			t.Errorf("errant: %v", sr.Errant)
		}
	}
}

func (w *world) frozen(t *testing.T) {
	defer w.sub(t)()
	synced := w.round().Server("backup").SyncedAt
	if err := w.Servers[0].Pause(); err != nil {
		t.Fatal(err)
	}
	sr, took := w.until("backup", "unknown: active-no-answer", settle)
	t.Logf("frozen: not in sync after %v", took.Round(time.Millisecond))
	if sr.SyncedAt.Before(synced) || sr.Drained != replication.Yes {
		t.Errorf("%+v", sr)
	}
	for began := time.Now(); !w.round().Server("backup").SourceLost; {
		if time.Since(began) > settle {
			t.Fatal("never SourceLost")
		}
	}
	if err := w.Servers[0].Resume(); err != nil {
		t.Fatal(err)
	}
	w.until("backup", "in sync", settle)
}

func (w *world) restarted(t *testing.T) {
	defer w.sub(t)()
	before := w.round().Server("backup").Up
	w.Servers[1].Kill()
	w.until("backup", "unknown: no-answer", settle)
	if err := w.Servers[1].Start(t.Context(), "--read-only=ON"); err != nil {
		t.Fatal(err)
	}
	w.exec(0, "INSERT INTO app.t VALUES (30,1)")
	if sr, _ := w.until("backup", "broken: thread-stopped", settle); before <= 0 || sr.Up >= before { // skip-slave-start
		t.Errorf("up for %v, and started anew for %v", before, sr.Up)
	}
	w.exec(1, "START SLAVE")
	w.until("backup", "in sync", settle)
	w.Servers[0].Kill()
	sr, took := w.until("backup", "unknown: active-no-answer", settle)
	t.Logf("killed: seen after %v", took.Round(time.Millisecond))
	if sr.Drained != replication.Yes || !sr.Errant.Empty() {
		t.Errorf("%+v", sr)
	}
	if err := w.Servers[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.exec(0, "START SLAVE")
	w.until("backup", "in sync", settle)
}

// errant writes on the standby as an administrator, who passes read_only. It
// replicates, no thread complains, and the data agree.
func (w *world) errant(t *testing.T) {
	defer w.sub(t)()
	w.until("backup", "in sync", settle)
	w.exec(1, "INSERT INTO app.t VALUES (40,1)")
	w.arrives(0, 40) // a token written before that would make a fork of it
	sr, _ := w.until("backup", "broken: errant-writes", settle)
	if own := sr.Errant.Origins(); len(own) != 1 || own[0].Server != 2 {
		t.Errorf("errant: %v", sr.Errant)
	}
	if again := w.round().Server("backup"); again.Reason != replication.ErrantWrites {
		t.Errorf("later: %s", show(again))
	}
	w.h = w.h.Accept("backup")
	w.until("backup", "in sync", settle)
}

// arrives waits until a server has a row.
func (w *world) arrives(i, id int) {
	w.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var n int
		err := w.Servers[i].Root().QueryRowContext(w.t.Context(), "SELECT COUNT(*) FROM app.t WHERE id=?", id).Scan(&n)
		if n == 1 {
			return
		}
		if time.Since(began) > settle {
			w.t.Fatalf("row %d never arrives at server %d: %v", id, i, err)
		}
	}
}

func (w *world) privileges(t *testing.T) {
	outer := w.t
	defer w.sub(t)()
	again := func() { // a session keeps the global privileges that it began with
		w.targets[1].DB = open(outer, w.Servers[1], "c").DB
	}
	w.exec(1, "SET sql_log_bin=0", "REVOKE REPLICA MONITOR ON *.* FROM c@'%'")
	again()
	w.until("backup", "unknown: denied (1227)", settle)
	w.exec(1, "SET sql_log_bin=0", "GRANT REPLICA MONITOR ON *.* TO c@'%'")
	w.exec(1, "SET sql_log_bin=0", "ALTER USER c@'%' IDENTIFIED BY 'other'")
	again()
	w.until("backup", "unknown: denied (1045)", settle)
	w.exec(1, "SET sql_log_bin=0", "ALTER USER c@'%' IDENTIFIED BY 'c'")
	again()
	w.until("backup", "in sync", settle)
}

// fork writes on both sides of a cut; strict mode stops both threads.
func (w *world) fork(t *testing.T) {
	defer w.sub(t)()
	w.Link(0, 1).Cut()
	w.Link(1, 0).Cut()
	w.exec(0, "INSERT INTO app.t VALUES (160,1)")
	w.exec(1, "INSERT INTO app.t VALUES (161,1)")
	w.until("backup", "forked: diverged", settle)
	w.Link(0, 1).Heal()
	w.Link(1, 0).Heal()
	for began := time.Now(); ; {
		rep := w.round()
		if rep.Server("backup").State != replication.Forked {
			t.Fatal(show(rep.Server("backup")))
		}
		if rep.Links[0].Errno == 1950 && rep.Links[1].Errno == 1950 {
			break
		}
		if time.Since(began) > settle {
			t.Fatalf("links: %+v", rep.Links)
		}
	}
}

// TestSameKeyInTwoDomains has the conflict that no status shows.
func TestSameKeyInTwoDomains(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Domains: true})
	w.exec(0, "INSERT INTO app.t VALUES (3,1)")
	w.until("backup", "in sync", settle)
	w.Link(0, 1).Cut()
	w.Link(1, 0).Cut()
	w.exec(0, "UPDATE app.t SET v=1001 WHERE id=3", "INSERT INTO app.t VALUES (7,1)")
	w.exec(1, "UPDATE app.t SET v=2001 WHERE id=3")
	w.until("backup", "forked: diverged", settle)
	w.Link(0, 1).Heal()
	w.Link(1, 0).Heal()
	w.until("backup", "broken: errant-writes", settle) // all sets are equal again, and every thread runs
	w.Link(0, 1).Cut()
	w.Link(1, 0).Cut()
	w.exec(0, "INSERT INTO app.t VALUES (9,1)")
	w.exec(1, "INSERT INTO app.t VALUES (9,2)")
	w.Link(0, 1).Heal()
	for began := time.Now(); ; {
		rep := w.round()
		if rep.Server("backup").State == replication.Forked && rep.Links[1].Errno == 1062 {
			break
		}
		if time.Since(began) > settle {
			t.Fatalf("%s, links %+v", show(rep.Server("backup")), rep.Links)
		}
	}
}

func TestDuplicateServerID(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, SameID: true})
	w.until("backup", "broken: duplicate-id (1593)", settle)
}

// TestShapes has more than two servers: a server in sync over another one.
func TestShapes(t *testing.T) {
	t.Run("ring", func(t *testing.T) {
		w := start(t, mariadb.Options{Servers: 3, Shape: mariadb.Ring})
		w.until("backup", "in sync", settle)
		w.until("third", "in sync", settle)
		w.Link(1, 2).Cut()
		w.until("third", "broken: source-lost", settle)
		w.until("backup", "in sync", settle)
		w.Link(1, 2).Heal()
		w.until("third", "in sync", settle)
		w.Link(0, 1).Cut()
		sr, _ := w.until("third", "broken: source-lost", settle)
		if sr.SourceLost {
			t.Error("third does not read from main")
		}
	})
	for name, shape := range map[string]mariadb.Shape{"star": mariadb.Star, "all": mariadb.All} {
		t.Run(name, func(t *testing.T) {
			w := start(t, mariadb.Options{Servers: 3, Shape: shape, Args: []string{"--gtid-ignore-duplicates=ON"}})
			w.until("backup", "in sync", settle)
			w.until("third", "in sync", settle)
			w.Link(0, 2).Cut()
			if shape == mariadb.Star {
				w.until("third", "broken: source-lost", settle)
				return
			}
			time.Sleep(100 * time.Millisecond)
			w.until("third", "in sync", settle) // over the other one
		})
	}
}

// TestSemiSync has a standby that is proven to hold every acknowledged commit,
// and one that no longer is.
func TestSemiSync(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring})
	w.rules.SemiSync = true
	w.exec(0, "SET GLOBAL rpl_semi_sync_master_enabled=1, GLOBAL rpl_semi_sync_master_timeout=500")
	w.exec(1, "STOP SLAVE IO_THREAD", "START SLAVE IO_THREAD")
	for began := time.Now(); w.round().Server("backup").LosslessAt.IsZero(); {
		if time.Since(began) > settle {
			t.Fatalf("never lossless: %s", show(w.round().Server("backup")))
		}
	}
	if warn := w.round().Warnings; len(warn) > 0 {
		t.Errorf("warnings: %+v", warn)
	}
	w.exec(1, "STOP SLAVE IO_THREAD")
	w.exec(0, "INSERT INTO app.t VALUES (70,1)") // waits 0.5 s, then falls back
	before := w.round().Server("backup").LosslessAt
	w.exec(1, "SET GLOBAL rpl_semi_sync_slave_enabled=0", "START SLAVE IO_THREAD")
	w.until("backup", "in sync", settle)
	if after := w.round().Server("backup").LosslessAt; !after.Equal(before) {
		t.Error("lossless without semi-sync")
	}
	if len(w.round().Warnings) == 0 {
		t.Error("no warning of a source side that is off")
	}
}
