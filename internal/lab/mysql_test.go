//go:build linux

package lab

import (
	"strings"
	"testing"

	"jembatan/examples"
	"jembatan/internal/mariadb"
)

// TestMySQL brings three databases of MySQL up, replicates through the tunnels,
// stops, delays and breaks that, and compares them with what docs/reference/database.md
// asks for.
func TestMySQL(t *testing.T) {
	needRoot(t)
	need(t, "mariadb")
	root := mariadb.MySQLRoot(t)
	source := []byte(strings.Replace(string(examples.TwoSites()), "engine: mariadb", "engine: mysql", 1))
	l := start(t, Options{Source: source, Databases: 3, MySQLRoot: root, SemiSync: true})
	applyAll(t, controller(t, l, source))
	count := func(host string) string { return ask(t, l, host, "SELECT COUNT(*) FROM lab.acked") }
	for _, host := range []string{"main", "backup", "standby"} {
		want := "ON 1 1 AFTER_SYNC 0 1"
		if got := strings.ReplaceAll(ask(t, l, host, "SELECT @@gtid_mode, @@log_replica_updates, @@relay_log_recovery,"+
			" @@rpl_semi_sync_source_wait_point, @@rpl_semi_sync_source_enabled, @@rpl_semi_sync_replica_enabled"), "\t", " "); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
		if state := ask(t, l, host, "SELECT CONCAT('<', @@gtid_executed, '>')"); state != "<>" {
			t.Errorf("%s begins with %s", host, state)
		}
	}
	asApp(t, l, "main", "INSERT INTO lab.acked VALUES (1, 1)")
	until(t, "the row is everywhere", func() bool { return count("backup") == "1" && count("standby") == "1" })
	if out := asApp(t, l, "backup", "INSERT INTO lab.acked VALUES (2, 2)"); !strings.Contains(out, "1290") {
		t.Errorf("a standby takes a write: %s", out)
	}
	for i, fault := range [][]string{{"stop-replication", "backup"}, {"stop-replication", "backup", "applier"}, {"lag", "backup", "1h"}} {
		_, err := l.Fault(t.Context(), fault...)
		must(t, err)
		before := count("backup")
		asApp(t, l, "main", "INSERT INTO lab.acked VALUES ("+strings.Repeat("9", i+1)+", 1)")
		until(t, "the other one has it", func() bool { return count("standby") != before })
		if now := count("backup"); now != before {
			t.Errorf("%v: it got a row", fault)
		}
		_, err = l.Fault(t.Context(), "clear")
		must(t, err)
		until(t, "it catches up", func() bool { return count("backup") == count("standby") })
	}
	_, err := l.Fault(t.Context(), "kill", "main", "mysql")
	must(t, err)
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	until(t, "it boots closed", func() bool { return ask(t, l, "main", "SELECT @@super_read_only") == "1" })
}
