package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/internal/mariadb"
)

// TestCrashedMain kills the active server while commits wait for a standby that
// has stopped answering, and opens the standby. As MASTER it returns with a
// surplus that no client was told of; as its peers say it returns without one.
func TestCrashedMain(t *testing.T) {
	w := startSemiSync(t)
	c := w.crash(t)
	_, err := database.Detach(w.soon(), w.servers[1], "")
	must(t, err)
	w.Link(0, 1).Heal()
	_, err = w.openServer(1, 2).Ensure(t.Context())
	must(t, err)
	if n := c.missing(t, w.Servers[1].Root()); n != 0 {
		t.Fatalf("the standby was opened without %d acknowledged rows", n)
	}
	role := w.bootRole(t, 0, 1)
	if role != "--init-rpl-role=SLAVE" {
		t.Fatal(role)
	}
	must(t, w.Servers[0].Start(t.Context(), "--read-only=ON", role))
	lacked := c.missing(t, w.Servers[0].Root())
	join := database.Rejoin{Returned: w.servers[0], Active: w.servers[1]}
	d, err := join.Check(t.Context())
	must(t, err)
	if d.Own { // It takes its own back though somebody has switched its side off meanwhile.
		must(t, w.Servers[0].Exec(t.Context(), "SET GLOBAL rpl_semi_sync_slave_enabled=0"))
		join.Silent = true
	}
	d, err = join.Ensure(w.soon())
	must(t, err)
	t.Logf("%d acknowledged, of them %d not on the server that came back; it lacked %s", c.total(), lacked, d.Missing)
	for _, s := range w.Servers {
		if n := c.missing(t, s.Root()); n != 0 {
			t.Errorf("server %d lacks %d acknowledged rows", s.ID, n)
		}
	}
	w.checksumsAgree(t, 0, 1)
	w.thereAndBack(t)
}

// TestCrashedMainAsMaster is the same without the role: mostly it returns with a
// surplus, and whatever it holds alone was never acknowledged.
func TestCrashedMainAsMaster(t *testing.T) {
	w := startSemiSync(t)
	c := w.crash(t)
	_, err := database.Detach(w.soon(), w.servers[1], "")
	must(t, err)
	w.Link(0, 1).Heal()
	_, err = w.openServer(1, 2).Ensure(t.Context())
	must(t, err)
	must(t, w.Servers[0].Start(t.Context(), "--read-only=ON"))
	d, err := database.Rejoin{Returned: w.servers[0], Active: w.servers[1]}.Check(t.Context())
	if _, dirty := errors.AsType[*database.DirtyError](err); !dirty {
		t.Logf("everything that waited had arrived before the crash: %+v, %v", d, err)
	}
	if n := c.missing(t, w.Servers[1].Root()); n != 0 {
		t.Errorf("the surplus was acknowledged: %d rows", n)
	}
}

// TestCrashedActive kills the active server and opens no other one: it is MASTER
// and has everything that was acknowledged.
func TestCrashedActive(t *testing.T) {
	w := startSemiSync(t)
	c := w.crash(t)
	role := w.bootRole(t, 0, 1)
	if role != "--init-rpl-role=MASTER" {
		t.Fatal(role)
	}
	must(t, w.Servers[0].Start(t.Context(), "--read-only=ON", role))
	if n := c.missing(t, w.Servers[0].Root()); n != 0 {
		t.Errorf("%d of %d acknowledged rows are lost", n, c.total())
	}
	w.Link(0, 1).Heal()
	_, err := w.openServer(0, 2).Ensure(t.Context())
	must(t, err)
	w.checksumsAgree(t, 0, 1)
}

// startSemiSync starts a pair whose commits wait for the standby for ever.
func startSemiSync(t *testing.T) *world {
	t.Helper()
	w := start(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring, Args: []string{"--rpl-semi-sync-master-timeout=86400000"}}, false)
	w.acknowledged(t, 0)
	return w
}

// acknowledged lets commits on a server wait for the other one.
func (w *world) acknowledged(t *testing.T, i int) {
	t.Helper()
	eventually(t, 10*time.Second, "a standby that acknowledges", func() bool { return w.status(t, i, "clients") > 0 })
	must(t, database.Acks{Server: w.servers[i], On: true}.Ensure(t.Context()))
}

// status reads a status variable of the source side of semi-sync.
func (w *world) status(t *testing.T, i int, name string) (n int) {
	t.Helper()
	var full string
	must(t, w.Servers[i].Root().QueryRow("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_"+name+"'").Scan(&full, &n))
	return n
}

// crash kills the first server under load, while commits wait for the other one.
func (w *world) crash(t *testing.T) *clients {
	t.Helper()
	c := w.write(0, 4)
	eventually(t, 10*time.Second, "writing", func() bool { return c.total() > 200 })
	w.Link(0, 1).Hold()
	eventually(t, 10*time.Second, "waiting", func() bool { return w.status(t, 0, "wait_sessions") > 0 })
	time.Sleep(100 * time.Millisecond) // More of them come to wait.
	w.Servers[0].Kill()
	c.end()
	return c
}

// bootRole asks the peer of a server, writes the file, and returns what it says
// as the server takes it on its command line.
func (w *world) bootRole(t *testing.T, of, peer int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answers := database.AskPeers(ctx, []database.Peer{{Name: names[peer], DB: w.check[peer].DB}})
	file := filepath.Join(t.TempDir(), names[of]+".cnf")
	must(t, database.WriteBootRole(file, database.DecideBootRole(answers).Fragment(answers)))
	text, err := os.ReadFile(file)
	must(t, err)
	_, value, _ := strings.Cut(string(text), "[mariadb]\n")
	return "--" + strings.ReplaceAll(strings.TrimSpace(value), "_", "-")
}

// thereAndBack writes on the second server and moves the writes to the first: both
// directions replicate and are acknowledged.
func (w *world) thereAndBack(t *testing.T) {
	t.Helper()
	for round, active := range []int{1, 0} {
		if round > 0 {
			_, err := (database.Fence{Server: w.servers[1-active], Holder: "c1", Epoch: 3, SemiSync: true}).Ensure(t.Context())
			must(t, err)
			all, err := database.StableState(t.Context(), w.servers[1-active])
			must(t, err)
			_, err = (database.Drain{Server: w.servers[active], All: all}).Ensure(w.soon())
			must(t, err)
			_, err = w.openServer(active, 3).Ensure(t.Context())
			must(t, err)
		}
		w.acknowledged(t, active)
		c := w.write(active, 2)
		eventually(t, 10*time.Second, "writing", func() bool { return c.total() > 50 })
		c.end()
		eventually(t, 10*time.Second, "replicated", func() bool { return c.missing(t, w.Servers[1-active].Root()) == 0 })
	}
	w.checksumsAgree(t, 0, 1)
}
