package replication

import (
	"fmt"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// A version is major, minor and patch of a server.
type version [3]int

func parseVersion(text string) version {
	var v version
	head, _, _ := strings.Cut(text, "-")
	for i, part := range strings.SplitN(head, ".", 4) {
		if i < len(v) {
			v[i], _ = strconv.Atoi(part) // zero: the oldest names are asked for, and the server says if they are wrong
		}
	}
	return v
}

func (v version) atLeast(major, minor, patch int) bool {
	w := version{major, minor, patch}
	for i := range v {
		if v[i] != w[i] {
			return v[i] > w[i]
		}
	}
	return true
}

// engineOf tells the family from @@version; MariaDB always says so in it.
func engineOf(text string) tunnel.DatabaseEngine {
	if strings.Contains(strings.ToLower(text), "mariadb") {
		return tunnel.MariaDB
	}
	return tunnel.MySQL
}

// statements are what is asked of one family and version.
type statements struct {
	session   string
	variables string
	links     string
	status    string
	more      []string // connections, workers
}

// mariadbVariables exist in MariaDB 10.6 to 12.
const mariadbVariables = "server_id gtid_domain_id gtid_binlog_state gtid_binlog_pos gtid_slave_pos gtid_current_pos" +
	" read_only log_bin log_slave_updates binlog_format gtid_strict_mode sync_binlog innodb_flush_log_at_trx_commit" +
	" auto_increment_increment auto_increment_offset slave_net_timeout slave_parallel_mode sql_log_bin event_scheduler" +
	" version gtid_ignore_duplicates slave_skip_errors slave_exec_mode relay_log_recovery" +
	" rpl_semi_sync_master_enabled rpl_semi_sync_master_wait_point rpl_semi_sync_master_timeout" +
	" rpl_semi_sync_master_wait_no_slave rpl_semi_sync_slave_enabled"

// mysqlVariables exist in MySQL 8.0.26 to 9.x.
const mysqlVariables = "server_id server_uuid gtid_mode enforce_gtid_consistency GLOBAL.gtid_executed GLOBAL.gtid_purged" +
	" read_only super_read_only log_bin log_replica_updates replica_preserve_commit_order replica_net_timeout" +
	" auto_increment_increment auto_increment_offset sync_binlog innodb_flush_log_at_trx_commit version" +
	" replica_parallel_workers replica_skip_errors replica_exec_mode relay_log_recovery event_scheduler"

// semiSyncVariables come with MySQL's plugins, so they are read by SHOW.
const semiSyncVariables = "Variable_name LIKE 'rpl\\_semi\\_sync\\_%'"

func statementsFor(engine tunnel.DatabaseEngine, v version) statements {
	if engine == tunnel.MariaDB {
		return statements{
			session:   "SET SESSION lock_wait_timeout=2, max_statement_time=2",
			variables: selectVariables(mariadbVariables),
			links:     "SHOW ALL SLAVES STATUS",
			status: "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_master_status','Rpl_semi_sync_master_clients'," +
				"'Rpl_semi_sync_master_no_tx','Rpl_semi_sync_master_yes_tx','Rpl_semi_sync_master_no_times','Rpl_semi_sync_master_wait_sessions','Rpl_semi_sync_slave_status','Slave_open_temp_tables','Uptime')",
		}
	}
	names, links := mysqlVariables, "SHOW REPLICA STATUS"
	if !v.atLeast(8, 0, 26) {
		names = strings.NewReplacer("replica_", "slave_", "log_replica", "log_slave").Replace(names)
	}
	if !v.atLeast(8, 0, 22) {
		links = "SHOW SLAVE STATUS"
	}
	return statements{
		session:   "SET SESSION lock_wait_timeout=2, max_execution_time=2000",
		variables: selectVariables(names),
		links:     links,
		status:    "SHOW GLOBAL STATUS WHERE Variable_name='Uptime' OR " + semiSyncVariables,
		more: []string{
			"SELECT c.CHANNEL_NAME,SERVICE_STATE,RECEIVED_TRANSACTION_SET,LAST_HEARTBEAT_TIMESTAMP,COUNT_RECEIVED_HEARTBEATS," +
				"LAST_ERROR_NUMBER,HEARTBEAT_INTERVAL FROM performance_schema.replication_connection_status c" +
				" LEFT JOIN performance_schema.replication_connection_configuration f ON f.CHANNEL_NAME=c.CHANNEL_NAME",
			"SELECT CHANNEL_NAME,WORKER_ID,SERVICE_STATE,LAST_ERROR_NUMBER,LAST_APPLIED_TRANSACTION,APPLYING_TRANSACTION," +
				"APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP FROM performance_schema.replication_applier_status_by_worker",
			"SHOW GLOBAL VARIABLES WHERE " + semiSyncVariables,
		},
	}
}

func selectVariables(names string) string {
	words := strings.Fields(names)
	for i, w := range words {
		_, plain, scoped := strings.Cut(w, ".")
		if !scoped {
			plain = w
		}
		words[i] = fmt.Sprintf("@@%s AS `%s`", w, plain)
	}
	return "SELECT " + strings.Join(words, ",")
}

// Tables of the controller, in a schema of their own. docs/reference/database.md
// shows how they are made.
const (
	Schema         = "jembatan"
	HeartbeatTable = Schema + ".heartbeat"
	LeaseTable     = Schema + ".lease"
)
