//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// mySQL is Oracle's MySQL, 8.0.30 and later. Debian 12 has none: its programs may
// be in a root directory of their own, as .ci/mysql-root makes one.
type mySQL struct {
	root string // empty: the machine's own
}

// errNoMySQL says what to do without one.
var errNoMySQL = errors.New("MySQL is missing: .ci/mysql-root makes a root directory that has it, for --mysql-root")

// findMySQL asks the server what it is: MariaDB's package has a program of that name,
// too.
func findMySQL(ctx context.Context, root string) (engine, error) {
	e := mySQL{root: root}
	out, err := e.command(ctx, "--version").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w (%q): %w", errNoMySQL, root, err)
	}
	if strings.Contains(string(out), "MariaDB") {
		return nil, fmt.Errorf("%w: the mysqld there is MariaDB's", errNoMySQL)
	}
	return e, nil
}

// share lets servers with a root directory of their own see the lab's files where they
// are. The mount is the lab's own.
func (e mySQL) share() error {
	if e.root == "" {
		return nil
	}
	if err := syscall.Mount("/run", filepath.Join(e.root, "run"), "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("%s/run: %w", e.root, err)
	}
	return nil
}

// mysqld is where the server is in a root directory of its own.
const mysqld = "/usr/sbin/mysqld"

// command returns a process that sees the root directory.
func (e mySQL) command(ctx context.Context, args ...string) *exec.Cmd {
	if e.root == "" {
		return exec.CommandContext(ctx, "mysqld", args...)
	}
	cmd := exec.CommandContext(ctx, mysqld, args...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: e.root}
	return cmd
}

// redoLog keeps the data directory small.
const redoLog = "--innodb-redo-log-capacity=16M"

// install leaves no identity behind: each server makes its own.
func (e mySQL) install(ctx context.Context, w *world, dir string) error {
	if err := e.share(); err != nil {
		return err
	}
	cmd := e.command(ctx, "--no-defaults", "--initialize-insecure", "--user=root", "--datadir="+dir, "--tmpdir="+w.dir,
		"--innodb-buffer-pool-size=32M", redoLog)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := w.installed(cmd, out.String); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, "auto.cnf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (e mySQL) boot(d *database, data string, _ bool) *exec.Cmd {
	args := slices.Concat(d.common(data), []string{
		"--super-read-only=ON", "--log-replica-updates=ON", "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
		"--replica-preserve-commit-order=ON", "--replica-exec-mode=STRICT", "--replica-net-timeout=4",
		"--mysqlx=OFF", redoLog,
	})
	if !d.boot {
		args = append(args, "--skip-replica-start=ON")
	}
	if d.semiSync {
		args = append(args, "--plugin-load-add=semisync_source.so", "--plugin-load-add=semisync_replica.so",
			"--rpl-semi-sync-source-enabled=OFF", "--rpl-semi-sync-source-wait-point=AFTER_SYNC",
			fmt.Sprintf("--rpl-semi-sync-source-timeout=%d", semiSyncWait.Milliseconds()),
			"--rpl-semi-sync-replica-enabled=ON")
	}
	return e.command(context.Background(), args...)
}

// speaks opens a server by one statement: it switches super_read_only off, too.
func (mySQL) speaks() *dialect {
	return &dialect{
		program: "mysql",
		before:  []string{"SET GLOBAL super_read_only=OFF", "SET SESSION sql_log_bin=0"},
		after:   []string{"SET SESSION sql_log_bin=1", "SET GLOBAL super_read_only=ON"},
		open:    "SET GLOBAL read_only=OFF",
		follow: "CHANGE REPLICATION SOURCE TO SOURCE_HOST='%s', SOURCE_PORT=%d, SOURCE_USER='%s', SOURCE_PASSWORD='%s'," +
			" SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400, SOURCE_HEARTBEAT_PERIOD=1," +
			" GET_SOURCE_PUBLIC_KEY=1 FOR CHANNEL '%s'",
		begin:   "START REPLICA FOR CHANNEL '%s'",
		all:     "%s REPLICA",
		applier: "%s REPLICA SQL_THREAD FOR CHANNEL '%s'",
		delay:   "CHANGE REPLICATION SOURCE TO SOURCE_DELAY=%[2]d FOR CHANNEL '%[1]s'",
	}
}
