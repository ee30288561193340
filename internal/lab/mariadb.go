//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A database is MariaDB on one server of a service: its member'th of all.
type database struct {
	h      *host
	member int // from 1
	all    int
	socket string
	// user may read the state of replication, as the topology says.
	user, password string
}

// Accounts of the lab's databases, beside the topology's own.
const (
	dbReplication = "repl"
	dbApplication = "app"
	dbPassword    = "lab"
)

// startDatabases brings MariaDB up on the first n servers of each service that
// has a database, each following the one before it in a ring: two are a pair,
// master to master. The servers need not reach each other yet; they go on trying.
func (w *world) startDatabases(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	if n < 0 || n > 3 {
		return errors.New("databases: 0..3")
	}
	for _, program := range []string{"mariadbd", "mariadb", "mariadb-install-db"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing (Debian package mariadb-server)", program)
		}
	}
	groups := map[string][]*host{}
	for _, h := range w.hosts {
		if h.plan.DB && len(groups[h.plan.Service]) < n {
			groups[h.plan.Service] = append(groups[h.plan.Service], h)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	template := filepath.Join(w.dir, "template")
	if err := w.installDatabase(ctx, template); err != nil {
		return err
	}
	for _, group := range groups {
		err := each(len(group), func(i int) error {
			h := group[i]
			h.db = &database{h: h, member: i + 1, all: len(group), socket: filepath.Join(h.dir, "mysqld.sock"), user: h.plan.DBUser, password: w.dbPassword(h)}
			return h.db.start(ctx, template)
		})
		if err != nil {
			return err
		}
		for i, h := range group {
			if len(group) > 1 {
				if err := h.db.follow(ctx, group[(i+len(group)-1)%len(group)]); err != nil {
					return err
				}
			}
		}
	}
	return os.RemoveAll(template)
}

// dbPassword is what the topology's own account is given.
func (w *world) dbPassword(h *host) string { return w.secrets[h.plan.DBSecret.String()] }

// installDatabase makes the data directory that every server gets a copy of.
func (w *world) installDatabase(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+dir,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := w.children.start(cmd)
	if err == nil {
		err = w.children.wait(cmd)
	}
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, tail(out.String()))
	}
	return nil
}

// tail returns the last lines of a text.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// start copies the data directory and starts the server with the accounts.
func (d *database) start(ctx context.Context, template string) error {
	data := filepath.Join(d.h.dir, "mysql")
	if err := os.CopyFS(data, os.DirFS(template)); err != nil {
		return fmt.Errorf("database of %s: %w", d.h.name(), err)
	}
	err := d.h.add("mariadb", func() *exec.Cmd {
		//nolint:noctx // It lives as long as its host.
		return exec.Command("mariadbd", "--no-defaults", "--user=root", "--datadir="+data, "--socket="+d.socket,
			"--pid-file="+filepath.Join(d.h.dir, "mysqld.pid"), "--tmpdir="+d.h.dir,
			"--bind-address=0.0.0.0", fmt.Sprintf("--port=%d", databasePort),
			fmt.Sprintf("--server-id=%d", d.member), fmt.Sprintf("--gtid-domain-id=%d", d.member),
			"--log-bin=bin", "--binlog-format=ROW", "--log-slave-updates="+onOff(d.all > 2), "--gtid-strict-mode=ON",
			fmt.Sprintf("--auto-increment-increment=%d", max(1, d.all)), fmt.Sprintf("--auto-increment-offset=%d", d.member),
			"--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--performance-schema=OFF",
			"--slave-net-timeout=4", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
	})
	if err != nil {
		return err
	}
	if err := d.ready(ctx); err != nil {
		return err
	}
	accounts := fmt.Sprintf(`SET sql_log_bin=0;
CREATE USER %[1]s@'%%' IDENTIFIED BY '%[3]s'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO %[1]s@'%%';
CREATE USER %[2]s@'%%' IDENTIFIED BY '%[3]s'; GRANT ALL ON lab.* TO %[2]s@'%%';
`, dbReplication, dbApplication, dbPassword)
	if d.user != "" {
		accounts += fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'; GRANT SELECT, SUPER, REPLICATION CLIENT, REPLICATION SLAVE ADMIN, READ_ONLY ADMIN ON *.* TO '%s'@'%%';\n",
			quoteSQL(d.user), quoteSQL(d.password), quoteSQL(d.user))
	}
	return d.run(ctx, accounts+"SET sql_log_bin=1; RESET MASTER; SET GLOBAL gtid_slave_pos='';")
}

func quoteSQL(s string) string { return strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) }

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// dbReady bounds the wait for a database.
const dbReady = 20 * time.Second

// ready waits until the server answers on its socket.
func (d *database) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dbReady)
	defer cancel()
	for {
		c, err := d.dial(ctx)
		if err == nil {
			return c()
		}
		select {
		case <-ctx.Done():
			logs, _ := d.h.w.logs(d.h.name())
			return fmt.Errorf("database of %s does not answer: %s", d.h.name(), tail(logs["mariadb"]))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// dial opens and closes a connection to the socket.
func (d *database) dial(ctx context.Context) (func() error, error) {
	c, err := new(net.Dialer).DialContext(ctx, "unix", d.socket)
	if err != nil {
		return nil, err
	}
	return c.Close, nil
}

// run runs statements by the client program, over the socket.
func (d *database) run(ctx context.Context, sql string) error {
	_, err := d.query(ctx, sql)
	return err
}

// query is run, and returns what was printed.
func (d *database) query(ctx context.Context, sql string) (string, error) {
	cmd := exec.CommandContext(ctx, "mariadb", "--no-defaults", "-S", d.socket, "-u", "root", "-N", "-B", "-e", sql)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := d.h.w.children.start(cmd)
	if err == nil {
		err = d.h.w.children.wait(cmd)
	}
	if err != nil {
		return "", fmt.Errorf("database of %s: %w: %s", d.h.name(), err, tail(out.String()))
	}
	return out.String(), nil
}

// follow makes the server replicate from another.
func (d *database) follow(ctx context.Context, from *host) error {
	return d.run(ctx, fmt.Sprintf(`CHANGE MASTER TO MASTER_HOST='%s', MASTER_PORT=%d, MASTER_USER='%s', MASTER_PASSWORD='%s',
MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1; START SLAVE;`,
		from.plan.Address.Addr(), databasePort, dbReplication, dbPassword))
}

// sql runs a statement on a host's database.
func (h *host) sql(statement string) error {
	if h.db == nil {
		return fmt.Errorf("%s has no database: lab up --databases 2", h.name())
	}
	ctx, cancel := context.WithTimeout(context.Background(), dbReady)
	defer cancel()
	return h.db.run(ctx, statement)
}
