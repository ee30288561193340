//go:build linux

package lab

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"jembatan/examples"
)

// TestDatabaseFaults breaks databases in every way that there is, and mends them.
func TestDatabaseFaults(t *testing.T) {
	needRoot(t)
	need(t, "mariadbd")
	l := start(t, Options{Source: examples.TwoSites(), Databases: 2, ReplicateAtBoot: true})
	applyAll(t, controller(t, l, examples.TwoSites()))
	until(t, "backup follows", func() bool {
		return strings.Contains(ask(t, l, "backup", "SHOW ALL SLAVES STATUS"), "\tYes\tYes\t")
	})
	next := 0
	write := func() bool {
		next++
		code, _ := run(t, l, "main", "timeout", "1", "mariadb", "--no-defaults", "-S", "/run/lab/main/mysqld.sock",
			"-u", dbApplication, "-p"+dbPassword, "-e", "INSERT INTO lab.acked VALUES ("+strconv.Itoa(next)+", 0)")
		return code == 0
	}
	rows := func(host string) string { return ask(t, l, host, "SELECT COUNT(*) FROM lab.acked") }
	for _, fault := range [][]string{{"freeze", "main"}, {"lock-tables", "main"}, {"lock-tables", "main", "acked"}} {
		made(t, l, fault...)
		if write() {
			t.Errorf("%v: a write passes", fault)
		}
		if fault[0] == "freeze" {
			made(t, l, "thaw", "main")
		} else {
			made(t, l, append([]string{"clear"}, fault...)...)
		}
		if !write() {
			t.Errorf("after %v no write passes", fault)
		}
	}
	lags(t, l, write, rows)
	fills(t, l, write)
	made(t, l, "kill", "main", "mariadb")
	if write() {
		t.Error("a write passes without a server")
	}
	made(t, l, "clear")
	until(t, "it is back and read-only", func() bool { return ask(t, l, "main", "SELECT @@read_only") == "1" })
}

// made makes a fault.
func made(t *testing.T, l *Lab, args ...string) {
	t.Helper()
	_, err := l.Fault(t.Context(), args...)
	must(t, err)
}

// lags delays the applying, and stops it.
func lags(t *testing.T, l *Lab, write func() bool, rows func(string) string) {
	t.Helper()
	made(t, l, "lag", "backup", "2s")
	before := rows("backup")
	begun := time.Now()
	if !write() {
		t.Error("no write passes")
	}
	until(t, "the late row", func() bool { return rows("backup") != before })
	t.Logf("lag 2s: the row is there after %v", time.Since(begun))
	if took := time.Since(begun); took < time.Second {
		t.Errorf("the row is there after %v", took)
	}
	made(t, l, "clear")
	until(t, "it is up to date", func() bool { return rows("backup") == rows("main") })
	made(t, l, "stop-replication", "backup", "applier")
	if !write() {
		t.Error("no write passes")
	}
	until(t, "it is received", func() bool {
		return ask(t, l, "backup", "SELECT MAX(SEQ_NO) FROM mysql.gtid_slave_pos") != position(ask(t, l, "backup", "SHOW ALL SLAVES STATUS"))
	})
	if rows("backup") == rows("main") {
		t.Error("the row is applied")
	}
	made(t, l, "clear")
	until(t, "it is applied", func() bool { return rows("backup") == rows("main") })
}

// position finds the sequence number of the last event received: Gtid_IO_Pos.
func position(status string) string {
	for word := range strings.SplitSeq(status, "\t") {
		if n, ok := strings.CutPrefix(word, "10-1-"); ok {
			return n
		}
	}
	return ""
}

// fills fills the disk until writes stop, and makes room again.
func fills(t *testing.T, l *Lab, write func() bool) {
	t.Helper()
	made(t, l, "fill-disk", "main")
	n := 0
	for n < 1000 && write() {
		n++
	}
	t.Logf("with a full disk %d more writes passed", n)
	if n == 1000 {
		t.Error("a full disk takes 1000 writes")
	}
	made(t, l, "clear") // MariaDB looks for room once a minute; the kill that follows is faster.
}

// TestSites takes whole sites and the tunnels between two away.
func TestSites(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites(), Controller: "sby"})
	applyAll(t, controller(t, l, examples.TwoSites()))
	reach := func(to string) bool {
		return ping(t, l, "main", PingOptions{To: to, Count: 1, Timeout: 300 * time.Millisecond}).Received == 1
	}
	for _, fault := range [][]string{{"site-down", "sby"}, {"site-down", "sby", "cables"}, {"cut-tunnels", "sby", "jkt"}} {
		until(t, "backup is there", func() bool { return reach("backup") && reach("controller") })
		made(t, l, fault...)
		if reach("backup") || reach("controller") || !reach("standby") {
			t.Errorf("%v: backup %v controller %v standby %v", fault, reach("backup"), reach("controller"), reach("standby"))
		}
		if fault[0] == "site-down" && len(fault) == 2 {
			if s := hostStatus(t, l, "backup"); s.State != "off" || len(s.Programs) != 0 {
				t.Errorf("%v: backup is %s and runs %v", fault, s.State, s.Programs)
			}
		}
		made(t, l, append([]string{"clear"}, fault...)...)
	}
	until(t, "backup is there", func() bool { return reach("backup") && reach("controller") })
}

func hostStatus(t *testing.T, l *Lab, name string) HostStatus {
	t.Helper()
	s, err := l.Status(t.Context())
	must(t, err)
	for _, h := range s.Hosts {
		if h.Name == name {
			return h
		}
	}
	t.Fatalf("no host %s", name)
	return HostStatus{}
}
