package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

func TestPlannedMove(t *testing.T) {
	plannedMove(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

func TestPlannedMoveMySQL(t *testing.T) {
	plannedMove(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true))
}

// plannedMove moves the writes there and back under load, and counts.
func plannedMove(t *testing.T, w *world) {
	t.Helper()
	for round := range 4 {
		from, to := round%2, 1-round%2
		c := w.write(from, 4)
		eventually(t, 10*time.Second, "writing", func() bool { return c.total() > 100 })
		began := time.Now()
		_, err := (database.Fence{Server: w.servers[from], Holder: "c1", Epoch: uint64(round + 1)}).Ensure(t.Context())
		must(t, err)
		fenced := time.Since(began)
		all, err := database.StableState(t.Context(), w.servers[from])
		must(t, err)
		d, err := (database.Drain{Server: w.servers[to], All: all}).Ensure(w.soon())
		must(t, err)
		p, err := w.openServer(to, uint64(round+1)).Ensure(t.Context())
		must(t, err)
		t.Logf("fence %v, drain %v, open %v; writes stood still for %v", fenced, d.Took, p.Took, time.Since(began))
		c.end()
		var rows int
		must(t, w.Servers[to].Root().QueryRow("SELECT COUNT(*) FROM app.t").Scan(&rows))
		var before int
		must(t, w.Servers[from].Root().QueryRow("SELECT COUNT(*) FROM app.t").Scan(&before))
		if rows != before || rows < c.total() {
			t.Errorf("%d rows on the old server, %d on the new one, %d acknowledged in this round", before, rows, c.total())
		}
	}
	w.checksumsAgree(t, 0, 1)
}

func (w *world) soon() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func (w *world) checksumsAgree(t *testing.T, a, b int) {
	t.Helper()
	sum := func(i int) (n int64) {
		var name string
		must(t, w.Servers[i].Root().QueryRow("CHECKSUM TABLE app.t").Scan(&name, &n))
		return n
	}
	eventually(t, 10*time.Second, "equal", func() bool { return sum(a) == sum(b) })
}

// TestDrainWaits holds the applier up: the drain waits, changes nothing
// and says how much is left.
func TestDrainWaits(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false)
	conn, err := w.Servers[1].Root().Conn(t.Context())
	must(t, err)
	exec := func(q string) {
		_, err := conn.ExecContext(t.Context(), q)
		must(t, err)
	}
	exec("LOCK TABLES app.t WRITE")
	must(t, w.Servers[0].Exec(t.Context(), "INSERT INTO app.t (v) VALUES (1)", "INSERT INTO app.t (v) VALUES (2)"))
	drain := database.Drain{Server: w.servers[1]}
	eventually(t, 5*time.Second, "received", func() bool { _, err := drain.Check(t.Context()); return err != nil })
	w.Servers[0].Kill()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	d, err := drain.Ensure(short)
	if err == nil || d.Applied == replication.Yes {
		t.Errorf("%+v, %v", d, err)
	}
	short, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if d, err = database.Detach(short, w.servers[1], ""); err == nil || d.Applied == replication.Yes {
		t.Errorf("detached with something unapplied: %+v, %v", d, err)
	}
	exec("UNLOCK TABLES")
	_, err = database.Detach(w.soon(), w.servers[1], "")
	must(t, err)
	var rows int
	must(t, w.Servers[1].Root().QueryRow("SELECT COUNT(*) FROM app.t").Scan(&rows))
	if rows != 2 {
		t.Errorf("%d rows survive of 2 that were received", rows)
	}
}

func TestRejoin(t *testing.T) {
	rejoin(t, start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false))
}

func TestRejoinMySQL(t *testing.T) {
	rejoin(t, startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false))
}

// rejoin loses the main server twice: it returns clean, and then with writes
// that nobody else has.
func rejoin(t *testing.T, w *world) {
	t.Helper()
	boot := "--read-only=ON"
	if w.engine == tunnel.MySQL {
		boot = "--super-read-only=ON"
	}
	insert := func(i int) { must(t, w.Servers[i].Exec(t.Context(), "INSERT INTO app.t (v) VALUES (1)")) }
	insert(0)
	all, err := database.StableState(t.Context(), w.servers[0])
	must(t, err)
	_, err = (database.Drain{Server: w.servers[1], All: all}).Ensure(w.soon())
	must(t, err)
	w.Servers[0].Kill()
	_, err = database.Detach(w.soon(), w.servers[1], "")
	must(t, err)
	_, err = w.openServer(1, 2).Ensure(t.Context())
	must(t, err)
	insert(1)
	must(t, w.Servers[0].Start(t.Context(), boot))

	r := database.Rejoin{Returned: w.servers[0], Active: w.servers[1]}
	began := time.Now()
	c, err := r.Ensure(w.soon())
	must(t, err)
	t.Logf("clean: back in %v, missing were %s", time.Since(began).Round(time.Millisecond), c.Missing)
	if c.Fenced != replication.Yes || !c.Surplus.Empty() || c.Missing.Empty() {
		t.Errorf("%+v", c)
	}
	w.checksumsAgree(t, 0, 1)

	// Now the other way: the active one is cut off and goes on writing.
	w.Link(1, 0).Cut()
	w.Link(0, 1).Cut()
	insert(1)
	must(t, w.Servers[1].Exec(t.Context(), "UPDATE app.t SET v=9", "CREATE TABLE app.u (id INT PRIMARY KEY)"))
	w.Servers[1].Kill()
	_, err = database.Detach(w.soon(), w.servers[0], "")
	must(t, err)
	_, err = w.openServer(0, 3).Ensure(t.Context())
	must(t, err)
	insert(0)
	must(t, w.Servers[1].Start(t.Context(), boot))
	w.Link(1, 0).Heal()
	w.Link(0, 1).Heal()
	r = database.Rejoin{Returned: w.servers[1], Active: w.servers[0]}
	c, err = r.Ensure(w.soon())
	var dirty *database.DirtyError
	if !errors.As(err, &dirty) || c.ChangesKnown != replication.Yes {
		t.Fatalf("dirty: %+v, %v", c, err)
	}
	t.Logf("surplus: %+v", c.Changes)
	type change struct {
		Tables []string
		Events int
		DDL    bool
	}
	var got []change
	for _, ch := range c.Changes {
		got = append(got, change{ch.Tables, ch.Events, ch.DDL})
	}
	want := []change{{[]string{"app.t"}, 1, false}, {[]string{"app.t"}, 1, false}, {nil, 0, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again, err := r.Check(t.Context()); !errors.As(err, &dirty) || again.Running {
		t.Errorf("it was started: %+v", again)
	}
}
