package bootstrap

import (
	"fmt"
	"strings"

	"jembatan/tunnel"
)

// semiSyncWait is how long a commit waits for the standby, in milliseconds: so
// long that it is never answered without one.
const semiSyncWait = 24 * 60 * 60 * 1000

// Settings returns the file with what docs/reference/database.md wants of this
// server and packages do not set.
func (d *Database) Settings() string {
	var b strings.Builder
	set := func(name string, value any) { fmt.Fprintf(&b, "%s = %v\n", name, value) }
	n, all := d.Server+1, len(d.Service.Servers)
	mysql := d.Service.Replication.Engine == tunnel.MySQL
	b.WriteString(map[bool]string{true: "[mysqld]\n", false: "[mariadb]\n"}[mysql])
	set("server_id", n)
	b.WriteString("log_bin\n")
	set("auto_increment_increment", all)
	set("auto_increment_offset", n)
	set("sync_binlog", 1)
	set("innodb_flush_log_at_trx_commit", 1)
	set("relay_log_recovery", "ON")
	set("binlog_expire_logs_seconds", 604800)
	set("skip_name_resolve", "ON")
	set("read_only", "ON")
	if mysql {
		set("super_read_only", "ON")
		set("log_replica_updates", "ON")
		set("gtid_mode", "ON")
		set("enforce_gtid_consistency", "ON")
		set("replica_preserve_commit_order", "ON")
		set("replica_exec_mode", "STRICT")
		set("replica_net_timeout", 4)
		b.WriteString("skip_replica_start\n")
	} else {
		set("log_slave_updates", "ON")
		set("binlog_format", "ROW")
		set("gtid_domain_id", 0)
		set("gtid_strict_mode", "ON")
		if all > 2 {
			set("gtid_ignore_duplicates", "ON")
		}
		set("slave_exec_mode", "STRICT")
		set("slave_net_timeout", 4)
		b.WriteString("skip_slave_start\n")
	}
	if d.lease() {
		set("event_scheduler", "ON")
	}
	if d.Service.Replication.SemiSync {
		b.WriteString(d.semiSync(mysql))
	}
	return b.String()
}

// semiSync are the settings of the sides. Every server would acknowledge, so that
// each takes back what its recovery threw away; the controller lets one standby do
// so at a time, and switches the source's side.
func (d *Database) semiSync(mysql bool) string {
	source, replica := "rpl_semi_sync_master", "rpl_semi_sync_slave"
	var b strings.Builder
	if mysql {
		source, replica = "rpl_semi_sync_source", "rpl_semi_sync_replica"
		b.WriteString("plugin_load_add = semisync_source.so\nplugin_load_add = semisync_replica.so\n")
	}
	fmt.Fprintf(&b, "%s_enabled = OFF\n%s_wait_point = AFTER_SYNC\n%s_timeout = %d\n%s_enabled = ON\n",
		source, source, source, semiSyncWait, replica)
	return b.String()
}
