//go:build linux

package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	actuate "jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/tunnel"
)

// Accounts of the lab's databases, beside the topology's own.
const (
	dbReplication = "repl"
	dbApplication = "app"
	dbPassword    = "lab"
)

// accountsOf returns the controller's three accounts, as the topology names them.
func accountsOf(r *tunnel.Replication, secrets map[string]string) actuate.Accounts {
	login := func(user string, password tunnel.SecretRef) actuate.Login {
		return actuate.Login{User: user, Password: replication.Secret(secrets[password.String()])}
	}
	return actuate.Accounts{
		Check: login(r.User, r.Password), Writer: login(r.Writer.User, r.Writer.Password), Fence: login(r.Fence.User, r.Fence.Password),
	}
}

// dbReady bounds each statement, and bootPatience the wait for a database that
// starts: MySQL's takes long on a machine that is busy.
const (
	dbReady      = 20 * time.Second
	bootPatience = time.Minute
)

// semiSyncWait is how long a commit waits for a standby: longer than any test.
const semiSyncWait = 24 * time.Hour

// session opens a session of an account over the socket, which is a file and has
// no network. The caller ends it.
func (d *database) session(ctx context.Context, user string, password replication.Secret) (*sql.Conn, func(), error) {
	db, err := replication.Account{Network: "unix", Address: d.socket, User: user, Password: password, Answer: dbReady}.Open()
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("database of %s: %w", d.h.name(), err), db.Close())
	}
	return conn, func() { _ = conn.Close(); _ = db.Close() }, nil // What it had to say, it has said.
}

// exec runs statements as the administrator, in one session.
func (d *database) exec(ctx context.Context, statements ...string) error {
	conn, end, err := d.session(ctx, "root", "")
	if err != nil {
		return err
	}
	defer end()
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			first, _, _ := strings.Cut(s, " IDENTIFIED ") // No password in an error.
			return fmt.Errorf("database of %s: %.60s: %w", d.h.name(), first, err)
		}
	}
	return nil
}

// ready waits until the server answers on its socket.
func (d *database) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	for {
		err := d.exec(ctx, "DO 0")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			logs, _ := d.h.w.logs(d.h.name())
			return fmt.Errorf("%w: %s", err, tail(logs[d.engine.speaks().program]))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// prepare makes the accounts, the controller's schema and one for an application,
// all kept out of the binary log: every server begins with an empty GTID state.
func (d *database) prepare(ctx context.Context) error {
	s := []string{
		fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", dbReplication, dbPassword),
		fmt.Sprintf("GRANT REPLICATION SLAVE ON *.* TO %s@'%%'", dbReplication),
		fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", dbApplication, dbPassword),
		"CREATE DATABASE lab",
		"CREATE TABLE lab.acked (id BIGINT PRIMARY KEY, at BIGINT NOT NULL) ENGINE=InnoDB",
		fmt.Sprintf("GRANT ALL ON lab.* TO %s@'%%'", dbApplication),
		fmt.Sprintf("GRANT RELOAD ON *.* TO %s@'%%'", dbApplication), // FLUSH TABLES, for lock-tables.
	}
	if d.accounts.Check.User != "" {
		s = append(s, actuate.Setup{Engine: d.h.plan.DB.Engine, Accounts: d.accounts, Lease: true, SemiSync: d.semiSync}.Statements()...)
	}
	say := d.engine.speaks()
	return d.exec(ctx, slices.Concat(say.before, s, say.after)...)
}

// follow makes the server replicate from another: by the only link of a pair, or
// by one that is called after the source.
func (d *database) follow(ctx context.Context, from *host) error {
	channel := ""
	if d.all > 2 {
		channel = from.name()
	}
	d.channels = append(d.channels, channel)
	say := d.engine.speaks()
	return d.exec(ctx, fmt.Sprintf(say.follow, from.plan.Address.Addr(), portOf(from.plan.DB), dbReplication, dbPassword, channel),
		fmt.Sprintf(say.begin, channel))
}

// sql runs statements on a host's database, as its administrator.
func (h *host) sql(statements ...string) error {
	if h.db == nil {
		return errNoDatabase(h)
	}
	ctx, cancel := context.WithTimeout(context.Background(), dbReady)
	defer cancel()
	return h.db.exec(ctx, statements...)
}
