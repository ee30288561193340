package replication_test

import (
	"testing"
	"time"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// TestMySQLPair takes a real MySQL pair through the verdicts.
func TestMySQLPair(t *testing.T) {
	w := prepare(t, mariadb.TestMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}), tunnel.MySQL)
	w.exec(0, "INSERT INTO app.t VALUES (1,1),(2,2)")
	sr, _ := w.until("backup", "in sync", settle)
	if sr.Drained != replication.Yes || sr.Fresh != replication.Yes || !sr.Errant.Empty() || sr.Open != replication.No {
		t.Errorf("%+v", sr)
	}
	rep := w.round()
	for _, warn := range rep.Warnings {
		t.Errorf("warning: %+v", warn)
	}
	w.exec(1, "STOP REPLICA SQL_THREAD")
	w.until("backup", "broken: thread-stopped [applying", settle)
	w.exec(1, "START REPLICA", "STOP REPLICA IO_THREAD")
	w.until("backup", "broken: thread-stopped [receiving", settle)
	w.exec(1, "START REPLICA")
	w.until("backup", "in sync", settle)

	w.Link(0, 1).Cut()
	sr, _ = w.until("backup", "broken: source-lost", settle)
	t.Log(show(sr))
	w.Link(0, 1).Heal()
	w.until("backup", "in sync", settle)

	w.exec(1, "SET GLOBAL super_read_only=0", "SET GLOBAL read_only=1")
	w.until("backup", "broken: standby-writable", settle)
	w.exec(1, "INSERT INTO app.t VALUES (40,1)")
	sr, _ = w.until("backup", "broken: errant-writes", settle)
	if sr.Errant.Count() != 1 {
		t.Errorf("errant: %v", sr.Errant)
	}
	w.h = w.h.Accept("backup")
	w.exec(1, "SET GLOBAL super_read_only=1")
	w.until("backup", "in sync", settle)

	w.Servers[0].Kill()
	sr, _ = w.until("backup", "unknown: active-no-answer", settle)
	if sr.Drained != replication.Yes {
		t.Errorf("%+v", sr)
	}
	for began := time.Now(); !w.round().Server("backup").SourceLost; {
		if time.Since(began) > settle {
			t.Fatal("never SourceLost")
		}
	}
	if err := w.Servers[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; { // It says whole seconds.
		if up := w.round().Server("main").Up; up > settle || time.Since(began) > settle {
			t.Fatalf("up for %v", up)
		} else if up > 0 {
			return
		}
	}
}

func TestMySQLFork(t *testing.T) {
	w := prepare(t, mariadb.TestMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}), tunnel.MySQL)
	w.until("backup", "in sync", settle)
	w.Link(0, 1).Cut()
	w.Link(1, 0).Cut()
	w.exec(0, "INSERT INTO app.t VALUES (60,1)")
	w.exec(1, "SET GLOBAL super_read_only=0", "INSERT INTO app.t VALUES (60,2)")
	w.until("backup", "forked: diverged", settle)
}

// TestMySQLDoesTheSameArithmetic asks the server's own functions.
func TestMySQLDoesTheSameArithmetic(t *testing.T) {
	c := mariadb.TestMySQL(t, mariadb.Options{})
	const u, v = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "8f1ab9d0-0000-11ee-8000-0242ac110002"
	texts := []string{
		"", u + ":1-7", u + ":1-3:5-9", u + ":4", v + ":1-100," + u + ":6-8", u + ":1-5:mig:1-3:9," + v + ":2",
		u + ":mig:2-4:other:1", u + ":mig:1-3", " " + u + " : 1 - 3 ,\n" + v + ":7",
	}
	for _, x := range texts {
		for _, y := range texts {
			a, err1 := gtid.ParseMySQL(x)
			b, err2 := gtid.ParseMySQL(y)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			var minus string
			var subset bool
			err := c.Servers[0].Root().QueryRowContext(t.Context(), "SELECT GTID_SUBTRACT(?,?), GTID_SUBSET(?,?)", x, y, x, y).Scan(&minus, &subset)
			if err != nil {
				t.Fatalf("%q %q: %v", x, y, err)
			}
			theirs, err := gtid.ParseMySQL(minus)
			if err != nil {
				t.Fatal(err)
			}
			if !theirs.Equal(a.Minus(b)) || subset != b.Contains(a) {
				t.Errorf("%q minus %q: the server says %q and %v, we say %q and %v", x, y, minus, subset, a.Minus(b), b.Contains(a))
			}
		}
	}
}
