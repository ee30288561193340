package mariadb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// An engine is how one family is installed and started.
type engine struct {
	daemon  string
	install string // MariaDB's mariadb-install-db; empty: MySQL, which does it itself
	chroot  string
}

func (o Options) engine() (engine, error) {
	if o.MySQLRoot != "" {
		if _, err := os.Stat(filepath.Join(o.MySQLRoot, "usr/sbin/mysqld")); err != nil {
			return engine{}, fmt.Errorf("mysqld in %s: %w", o.MySQLRoot, ErrMissing)
		}
		return engine{daemon: "/usr/sbin/mysqld", chroot: o.MySQLRoot}, nil
	}
	daemon, err := program("mariadbd")
	if err != nil {
		return engine{}, err
	}
	install, err := program("mariadb-install-db")
	return engine{daemon: daemon, install: install}, err
}

func (e engine) isMySQL() bool { return e.install == "" }

// inside is a path as the server sees it.
func (e engine) inside(path string) string { return strings.TrimPrefix(path, e.chroot) }

// home returns a new directory for servers, in memory where that is possible.
// It removes the directories of processes that were killed before they could.
func (e engine) home() (string, error) {
	places := []string{"/dev/shm", os.TempDir()}
	if e.chroot != "" {
		places = []string{filepath.Join(e.chroot, "tmp")}
	}
	var dir string
	err := ErrMissing
	for _, place := range places {
		sweep(place)
		if dir, err = os.MkdirTemp(place, prefix+strconv.Itoa(os.Getpid())+"-"); err == nil {
			return dir, nil
		}
	}
	return "", err
}

// prefix begins the name of every home; the process id follows.
const prefix = "jembatan-db-"

func sweep(place string) {
	homes, err := filepath.Glob(filepath.Join(place, prefix+"*-*"))
	if err != nil {
		return
	}
	for _, home := range homes {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(home), prefix), "-")
		pid, err := strconv.Atoi(owner)
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(home)
		}
	}
}

// create makes an empty data directory. MariaDB's installation has temporary
// tables, which another one beside it must not take away.
func (e engine) create(ctx context.Context, dir, log string) error {
	if e.isMySQL() {
		return output(ctx, e.chroot, e.daemon, "--no-defaults", "--initialize-insecure", "--user=root",
			"--datadir="+e.inside(dir), "--log-error="+e.inside(log))
	}
	return output(ctx, "", e.install, "--no-defaults", "--datadir="+dir, "--tmpdir="+filepath.Dir(dir), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M",
		e.user())
}

// user lets a server that root starts run as root; others run as themselves.
func (e engine) user() string {
	if os.Geteuid() == 0 {
		return "--user=root"
	}
	return "--skip-name-resolve"
}

// argv is the command line of s: the settings that docs/reference/database.md
// asks for, as small as can be.
func (e engine) argv(s *Server) []string {
	in := e.inside(s.dir)
	id := strconv.Itoa(s.ID)
	argv := []string{
		e.daemon, "--no-defaults", e.user(),
		"--datadir=" + in + "/data", "--socket=" + in + "/sock", "--pid-file=" + in + "/pid", "--tmpdir=" + in,
		"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(s.Port), "--skip-name-resolve",
		"--server-id=" + id, "--log-bin=bin", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1",
		"--auto-increment-increment=4", "--auto-increment-offset=" + id,
		"--innodb-buffer-pool-size=32M", "--relay-log-recovery=ON", "--binlog-expire-logs-seconds=604800",
		"--performance-schema=OFF",
	}
	if e.isMySQL() {
		return append(argv[:len(argv)-1], "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-replica-updates=ON",
			"--replica-net-timeout=4", "--replica-preserve-commit-order=ON", "--skip-replica-start=ON",
			"--mysqlx=OFF", "--innodb-redo-log-capacity=16M", "--report-host=127.0.0.1")
	}
	return append(argv, "--gtid-domain-id=10", "--gtid-strict-mode=ON", "--log-slave-updates=ON", "--binlog-format=ROW",
		"--slave-net-timeout=4", "--skip-slave-start", "--innodb-log-file-size=16M",
		"--rpl-semi-sync-slave-enabled=ON", "--rpl-semi-sync-master-wait-point=AFTER_SYNC")
}
