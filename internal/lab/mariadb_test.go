//go:build linux

package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/examples"
)

// TestTriple brings three databases up from nothing, each following the one before
// it, and writes on one side until all have it; then stops and breaks replication.
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
	count := func(host string) string { return sql(t, l, host, "SELECT COUNT(*) FROM lab.t") }
	sql(t, l, "main", "CREATE DATABASE lab; CREATE TABLE lab.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
	until(t, "the schema is everywhere", func() bool { return count("backup") == "0" && count("standby") == "0" })
	t.Logf("replicating through the tunnels after %v", time.Since(begun))
	sql(t, l, "main", "INSERT INTO lab.t (v) VALUES (1),(2),(3)")
	sql(t, l, "backup", "INSERT INTO lab.t (v) VALUES (4)")
	until(t, "all rows are everywhere", func() bool { return count("main") == "4" && count("backup") == "4" && count("standby") == "4" })
	_, err := l.Fault(t.Context(), "stop-replication", "backup")
	must(t, err)
	sql(t, l, "main", "INSERT INTO lab.t (v) VALUES (5)")
	time.Sleep(300 * time.Millisecond)
	if n := count("backup"); n != "4" {
		t.Errorf("without replication there are %s rows", n)
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	until(t, "it catches up", func() bool { return count("backup") == "5" })
	_, err = l.Fault(t.Context(), "power-off", "main")
	must(t, err)
	sql(t, l, "backup", "INSERT INTO lab.t (v) VALUES (6)")
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	took := until(t, "the one that was off catches up", func() bool { return count("main") == "6" })
	t.Logf("back and complete after %v", took)
}

// sql asks a database over its socket, which is a file and has no network.
func sql(t *testing.T, l *Lab, host, statement string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	must(t, err)
	defer out.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	_, err = l.Exec(t.Context(), host, []string{"mariadb", "--no-defaults", "-S", "/run/lab/" + host + "/mysqld.sock", "-u", "root", "-N", "-B", "-e", statement}, null, out, out)
	must(t, err)
	b, err := os.ReadFile(out.Name())
	must(t, err)
	return strings.TrimSpace(string(b))
}
