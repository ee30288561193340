package database_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

const secret = "pl4nted-s3cret"

var accounts = database.Accounts{
	Check:  database.Login{User: "jembatan", Password: secret},
	Writer: database.Login{User: "jembatan_write", Password: secret},
	Fence:  database.Login{User: "jembatan_fence", Password: secret},
}

// world is a cluster that was set up as the page says, with an application.
type world struct {
	*mariadb.Cluster
	t       *testing.T
	engine  tunnel.DatabaseEngine
	servers []database.Server
	check   []replication.Target
	token   uint64
}

var names = []string{"main", "backup", "third"}

func start(t *testing.T, o mariadb.Options, lease bool) *world {
	t.Helper()
	o.Args = append(o.Args, "--event-scheduler=ON")
	return prepare(t, mariadb.Test(t, o), tunnel.MariaDB, lease, false)
}

func startMySQL(t *testing.T, o mariadb.Options, lease bool) *world {
	t.Helper()
	o.Args = append(o.Args, "--event-scheduler=ON")
	return prepare(t, mariadb.TestMySQL(t, o), tunnel.MySQL, lease, slices.Contains(o.Args, semiSyncPlugins()[0]))
}

func prepare(t *testing.T, c *mariadb.Cluster, engine tunnel.DatabaseEngine, lease, plugins bool) *world {
	t.Helper()
	w := &world{Cluster: c, t: t, engine: engine}
	setup := database.Setup{Engine: engine, Accounts: accounts, Lease: lease, SemiSync: engine == tunnel.MariaDB || plugins}
	for i, s := range c.Servers {
		must(t, s.Exec(t.Context(), append(setup.Statements(),
			"SET SESSION sql_log_bin=0", "CREATE DATABASE app", "CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)",
			"CREATE USER app@'%' IDENTIFIED BY 'app'", "GRANT ALL ON app.* TO app@'%'", "SET SESSION sql_log_bin=1")...))
		w.servers = append(w.servers, database.Server{
			Name: names[i], Engine: engine, Lease: lease, Keep: []string{accounts.Check.User, "root"},
			Admin: w.open(i, accounts.Fence), Writer: w.open(i, accounts.Writer),
		})
		w.check = append(w.check, replication.Target{Name: names[i], Engine: engine, DB: w.open(i, accounts.Check)})
	}
	for _, s := range c.Servers[1:] {
		must(t, s.Exec(t.Context(), readOnly(engine)))
	}
	return w
}

func readOnly(e tunnel.DatabaseEngine) string {
	if e == tunnel.MySQL {
		return "SET GLOBAL super_read_only=1"
	}
	return "SET GLOBAL read_only=1"
}

func (w *world) open(i int, l database.Login) *sql.DB {
	w.t.Helper()
	db, err := replication.Account{Address: w.Servers[i].Address(), User: l.User, Password: l.Password, Answer: 8 * time.Second}.Open()
	must(w.t, err)
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) app(i int) *sql.DB { return w.open(i, database.Login{User: "app", Password: "app"}) }

func (w *world) nextToken() uint64 { w.token++; return w.token }

func (w *world) openServer(i int, epoch uint64) database.Open {
	return database.Open{Server: w.servers[i], Holder: "c1", Epoch: epoch, Token: w.nextToken()}
}

// eventually polls an external database, bounded.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > limit {
			t.Fatalf("after %v: not %s", limit, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A clients keeps writing to one server and notes what was acknowledged and when.
type clients struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	acked []time.Time
	ids   []int64 // of the rows, one for each of acked
	last  error
}

func (w *world) write(i, n int) *clients {
	ctx, cancel := context.WithCancel(w.t.Context())
	c := &clients{stop: cancel}
	db := w.app(i)
	db.SetMaxIdleConns(n)
	for range n {
		c.done.Go(func() {
			for ctx.Err() == nil {
				res, err := db.ExecContext(ctx, "INSERT INTO app.t (v) VALUES (1)")
				var id int64
				if err == nil {
					id, err = res.LastInsertId()
				}
				c.mu.Lock()
				if err == nil {
					c.acked = append(c.acked, time.Now())
					c.ids = append(c.ids, id)
				} else if !errors.Is(err, context.Canceled) {
					c.last = err
				}
				c.mu.Unlock()
				if err != nil {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	w.t.Cleanup(c.end)
	return c
}

func (c *clients) end() { c.stop(); c.done.Wait() }

// since returns how many writes were acknowledged at or after a time, and the last of them.
func (c *clients) since(at time.Time) (n int, last time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.acked {
		if !a.Before(at) {
			n++
			last = max(last, a.Sub(at))
		}
	}
	return n, last
}

// missing returns how many acknowledged rows a server does not have.
func (c *clients) missing(t *testing.T, db *sql.DB) int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM app.t")
	must(t, err)
	defer rows.Close()
	there := map[int64]bool{}
	for rows.Next() {
		var id int64
		must(t, rows.Scan(&id))
		there[id] = true
	}
	must(t, rows.Err())
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, id := range c.ids {
		if !there[id] {
			n++
		}
	}
	return n
}

func (c *clients) total() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.acked) }
