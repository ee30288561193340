package drill_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/drill"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// Two real servers: what is the same is equal, what is not is found, and what may
// not be seen, is too large or is not there is never equal.
func TestDatabases(t *testing.T) {
	c := mariadb.Test(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring})
	main, backup := c.Servers[0], c.Servers[1]
	run := func(s *mariadb.Server, statements ...string) {
		t.Helper()
		if err := s.Exec(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
	}
	run(main,
		"CREATE USER chk@'%' IDENTIFIED BY 'pw'", "GRANT REPLICA MONITOR ON *.* TO chk@'%'",
		"CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, what TEXT)", "INSERT INTO shop.orders VALUES (1, 'tea'), (2, 'salt')",
		"CREATE TABLE shop.`odd ``name` (id INT PRIMARY KEY)", "CREATE TABLE shop.secret (id INT PRIMARY KEY, what TEXT)")
	follow := func() { // Until the standby has all of it.
		t.Helper()
		var position string
		var ended int
		if err := main.Root().QueryRowContext(t.Context(), "SELECT @@gtid_binlog_pos").Scan(&position); err != nil {
			t.Fatal(err)
		}
		if err := backup.Root().QueryRowContext(t.Context(), "SELECT MASTER_GTID_WAIT(?, 20)", position).Scan(&ended); err != nil || ended != 0 {
			t.Fatal(ended, err)
		}
	}
	follow()
	handle := func(s *mariadb.Server) *sql.DB {
		db, err := s.DB("chk", "pw")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	d := &drill.Databases{Engine: tunnel.MariaDB, DB: map[string]*sql.DB{"main": handle(main), "backup": handle(backup)}}
	check := func() drill.DataCheck {
		t.Helper()
		got := d.Check(t.Context(), "main", "backup")
		if !got.Made() || got.Active != "main" || got.Standby != "backup" {
			t.Errorf("%+v", got)
		}
		return got
	}
	states := func(c drill.TableCheck) map[string]string {
		out := map[string]string{}
		for _, x := range c.Tables {
			out[x.Name] = strings.TrimSpace(string(x.State) + " " + x.Why)
		}
		return out
	}

	got := check()
	if got.GTID != (drill.GTIDCheck{State: drill.Equal}) || got.Tables.State != drill.NotCompared || !strings.HasPrefix(got.Tables.Why, drill.NotAllowed) {
		t.Fatalf("without a grant: %+v", got)
	}

	run(main, "GRANT SELECT ON shop.orders TO chk@'%'", "GRANT SELECT ON shop.`odd ``name` TO chk@'%'", "GRANT INSERT ON shop.secret TO chk@'%'")
	follow()
	got = check()
	if diff := cmp.Diff(map[string]string{"shop.orders": "equal", "shop.odd `name": "equal", "shop.secret": drill.NotAllowed}, states(got.Tables)); diff != "" {
		t.Error(diff)
	}
	if got.Tables.State != drill.NotCompared || got.Tables.Equal != 2 || got.Tables.Skipped != 1 {
		t.Errorf("a table that may not be read: %+v", got.Tables)
	}

	run(backup, "SET SESSION sql_log_bin = 0", "UPDATE shop.orders SET what = 'silt' WHERE id = 2", "SET SESSION sql_log_bin = 1")
	run(main, "REVOKE INSERT ON shop.secret FROM chk@'%'")
	follow()
	got = check()
	if got.Tables.State != drill.Differs || got.Tables.Differ != 1 || states(got.Tables)["shop.orders"] != "differs" {
		t.Errorf("a silent difference: %+v", got.Tables)
	}
	if got.GTID.State != drill.Equal {
		t.Errorf("by transactions nothing is wrong: %+v", got.GTID)
	}

	d.Size = 1
	if got = check(); got.Tables.State != drill.NotCompared || states(got.Tables)["shop.orders"] != drill.TooLarge {
		t.Errorf("too large: %+v", got.Tables)
	}
	d.Size, d.Most = 0, 1
	if got = check(); got.Tables.Skipped != 1 || got.Tables.Tables[1].Why != drill.TooMany {
		t.Errorf("too many: %+v", got.Tables)
	}

	c.Link(0, 1).Cut()
	run(main, "INSERT INTO shop.orders VALUES (3, 'rice')")
	d.Most, d.CatchUp = 0, 1
	got = check()
	if got.GTID.State != drill.Differs || got.GTID.Missing != 1 || got.GTID.Surplus != 0 || states(got.Tables)["shop.orders"] != "the standby is behind" {
		t.Errorf("behind: %+v", got)
	}
	backup.Kill()
	if got = check(); got.GTID.State != drill.NotCompared || got.Tables.State != drill.NotCompared || got.GTID.Why == "" || got.Tables.Why == "" {
		t.Errorf("dead: %+v", got)
	}
	if v := d.Versions(t.Context()); v["main"] == "" || v["backup"] != "" {
		t.Errorf("versions: %v", v)
	}
}
