package database_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// privileges are the grants one by one: of "SELECT, INSERT" each by itself.
func privileges(e tunnel.DatabaseEngine) []database.Grant {
	var out []database.Grant
	for _, g := range database.GrantsOf(e, true, true) {
		for p := range strings.SplitSeq(g.Privilege, ", ") {
			g.Privilege = p
			out = append(out, g)
		}
	}
	return out
}

// TestEveryGrantIsNeeded leaves out one privilege after the other; each time
// something that the page promises must fail, and with all of them nothing.
func TestEveryGrantIsNeeded(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true)
	everyGrant(t, w)
}

func TestEveryGrantIsNeededMySQL(t *testing.T) {
	w := startMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}, true)
	must(t, w.Servers[0].Exec(t.Context(), "SET sql_log_bin=0", "CREATE USER boss@'%' IDENTIFIED BY 'b'", "GRANT ALL ON *.* TO boss@'%'"))
	everyGrant(t, w)
}

func everyGrant(t *testing.T, w *world) {
	t.Helper()
	all := privileges(w.engine)
	if failed := w.everything(t, 99, all); len(failed) > 0 {
		t.Fatalf("with all of them: %v", failed)
	}
	for i, g := range all {
		failed := w.everything(t, i, slices.Delete(slices.Clone(all), i, i+1))
		if len(failed) == 0 {
			t.Errorf("without %s on %s the %s account still does everything", g.Privilege, g.On, g.Account)
			continue
		}
		t.Logf("%-6s without %-24s on %-20s: %s", g.Account, g.Privilege, g.On, failed[0])
	}
}

// everything makes accounts with some privileges on the first server and does
// with them all that the controller does. It returns what failed.
func (w *world) everything(t *testing.T, n int, grants []database.Grant) []string {
	t.Helper()
	suffix := fmt.Sprintf("_%d", n)
	statements := []string{"SET GLOBAL read_only=0", "SET SESSION sql_log_bin=0"}
	for _, a := range []string{"check", "writer", "fence"} {
		statements = append(statements, "CREATE USER "+a+suffix+"@'%' IDENTIFIED BY 'p'")
	}
	for _, g := range grants {
		statements = append(statements, fmt.Sprintf("GRANT %s ON %s TO %s@'%%'", g.Privilege, g.On, g.Account+suffix))
	}
	must(t, w.Servers[0].Exec(t.Context(), append(statements, "SET SESSION sql_log_bin=1")...))
	login := func(a string) database.Login { return database.Login{User: a + suffix, Password: "p"} }
	s := w.servers[0]
	s.Admin, s.Writer = w.open(0, login("fence")), w.open(0, login("writer"))
	epoch := uint64(n + 1000)
	other, err := w.app(0).Conn(t.Context())
	must(t, err)
	if _, err := other.ExecContext(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if w.engine == tunnel.MySQL { // Where administrators are protected from others.
		must(t, w.open(0, database.Login{User: "boss", Password: "b"}).PingContext(t.Context()))
	}
	if err := w.Servers[0].Exec(t.Context(), "UPDATE jembatan.lease SET epoch=0, holder='', ttl_ms=0"); err != nil {
		t.Fatal(err)
	}
	var failed []string
	try := func(what string, err error) {
		if err != nil {
			failed = append(failed, what+": "+err.Error())
		}
	}
	o := replication.Read(t.Context(), replication.Target{Name: "main", Engine: w.engine, DB: w.open(0, login("check"))}, replication.ReadOptions{})
	if o.Failure.Reason != replication.NoReason || o.Tokens == nil {
		failed = append(failed, "check: "+o.Failure.Detail+strings.Join(o.Gaps, ","))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	_, err = database.Open{Server: s, Holder: "c", Epoch: epoch, Token: w.nextToken(), TTL: time.Minute, SemiSync: w.engine == tunnel.MariaDB}.Ensure(ctx)
	try("open", err)
	try("renew", database.Lease{Server: s, Holder: "c", Epoch: epoch, TTL: time.Minute}.Renew(ctx))
	_, err = database.Lease{Server: s, Holder: "c", Epoch: epoch}.Read(ctx)
	try("read the lease", err)
	_, err = database.Fence{Server: s, Holder: "c", Epoch: epoch, SemiSync: w.engine == tunnel.MariaDB}.Ensure(ctx)
	try("fence", err)
	if _, err := other.ExecContext(ctx, "SELECT 1"); err == nil {
		failed = append(failed, "a session outlives the fence")
	}
	if w.engine == tunnel.MariaDB {
		try("dry run", s.DryRun(ctx))
	}
	_, err = database.Drain{Server: s}.Check(ctx)
	try("drain", err)
	_, err = database.BootsReadOnly(ctx, s)
	try("boot", err)
	try("stop", database.StopLink(ctx, s, ""))
	try("start", database.StartLink(ctx, s, ""))
	_, err = database.Changes(ctx, s, o.Executed)
	try("surplus", err)
	if _, err := w.Servers[0].Root().ExecContext(ctx, startAll(w.engine)); err != nil {
		t.Fatal(err)
	}
	return failed
}

func startAll(e tunnel.DatabaseEngine) string {
	if e == tunnel.MySQL {
		return "START REPLICA"
	}
	return "START SLAVE"
}

// TestPageListsTheGrants compares docs/reference/database.md with GrantsOf.
func TestPageListsTheGrants(t *testing.T) {
	page, err := os.ReadFile("../../../docs/reference/database.md")
	must(t, err)
	for _, e := range []tunnel.DatabaseEngine{tunnel.MariaDB, tunnel.MySQL} {
		var b strings.Builder
		b.WriteString("| account | privilege | on | for |\n| --- | --- | --- | --- |\n")
		for _, g := range database.GrantsOf(e, true, true) {
			fmt.Fprintf(&b, "| %s | `%s` | `%s` | %s |\n", g.Account, g.Privilege, g.On, g.For)
		}
		if !strings.Contains(string(page), b.String()) {
			t.Errorf("%s: the page lacks this table:\n%s", e, b.String())
		}
	}
}

func TestBootsReadOnly(t *testing.T) {
	w := start(t, mariadb.Options{}, false)
	for _, c := range []struct {
		args []string
		set  string
		want replication.Flag
	}{
		{nil, "", replication.No},
		{[]string{"--read-only=ON"}, "", replication.Yes},
		{[]string{"--read-only=OFF"}, "", replication.No},
		{[]string{"--read-only=ON"}, "SET GLOBAL read_only=0", replication.FlagUnknown},
	} {
		w.Servers[0].Stop()
		must(t, w.Servers[0].Start(t.Context(), c.args...))
		if c.set != "" {
			must(t, w.Servers[0].Exec(t.Context(), c.set))
		}
		s := w.servers[0]
		s.Admin = w.open(0, accounts.Fence)
		if got, err := database.BootsReadOnly(t.Context(), s); err != nil || got != c.want {
			t.Errorf("%v %s: %s, %v; want %s", c.args, c.set, got, err, c.want)
		}
	}
}
