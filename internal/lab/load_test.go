//go:build linux

package lab

import (
	"testing"
	"time"

	"jembatan/examples"
	"jembatan/internal/load"
	"jembatan/routeros"
)

// TestLoad lets a client use a service through a router's public address while it
// moves to another server, and compares what was acknowledged with what is there.
func TestLoad(t *testing.T) {
	needRoot(t)
	need(t, "mariadbd")
	l := start(t, Options{Source: examples.TwoSites(), Clients: 1, Databases: 2})
	applyAll(t, controller(t, l, examples.TwoSites()))
	s := session(t, l, "jkt")
	rows, err := routeros.Print(t.Context(), s, "/ip/firewall/nat", nil, "?action=dst-nat")
	must(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d rules with dst-nat", len(rows))
	}
	w, err := l.Watch(t.Context(), "client1", load.Options{URL: "http://198.51.100.1/", Database: "198.51.100.1:3306", Rows: time.Millisecond})
	must(t, err)
	seen := func(kind load.Kind, by string) func() bool {
		return func() bool { return load.Summarise(w.Records(), kind).By[by] > 20 }
	}
	until(t, "pages of main", seen(load.HTTP, "main"))
	until(t, "rows on main", seen(load.SQL, "main"))
	ask(t, l, "main", "SET GLOBAL read_only=ON")
	until(t, "backup has all", func() bool {
		return ask(t, l, "main", "SELECT @@gtid_binlog_pos") == ask(t, l, "backup", "SELECT @@gtid_slave_pos")
	})
	moved := time.Now()
	must(t, routeros.Update(t.Context(), s, "/ip/firewall/nat", []string{rows[0].ID()}, routeros.FieldsOf("to-addresses", "192.168.50.20")))
	ask(t, l, "backup", "SET GLOBAL read_only=OFF")
	until(t, "pages of backup", seen(load.HTTP, "backup"))
	until(t, "rows on backup", seen(load.SQL, "backup"))
	records, err := w.Stop()
	must(t, err)
	for _, kind := range []load.Kind{load.HTTP, load.SQL} {
		gap, ok := load.FirstGood(records, kind, moved, "backup")
		t.Logf("%s: %s; first answer of backup after %v %v", kind, load.Summarise(records, kind), gap, ok)
	}
	have, err := l.Acked(t.Context(), "backup", 0)
	must(t, err)
	acked := load.Acked(records)
	if m := load.Missing(acked, have); len(m) != 0 || len(acked) < 40 {
		t.Errorf("%d of %d acknowledged rows are missing", len(m), len(acked))
	}
}
