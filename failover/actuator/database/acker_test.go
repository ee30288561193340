package database_test

import (
	"net/netip"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
)

// TestAckerChanges hands acknowledging from one of two standbys to the other and
// back while clients write: they go on, no link breaks, and whoever acknowledges
// alone holds every row that was acknowledged.
func TestAckerChanges(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 3, Shape: mariadb.All, Args: []string{
		"--rpl-semi-sync-master-timeout=86400000", "--rpl-semi-sync-master-wait-point=AFTER_SYNC", "--rpl-semi-sync-slave-enabled=ON",
		"--gtid-ignore-duplicates=ON",
	}}, false)
	acks := func(i int, on bool) error {
		return database.Acker{Server: w.servers[i], Active: w.servers[0], On: on}.Ensure(w.soon())
	}
	clients := func(n int) func() bool { return func() bool { return w.status(t, 0, "clients") == n } }
	eventually(t, 10*time.Second, "two would acknowledge", clients(2))
	must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL rpl_semi_sync_master_enabled=1"))
	must(t, acks(2, false))
	eventually(t, 10*time.Second, "one acknowledges", clients(1))
	c := w.write(0, 4)
	for round := range 6 {
		next, last := 2-round%2, 1+round%2
		n := c.total()
		eventually(t, 10*time.Second, "written", func() bool { return c.total() > n+50 })
		must(t, acks(next, true))
		must(t, acks(last, false))
		eventually(t, 10*time.Second, "one acknowledges", clients(1))
		w.linked(t)
		// Whom nobody reads from any more had acknowledged nothing since.
		n = c.total()
		eventually(t, 10*time.Second, "written", func() bool { return c.total() > n+50 })
		must(t, acks(next, true)) // It is so already.
	}
	must(t, acks(1, false)) // The one that would acknowledge now is gone, too: commits wait.
	must(t, acks(2, false))
	eventually(t, 10*time.Second, "nobody acknowledges", clients(0))
	n := c.total()
	eventually(t, 10*time.Second, "commits wait", func() bool {
		var busy int
		must(t, w.Servers[0].Root().QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE '%semi-sync ACK%'").Scan(&busy))
		return busy > 0
	})
	must(t, acks(1, true))
	for _, on := range []bool{false, true} { // What it held already, it does not acknowledge.
		must(t, database.Acks{Server: w.servers[0], On: on}.Ensure(w.soon()))
	}
	eventually(t, 10*time.Second, "they go on", func() bool { return c.total() > n+50 })
	w.Servers[0].Kill()
	c.end()
	eventually(t, 10*time.Second, "applied", func() bool {
		_, err := database.Drain{Server: w.servers[1]}.Ensure(w.soon())
		return err == nil
	})
	if n := c.missing(t, w.app(1)); n > 0 {
		t.Errorf("%d of %d acknowledged rows are not where they were acknowledged", n, c.total())
	}
	t.Logf("%d rows, none lost", c.total())
}

// linked waits until every link runs, and none was left by an error.
func (w *world) linked(t *testing.T) {
	t.Helper()
	eventually(t, 10*time.Second, "all links run", func() bool {
		for i := range w.servers {
			o := replication.Read(t.Context(), w.check[i], replication.ReadOptions{})
			for _, l := range o.Links {
				if l.IO == replication.Stopped || l.SQL == replication.Stopped {
					t.Fatalf("%s %s: %+v", o.Server, l.Channel, l)
				}
				if l.IO != replication.Running {
					return false
				}
			}
		}
		return true
	})
}

// TestEndReads ends who reads from a server, by address; who lives is back.
func TestEndReads(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, false)
	readers := func() (ids string) {
		must(t, w.Servers[0].Root().QueryRow("SELECT COALESCE(GROUP_CONCAT(ID),'') FROM information_schema.PROCESSLIST WHERE COMMAND='Binlog Dump'").Scan(&ids))
		return ids
	}
	eventually(t, 10*time.Second, "read from", func() bool { return readers() != "" })
	before := readers()
	must(t, database.EndReads(t.Context(), w.servers[0], netip.MustParseAddr("192.0.2.1")))
	if readers() != before {
		t.Error("a stranger's address ends the reading")
	}
	must(t, database.EndReads(t.Context(), w.servers[0], netip.MustParseAddr("127.0.0.1")))
	eventually(t, 10*time.Second, "gone", func() bool { return readers() != before })
	eventually(t, 10*time.Second, "back", func() bool { return readers() != "" })
}

// TestAckerWithoutLink says what is missing, and a server that cannot be asked is
// an error.
func TestAckerWithoutLink(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2}, false)
	if err := (database.Acker{Server: w.servers[1], Active: w.servers[0], On: true}).Ensure(w.soon()); err == nil {
		t.Error("a server that reads from nobody acknowledges")
	}
	must(t, database.Acker{Server: w.servers[1], Active: w.servers[0]}.Ensure(w.soon()))
	w.Servers[1].Kill()
	if err := (database.Acker{Server: w.servers[1], Active: w.servers[0]}).Ensure(w.soon()); err == nil {
		t.Error("a server that does not answer is silent")
	}
}

// TestAckerMySQL has a standby acknowledge and fall silent, and commits wait for it.
func TestAckerMySQL(t *testing.T) {
	w := startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: semiSyncPlugins()}, false)
	acks := func(on bool) {
		must(t, database.Acker{Server: w.servers[1], Active: w.servers[0], On: on}.Ensure(w.soon()))
	}
	clients := func(n int) func() bool {
		return func() bool {
			var name string
			var got int
			must(t, w.Servers[0].Root().QueryRow("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_clients'").Scan(&name, &got))
			return got == n
		}
	}
	c := w.write(0, 2)
	for range 3 {
		acks(true)
		eventually(t, 10*time.Second, "it acknowledges", clients(1))
		must(t, database.Acks{Server: w.servers[0], On: true}.Ensure(w.soon()))
		n := c.total()
		eventually(t, 10*time.Second, "written", func() bool { return c.total() > n+20 })
		must(t, database.Acks{Server: w.servers[0]}.Ensure(w.soon()))
		acks(false)
		eventually(t, 10*time.Second, "it is silent", clients(0))
		acks(false)
	}
	w.linked(t)
}
