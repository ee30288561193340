//go:build linux

package lab

import (
	"strings"
	"testing"
	"time"

	"jembatan/examples"
)

// TestTriple brings three databases up from nothing, each following the two
// others, one of them writable; replicates through the tunnels, stops and breaks
// that, and moves the writing to another.
func TestTriple(t *testing.T) {
	needRoot(t)
	need(t, "mariadbd")
	begun := time.Now()
	l := start(t, Options{Source: examples.TwoSites(), Databases: 3})
	t.Logf("topology with three databases up after %v", time.Since(begun))
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("that is more than 15 s")
	}
	applyAll(t, controller(t, l, examples.TwoSites()))
	count := func(host string) string { return ask(t, l, host, "SELECT COUNT(*) FROM lab.t") }
	asApp(t, l, "main", "CREATE TABLE lab.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
	until(t, "the table is everywhere", func() bool { return count("backup") == "0" && count("standby") == "0" })
	t.Logf("replicating through the tunnels after %v", time.Since(begun))
	asApp(t, l, "main", "INSERT INTO lab.t (v) VALUES (1),(2),(3)")
	until(t, "all rows are everywhere", func() bool { return count("backup") == "3" && count("standby") == "3" })
	if out := asApp(t, l, "backup", "INSERT INTO lab.t (v) VALUES (4)"); !strings.Contains(out, "1290") {
		t.Errorf("a standby takes a write: %s", out)
	}
	_, err := l.Fault(t.Context(), "stop-replication", "backup")
	must(t, err)
	asApp(t, l, "main", "INSERT INTO lab.t (v) VALUES (5)")
	until(t, "the other one has it", func() bool { return count("standby") == "4" })
	if n := count("backup"); n != "3" {
		t.Errorf("without replication there are %s rows", n)
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	until(t, "it catches up", func() bool { return count("backup") == "4" })
	moves(t, l, count)
}

// moves lets the first server lose its power: another takes writes, and the one
// that comes back is read-only and replicates only when it is told to.
func moves(t *testing.T, l *Lab, count func(string) string) {
	t.Helper()
	_, err := l.Fault(t.Context(), "power-off", "main")
	must(t, err)
	ask(t, l, "backup", "SET GLOBAL read_only=OFF")
	asApp(t, l, "backup", "INSERT INTO lab.t (v) VALUES (6)")
	until(t, "the third has it", func() bool { return count("standby") == "5" })
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	until(t, "it answers again", func() bool { return ask(t, l, "main", "SELECT @@read_only") == "1" })
	if n := count("main"); n != "4" {
		t.Errorf("the server that came back has %s rows before anybody let it replicate", n)
	}
	begun := time.Now()
	ask(t, l, "main", "START ALL SLAVES")
	until(t, "it catches up", func() bool { return count("main") == "5" })
	t.Logf("complete %v after its replication was started", time.Since(begun))
}

// TestRecipe compares two databases with what docs/reference/database.md asks for.
func TestRecipe(t *testing.T) {
	needRoot(t)
	need(t, "mariadbd")
	l := start(t, Options{Source: examples.TwoSites(), Databases: 2, Open: OpenNone, SemiSync: true})
	applyAll(t, controller(t, l, examples.TwoSites()))
	for _, host := range []string{"main", "backup"} {
		want := "10 1 1 1 1 ON AFTER_SYNC 0 1"
		if got := strings.ReplaceAll(ask(t, l, host, "SELECT @@gtid_domain_id, @@gtid_strict_mode, @@log_slave_updates, @@read_only,"+
			" @@relay_log_recovery, @@event_scheduler, @@rpl_semi_sync_master_wait_point, @@rpl_semi_sync_master_enabled,"+
			" @@rpl_semi_sync_slave_enabled"), "\t", " "); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
		if state := ask(t, l, host, "SELECT CONCAT('<', @@gtid_binlog_state, @@gtid_slave_pos, '>')"); state != "<>" {
			t.Errorf("%s begins with %s", host, state)
		}
		for _, user := range []string{"jembatan", "jembatan_writer", "jembatan_fence"} {
			if out := askAs(t, l, host, user, "db", "SELECT 'in'"); out != "in" {
				t.Errorf("%s as %s: %s", host, user, out)
			}
		}
		if out := ask(t, l, host, "SHOW EVENTS FROM jembatan"); !strings.Contains(out, "ENABLED") {
			t.Errorf("%s has no event: %q", host, out)
		}
	}
	logs, err := l.Logs(t.Context(), "main")
	must(t, err)
	if !strings.Contains(logs["mariadb"], "ready for connections") {
		t.Errorf("the log of the database is not shown: %v", logs)
	}
	until(t, "the standby is there to acknowledge", func() bool {
		return strings.Contains(ask(t, l, "main", "SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'"), "1")
	})
	ask(t, l, "main", "SET GLOBAL rpl_semi_sync_master_enabled=ON; SET GLOBAL read_only=OFF")
	asApp(t, l, "main", "INSERT INTO lab.acked VALUES (1, 1)")
	if out := ask(t, l, "main", "SHOW STATUS LIKE 'Rpl_semi_sync_master_yes_tx'"); !strings.HasSuffix(out, "\t1") {
		t.Errorf("the write was not acknowledged: %s", out)
	}
}

// asApp asks with the application's account.
func asApp(t *testing.T, l *Lab, host, statement string) string {
	t.Helper()
	return askAs(t, l, host, dbApplication, dbPassword, statement)
}

// ask asks a database as its administrator.
func ask(t *testing.T, l *Lab, host, statement string) string {
	t.Helper()
	return askAs(t, l, host, "root", "", statement)
}

// askAs asks a database over its socket, which is a file and has no network.
func askAs(t *testing.T, l *Lab, host, user, password, statement string) string {
	t.Helper()
	argv := []string{"mariadb", "--no-defaults", "-S", "/run/lab/" + host + "/mysqld.sock", "-u", user, "-N", "-B", "-e", statement}
	if password != "" {
		argv = append(argv, "-p"+password)
	}
	_, out := run(t, l, host, argv...)
	return strings.TrimSpace(out)
}
