package replication_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

var names = []string{"main", "backup", "third"}

// world is a cluster, and the controller's rounds over it.
type world struct {
	*mariadb.Cluster
	t       *testing.T
	targets []replication.Target
	writers []replication.Target // the write account
	active  string
	epoch   uint64
	token   uint64
	tokens  replication.TokenLog
	h       replication.History
	rules   replication.Rules
}

func start(t *testing.T, o mariadb.Options) *world {
	t.Helper()
	return prepare(t, mariadb.Test(t, o), tunnel.MariaDB)
}

func prepare(t *testing.T, c *mariadb.Cluster, engine tunnel.DatabaseEngine) *world {
	t.Helper()
	w := &world{Cluster: c, t: t, active: "main", epoch: 1, rules: replication.Rules{Tokens: true}}
	setup := database.Setup{Engine: engine, Accounts: database.Accounts{
		Check: database.Login{User: "c", Password: "c"}, Writer: database.Login{User: "w", Password: "w"}, Fence: database.Login{User: "f", Password: "f"},
	}}
	fence := "SET GLOBAL read_only=1"
	if engine == tunnel.MySQL {
		fence = "SET GLOBAL super_read_only=1"
	}
	for i, s := range c.Servers {
		w.exec(i, append(setup.Statements(), "SET SESSION sql_log_bin=0", "CREATE DATABASE app",
			"CREATE TABLE app.t (id INT PRIMARY KEY, v INT)", "SET SESSION sql_log_bin=1")...)
		if i > 0 {
			w.exec(i, fence)
		}
		w.targets = append(w.targets, replication.Target{Name: names[i], Engine: engine, DB: open(t, s, "c").DB})
		w.writers = append(w.writers, replication.Target{Name: names[i], DB: open(t, s, "w").DB})
	}
	return w
}

func open(t *testing.T, s *mariadb.Server, user string) replication.Target {
	t.Helper()
	db, err := replication.Account{Address: s.Address(), User: user, Password: replication.Secret(user)}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return replication.Target{DB: db}
}

func (w *world) exec(i int, statements ...string) {
	w.t.Helper()
	if err := w.Servers[i].Exec(w.t.Context(), statements...); err != nil {
		w.t.Fatal(err)
	}
}

// round writes a token on the active server, if it takes it, and judges all.
func (w *world) round() replication.Report {
	w.t.Helper()
	for _, d := range w.writers {
		if d.Name != w.active {
			continue
		}
		w.token++
		at := time.Now()
		if err := replication.WriteToken(w.t.Context(), d.DB, w.token, w.epoch); err == nil {
			w.tokens = w.tokens.Sent(w.token, at)
		}
	}
	seen := replication.ReadAll(w.t.Context(), w.targets, w.active, 300*time.Millisecond)
	rep, h := replication.Judge(w.h, replication.Sample{Now: time.Now(), Active: w.active, Epoch: w.epoch, Servers: seen, Tokens: w.tokens}, w.rules)
	w.h = h
	return rep
}

// until repeats rounds until a server's report begins as wanted, and returns
// that report and how long it took.
func (w *world) until(server, want string, limit time.Duration) (replication.ServerReport, time.Duration) {
	w.t.Helper()
	began := time.Now()
	for {
		sr := w.round().Server(server)
		if strings.HasPrefix(show(sr), want) {
			return sr, time.Since(began)
		}
		if time.Since(began) > limit {
			w.t.Fatalf("%s after %v: %s\nwant %s", server, limit, show(sr), want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// show is the verdict in one line: state, reason, number, transactions.
func show(sr replication.ServerReport) string {
	out := sr.State.String()
	if sr.Reason != replication.NoReason {
		out += ": " + string(sr.Reason)
	}
	if sr.Errno != 0 {
		out += fmt.Sprintf(" (%d)", sr.Errno)
	}
	if sr.Detail != "" {
		out += " [" + sr.Detail + "]"
	}
	return out
}

const settle = 15 * time.Second
