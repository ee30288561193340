//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	actuate "jembatan/failover/actuator/database"
)

// A database is MariaDB on one server of a service: its member'th of all. It is
// set up as docs/reference/database.md says.
type database struct {
	h        *host
	member   int // from 1
	all      int
	socket   string
	accounts actuate.Accounts
	semiSync bool
	boot     bool // replication starts with the server
	channels []string
	peers    []string // where the others of the service listen
}

// startDatabases brings MariaDB up on the first n servers of each service that
// has a database: a pair follows each other, three follow each the two others.
// The servers need not reach each other yet; they go on trying.
func (w *world) startDatabases(ctx context.Context, o *Options) error {
	n := o.Databases
	if n == 0 {
		return nil
	}
	if n < 0 || n > 3 {
		return errors.New("databases: 0..3")
	}
	for _, program := range []string{"mariadbd", "mariadb-install-db"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing (Debian package mariadb-server)", program)
		}
	}
	groups := map[string][]*host{}
	for _, h := range w.hosts {
		if h.plan.DB != nil && len(groups[h.plan.Service]) < n {
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
		if err := w.startGroup(ctx, group, template, o); err != nil {
			return err
		}
	}
	return errors.Join(w.openDatabase(ctx, groups, o.Open), os.RemoveAll(template))
}

// startGroup brings the databases of one service up and joins them.
func (w *world) startGroup(ctx context.Context, group []*host, template string, o *Options) error {
	for i, h := range group {
		h.db = &database{
			h: h, member: i + 1, all: len(group), socket: filepath.Join(h.dir, "mysqld.sock"), accounts: accountsOf(h.plan.DB, w.secrets),
			semiSync: o.SemiSync || h.plan.DB.SemiSync, boot: o.ReplicateAtBoot,
		}
	}
	for i, h := range group {
		for j, other := range group {
			if j != i {
				h.db.peers = append(h.db.peers, fmt.Sprintf("%s:%d", other.plan.Address.Addr(), portOf(other.plan.DB)))
			}
		}
	}
	return each(len(group), func(i int) error {
		d := group[i].db
		if err := d.start(ctx, template); err != nil {
			return err
		}
		if err := d.prepare(ctx); err != nil {
			return err
		}
		for j, from := range group {
			if j != i {
				if err := d.follow(ctx, from); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Who is writable after the start; see Options.Open.
const (
	OpenFirst = "first"
	OpenNone  = "none"
)

// openDatabase lets one server of each service take writes, without a lease.
func (w *world) openDatabase(ctx context.Context, groups map[string][]*host, which string) error {
	if which == OpenNone {
		return nil
	}
	found := false
	for _, group := range groups {
		for i, h := range group {
			if which == h.name() || i == 0 && (which == "" || which == OpenFirst) {
				found = true
				if err := h.db.exec(ctx, "SET GLOBAL read_only=OFF"); err != nil {
					return err
				}
			}
		}
	}
	if !found {
		return fmt.Errorf("open %s: it has no database", which)
	}
	return nil
}

// installDatabase makes the data directory that every server gets a copy of. Its
// temporary tables have names of a process's number, which another lab has, too.
func (w *world) installDatabase(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+dir, "--tmpdir="+w.dir,
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

// tail returns the last lines of a text, or those that tell of an error.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	wrong := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, "ERROR") })
	if len(wrong) > 0 {
		lines = wrong
	}
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// start copies the data directory and starts the server.
func (d *database) start(ctx context.Context, template string) error {
	data := filepath.Join(d.h.dir, "mysql")
	if err := os.CopyFS(data, os.DirFS(template)); err != nil {
		return fmt.Errorf("database of %s: %w", d.h.name(), err)
	}
	first := true
	err := d.h.add("mariadb", func() *exec.Cmd {
		if !first && d.asks() {
			return d.asking(data)
		}
		first = false
		return exec.Command("mariadbd", d.arguments(data)...) //nolint:noctx // It lives as long as its host.
	})
	if err != nil {
		return err
	}
	return d.ready(ctx)
}

// arguments are the server's configuration, the same at every boot.
func (d *database) arguments(data string) []string {
	args := []string{
		"--no-defaults", "--user=root", "--datadir=" + data, "--socket=" + d.socket,
		"--pid-file=" + filepath.Join(d.h.dir, "mysqld.pid"), "--tmpdir=" + d.h.dir,
		"--bind-address=0.0.0.0", fmt.Sprintf("--port=%d", portOf(d.h.plan.DB)), "--skip-name-resolve",
		fmt.Sprintf("--server-id=%d", d.member), "--report-host=" + d.h.name(),
		"--log-bin=bin", "--log-slave-updates=ON", "--binlog-format=ROW", "--binlog-expire-logs-seconds=604800",
		fmt.Sprintf("--gtid-domain-id=%d", gtidDomain), "--gtid-strict-mode=ON", "--gtid-ignore-duplicates=" + onOff(d.all > 2),
		"--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1",
		fmt.Sprintf("--auto-increment-increment=%d", max(1, d.all)), fmt.Sprintf("--auto-increment-offset=%d", d.member),
		"--slave-net-timeout=4", "--relay-log-recovery=ON", "--slave-exec-mode=STRICT",
		"--read-only=ON", "--event-scheduler=ON",
		"--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--performance-schema=OFF",
	}
	if !d.boot {
		args = append(args, "--skip-slave-start")
	}
	if d.semiSync {
		// Each would acknowledge. Which one does, and the source side, is the
		// controller's to switch.
		args = append(args, "--rpl-semi-sync-master-enabled=OFF", "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
			fmt.Sprintf("--rpl-semi-sync-master-timeout=%d", semiSyncWait.Milliseconds()),
			"--rpl-semi-sync-slave-enabled=ON")
	}
	return args
}

// gtidDomain is the one domain of all servers.
const gtidDomain = 10

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}
