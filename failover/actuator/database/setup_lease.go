package database

import (
	"fmt"
	"strings"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// leaseStatements make the lease row, three routines on it and the event. The
// routines run with the rights of the administrator who makes them: they write
// under read_only and outside the binary log, and the fence account needs no
// privilege for either.
func (s Setup) leaseStatements() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS " + replication.LeaseTable + " (id TINYINT UNSIGNED PRIMARY KEY, holder VARCHAR(64) NOT NULL," +
			" epoch BIGINT UNSIGNED NOT NULL, renewals BIGINT UNSIGNED NOT NULL, renewed DATETIME(6) NOT NULL," +
			" ttl_ms BIGINT NOT NULL) ENGINE=InnoDB",
		"INSERT IGNORE INTO " + replication.LeaseTable + " VALUES (1,'',0,0,'2000-01-01',0)",
		routine("lease_open", "e>epoch OR e=epoch AND holder IN (h,'')"),
		routine("lease_renew", "(e>epoch OR e=epoch AND holder=h) AND NOT ("+expired+")"),
		routine("lease_revoke", "e>epoch OR e=epoch AND holder IN (h,'')"),
		s.killRoutine(),
		s.guardRoutine(),
		s.clearRoutine(),
		everySecond("guard"),
		everySecond("guard_clear"),
	}
}

// everySecond makes an event that calls the routine of its name.
func everySecond(name string) string {
	return fmt.Sprintf("CREATE EVENT IF NOT EXISTS %[1]s.%[2]s ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE ENABLE DO CALL %[1]s.%[2]s_once()",
		replication.Schema, name)
}

// expired is true of a lease that is in force and has run out by the server's clock.
const expired = "ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND"

func routine(name, allowed string) string {
	return fmt.Sprintf(`CREATE PROCEDURE %[1]s.%[2]s(IN h VARCHAR(64), IN e BIGINT UNSIGNED, IN t BIGINT)
SQL SECURITY DEFINER
BEGIN
  DECLARE n INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET SESSION sql_log_bin=1; RESIGNAL; END;
  SET SESSION sql_log_bin=0;
  UPDATE %[3]s SET renewals=renewals+1, holder=h, epoch=e, renewed=UTC_TIMESTAMP(6), ttl_ms=t WHERE id=1 AND (%[4]s);
  SET n=ROW_COUNT();
  SET SESSION sql_log_bin=1;
  SELECT n>0, %[5]s FROM %[3]s WHERE id=1;
END`, replication.Schema, name, replication.LeaseTable, allowed, leaseColumns)
}

// due is true while a lease has run out and the server is still open.
const due = "EXISTS (SELECT 1 FROM " + replication.LeaseTable + " WHERE id=1 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') AND " + expired + ")"

// killRoutine kills every session but the server's own, replication's, the
// controller's and the one that sets read_only. Those whose commit waits for a
// standby are killed last, which is safe only while read_only is pending or on:
// see waitingForAck.
func (s Setup) killRoutine() string {
	keep := []string{quoted("system user"), quoted("event_scheduler"), quoted(s.Accounts.Fence.User), quoted(s.Accounts.Check.User)}
	return fmt.Sprintf(`CREATE PROCEDURE %s.guard_kill()
SQL SECURITY DEFINER
BEGIN
  DECLARE v BIGINT UNSIGNED;
  DECLARE done INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT ID FROM information_schema.PROCESSLIST WHERE ID<>CONNECTION_ID()
    AND USER NOT IN (%s) AND COMMAND NOT LIKE 'Binlog Dump%%' AND COMMAND NOT LIKE 'Slave%%' AND COMMAND<>'Daemon'
    AND COALESCE(INFO,'') NOT LIKE 'SET GLOBAL %%read_only=1'
    ORDER BY COALESCE(STATE,'') LIKE '%%semi-sync ACK%%';
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done=1;
  DECLARE CONTINUE HANDLER FOR 1094, 1095 BEGIN END;
  OPEN c;
  sessions: LOOP
    FETCH c INTO v;
    IF done THEN LEAVE sessions; END IF;
    KILL CONNECTION v;
  END LOOP;
  CLOSE c;
END`, replication.Schema, strings.Join(keep, ","))
}

// guardRoutine is what the event guard does each second, one run at a time. It
// waits for its helper, the event guard_clear: while read_only is pending the
// scheduler starts no event, for it writes down each start.
func (s Setup) guardRoutine() string {
	return fmt.Sprintf(`CREATE PROCEDURE %[1]s.guard_once()
SQL SECURITY DEFINER
main: BEGIN
  DECLARE looks INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR 1205 BEGIN END;
  IF NOT %[2]s THEN LEAVE main; END IF;
  IF GET_LOCK('jembatan.guard',0)<>1 THEN LEAVE main; END IF;
  WHILE looks<30 AND IS_USED_LOCK('jembatan.guard.clear') IS NULL DO
    DO SLEEP(0.05);
    SET looks=looks+1;
  END WHILE;
  SET SESSION lock_wait_timeout=3;
  %[3]s;
  IF CAST(@@GLOBAL.read_only AS CHAR) NOT IN ('0','OFF') THEN CALL %[1]s.guard_kill(); END IF;
  DO RELEASE_LOCK('jembatan.guard');
END`, replication.Schema, due, readOnlyStatement(s.Engine))
}

// clearRoutine is its helper. When it has seen read_only pending twice, no new
// commit begins, and it kills who is in the way. What waits for a standby then has no
// client: an applier, which cannot be killed, and on MySQL whoever was killed. So the
// waiting is switched off; if read_only is given up after that, commits wait again.
// The variable is found by its name, for MySQL has it with a plugin only.
func (s Setup) clearRoutine() string {
	side := "IF(@@GLOBAL.rpl_semi_sync_master_enabled,'rpl_semi_sync_master_enabled',NULL)"
	if s.Engine == tunnel.MySQL {
		side = "(SELECT MAX(VARIABLE_NAME) FROM performance_schema.global_variables WHERE VARIABLE_VALUE='ON'" +
			" AND VARIABLE_NAME IN ('rpl_semi_sync_source_enabled','rpl_semi_sync_master_enabled'))"
	}
	return fmt.Sprintf(`CREATE PROCEDURE %[1]s.guard_clear_once()
SQL SECURITY DEFINER
main: BEGIN
  DECLARE looks, seen, pending, waiting, alive INT DEFAULT 0;
  DECLARE released, side VARCHAR(64);
  IF NOT %[2]s THEN LEAVE main; END IF;
  IF GET_LOCK('jembatan.guard.clear',0)<>1 THEN LEAVE main; END IF;
  WHILE looks<100 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') DO
    DO SLEEP(0.05);
    SELECT COUNT(*) INTO pending FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SET GLOBAL %%read_only=1' AND STATE LIKE 'Waiting%%';
    SET seen=IF(pending,seen+1,0), looks=looks+1;
    IF seen>1 THEN CALL %[1]s.guard_kill(); END IF;
    IF seen>3 THEN
      SELECT COUNT(*), COALESCE(SUM(COMMAND<>'Killed' AND USER<>'system user'),0) INTO waiting, alive
        FROM information_schema.PROCESSLIST WHERE STATE LIKE '%%semi-sync ACK%%';
      SET side=%[3]s;
      IF waiting AND NOT alive AND side IS NOT NULL THEN
        SET released=side, @jembatan=CONCAT('SET GLOBAL ',side,'=0');
        PREPARE release_side FROM @jembatan; EXECUTE release_side; DEALLOCATE PREPARE release_side;
      END IF;
    END IF;
    IF released IS NOT NULL AND NOT pending AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') THEN
      %[4]s
      SET released=NULL;
    END IF;
  END WHILE;
  IF released IS NOT NULL AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') THEN
    %[4]s
  END IF;
  DO RELEASE_LOCK('jembatan.guard.clear');
END`, replication.Schema, due, side, "SET @jembatan=CONCAT('SET GLOBAL ',released,'=1'); PREPARE hold_side FROM @jembatan; EXECUTE hold_side; DEALLOCATE PREPARE hold_side;")
}
