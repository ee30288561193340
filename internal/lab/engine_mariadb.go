//go:build linux

package lab

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
)

// mariaDB is MariaDB as Debian has it.
type mariaDB struct{}

func findMariaDB() (engine, error) {
	for _, program := range []string{"mariadbd", "mariadb-install-db"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s is missing (Debian package mariadb-server)", program)
		}
	}
	return mariaDB{}, nil
}

// install has temporary tables with names of a process's number, which another lab
// has, too.
func (mariaDB) install(ctx context.Context, w *world, dir string) error {
	cmd := exec.CommandContext(ctx, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+dir, "--tmpdir="+w.dir,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return w.installed(cmd, out.String)
}

// boot lets a server that starts again ask the others first, where it has to.
func (m mariaDB) boot(d *database, data string, again bool) *exec.Cmd {
	args := m.arguments(d, data)
	if again && d.asks() {
		return d.asking(args)
	}
	return exec.Command("mariadbd", args...) //nolint:noctx // It lives as long as its host.
}

// arguments are the server's configuration, the same at every boot.
func (mariaDB) arguments(d *database, data string) []string {
	args := slices.Concat(d.common(data), []string{
		"--log-slave-updates=ON", "--binlog-format=ROW",
		fmt.Sprintf("--gtid-domain-id=%d", gtidDomain), "--gtid-strict-mode=ON", "--gtid-ignore-duplicates=" + onOff(d.all > 2),
		"--slave-net-timeout=4", "--slave-exec-mode=STRICT",
		"--innodb-log-file-size=16M", "--performance-schema=OFF",
	})
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

func (mariaDB) speaks() *dialect {
	return &dialect{
		program: "mariadb",
		before:  []string{"SET SESSION sql_log_bin=0"},
		after:   []string{"SET SESSION sql_log_bin=1", "RESET MASTER", "SET GLOBAL gtid_slave_pos=''"},
		open:    "SET GLOBAL read_only=OFF",
		follow: "CHANGE MASTER '%[5]s' TO MASTER_HOST='%[1]s', MASTER_PORT=%[2]d, MASTER_USER='%[3]s', MASTER_PASSWORD='%[4]s'," +
			" MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1",
		begin:   "START SLAVE '%s'",
		all:     "%s ALL SLAVES",
		applier: "%s SLAVE '%s' SQL_THREAD",
		delay:   "CHANGE MASTER '%s' TO MASTER_DELAY=%d",
	}
}

// common are the settings that both engines have.
func (d *database) common(data string) []string {
	return []string{
		"--no-defaults", "--user=root", "--datadir=" + data, "--socket=" + d.socket,
		"--pid-file=" + filepath.Join(d.h.dir, "mysqld.pid"), "--tmpdir=" + d.h.dir,
		"--bind-address=0.0.0.0", fmt.Sprintf("--port=%d", portOf(d.h.plan.DB)), "--skip-name-resolve",
		fmt.Sprintf("--server-id=%d", d.member), "--report-host=" + d.h.name(),
		"--log-bin=bin", "--binlog-expire-logs-seconds=604800",
		"--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1",
		fmt.Sprintf("--auto-increment-increment=%d", max(1, d.all)), fmt.Sprintf("--auto-increment-offset=%d", d.member),
		"--relay-log-recovery=ON", "--read-only=ON", "--event-scheduler=ON", "--innodb-buffer-pool-size=32M",
	}
}
