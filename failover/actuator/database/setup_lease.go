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
	spare := "AND COALESCE(STATE,'') NOT LIKE '%semi-sync ACK%'"
	all := "ORDER BY COALESCE(STATE,'') LIKE '%semi-sync ACK%'"
	if s.Engine == tunnel.MySQL { // Not known there: see Fence.Waiting.
		all = spare
	}
	return []string{
		"CREATE TABLE IF NOT EXISTS " + replication.LeaseTable + " (id TINYINT UNSIGNED PRIMARY KEY, holder VARCHAR(64) NOT NULL," +
			" epoch BIGINT UNSIGNED NOT NULL, renewals BIGINT UNSIGNED NOT NULL, renewed DATETIME(6) NOT NULL," +
			" ttl_ms BIGINT NOT NULL) ENGINE=InnoDB",
		"INSERT IGNORE INTO " + replication.LeaseTable + " VALUES (1,'',0,0,'2000-01-01',0)",
		routine("lease_open", "e>epoch OR e=epoch AND holder IN (h,'')"),
		routine("lease_renew", "(e>epoch OR e=epoch AND holder=h) AND NOT ("+expired+")"),
		routine("lease_revoke", "e>epoch OR e=epoch AND holder IN (h,'')"),
		s.killRoutine("guard_kill", spare),
		s.killRoutine("guard_kill_all", all),
		s.guardRoutine(),
		"CREATE EVENT IF NOT EXISTS " + replication.Schema + ".guard ON SCHEDULE EVERY 1 SECOND" +
			" ON COMPLETION PRESERVE ENABLE DO CALL " + replication.Schema + ".guard_once()",
		"CREATE EVENT IF NOT EXISTS " + replication.Schema + ".guard_pending ON SCHEDULE EVERY 1 SECOND" +
			" ON COMPLETION PRESERVE ENABLE DO BEGIN IF IS_USED_LOCK('jembatan.guard.pending') IS NOT NULL THEN CALL " +
			replication.Schema + ".guard_kill_all(); END IF; END",
	}
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

// killRoutine kills every session but the server's own, replication's, the
// controller's and the one that sets read_only. guard_kill spares those whose
// commit waits for a standby; guard_kill_all kills them too, last, which is safe
// only while read_only is pending: see waitingForAck.
func (s Setup) killRoutine(name, waiting string) string {
	keep := []string{quoted("system user"), quoted("event_scheduler"), quoted(s.Accounts.Fence.User), quoted(s.Accounts.Check.User)}
	return fmt.Sprintf(`CREATE PROCEDURE %s.%s()
SQL SECURITY DEFINER
BEGIN
  DECLARE v BIGINT UNSIGNED;
  DECLARE done INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT ID FROM information_schema.PROCESSLIST WHERE ID<>CONNECTION_ID()
    AND USER NOT IN (%s) AND COMMAND NOT LIKE 'Binlog Dump%%' AND COMMAND NOT LIKE 'Slave%%' AND COMMAND<>'Daemon'
    AND COALESCE(INFO,'') NOT LIKE 'SET GLOBAL %%read_only=1' %s;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done=1;
  DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
  OPEN c;
  sessions: LOOP
    FETCH c INTO v;
    IF done THEN LEAVE sessions; END IF;
    KILL CONNECTION v;
  END LOOP;
  CLOSE c;
END`, replication.Schema, name, strings.Join(keep, ","), waiting)
}

// guardRoutine is what the event does each second, one run at a time. When locks
// are in the way it kills who holds them and tries again. Commits that wait for a
// standby are in the way too, and are killed by a second event while read_only is
// pending: then no new commit begins, and none is answered. (Killed before that,
// they would switch the waiting off for whoever commits next.)
func (s Setup) guardRoutine() string {
	readOnly := "SET GLOBAL read_only=1"
	if s.Engine == tunnel.MySQL {
		readOnly = "SET GLOBAL super_read_only=1"
	}
	return fmt.Sprintf(`CREATE PROCEDURE %[1]s.guard_once()
SQL SECURITY DEFINER
main: BEGIN
  DECLARE due INT DEFAULT 0;
  DECLARE waited INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR 1205 SET waited=1;
  SELECT COUNT(*) INTO due FROM %[2]s WHERE id=1 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') AND %[3]s;
  IF due=0 THEN LEAVE main; END IF;
  IF GET_LOCK('jembatan.guard',0)<>1 THEN LEAVE main; END IF;
  SET SESSION lock_wait_timeout=1;
  %[4]s;
  CALL %[1]s.guard_kill();
  IF waited THEN
    SET SESSION lock_wait_timeout=3;
    DO GET_LOCK('jembatan.guard.pending',0);
    %[4]s;
    DO RELEASE_LOCK('jembatan.guard.pending');
  END IF;
  DO RELEASE_LOCK('jembatan.guard');
END`, replication.Schema, replication.LeaseTable, expired, readOnly)
}
