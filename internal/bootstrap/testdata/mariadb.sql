-- erp, server backup (192.168.50.20:3306), mariadb: prepares the server for jembatan. Run it as administrator on that
-- server: with source in mariadb, or mariadb < FILE.
--
-- 1. Settings, for a file of the server's own (/etc/mysql/mariadb.conf.d/90-jembatan.cnf). They hold from its next start,
-- from which on it is read-only until the controller opens it: do 2 before that.
/*
[mariadb]
server_id = 2
log_bin
auto_increment_increment = 3
auto_increment_offset = 2
sync_binlog = 1
innodb_flush_log_at_trx_commit = 1
relay_log_recovery = ON
binlog_expire_logs_seconds = 604800
skip_name_resolve = ON
read_only = ON
log_slave_updates = ON
binlog_format = ROW
gtid_domain_id = 0
gtid_strict_mode = ON
gtid_ignore_duplicates = ON
slave_exec_mode = STRICT
slave_net_timeout = 4
skip_slave_start
event_scheduler = ON
rpl_semi_sync_master_enabled = OFF
rpl_semi_sync_master_wait_point = AFTER_SYNC
rpl_semi_sync_master_timeout = 86400000
rpl_semi_sync_slave_enabled = ON
!include /run/jembatan-boot/role.cnf
*/
-- For /etc/systemd/system/mariadb.service.d/jembatan.conf: the role at boot. /etc/jembatan/check holds the password of
-- jembatan and is readable for the server's user alone.
/*
[Unit]
Wants=network-online.target
After=network-online.target
[Service]
RuntimeDirectory=jembatan-boot
ExecStartPre=/usr/local/bin/jembatan boot-role --log-level info --timeout 60s \
  --peer 192.168.50.10:3306 \
  --peer 192.168.50.30:3306 \
  --user jembatan --password file:/etc/jembatan/check \
  --write /run/jembatan-boot/role.cnf
*/

-- 2. Passwords of your own, the same ones where the topology says: put them
-- between the quotes, or set the variables in the session before. Each has at
-- least 12 characters. Do not keep the file with passwords in it.
SET SESSION sql_log_off = 1;
SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '');
SET @jembatan_check_password = COALESCE(@jembatan_check_password, ''); -- of jembatan, in the topology: env:DB
SET @jembatan_writer_password = COALESCE(@jembatan_writer_password, ''); -- of jembatan_writer, in the topology: env:DB
SET @jembatan_fence_password = COALESCE(@jembatan_fence_password, ''); -- of jembatan_fence, in the topology: env:DB

-- 3. Accounts, schema, and the lease by which the server closes itself. None of it enters the binary log.
SET @jembatan_sql = IF(CHAR_LENGTH(@jembatan_check_password) >= 12, 'DO 0', 'DO put_a_password_of_12_characters_in_first');
PREPARE jembatan FROM @jembatan_sql;
EXECUTE jembatan;
SET @jembatan_sql = IF(CHAR_LENGTH(@jembatan_writer_password) >= 12, 'DO 0', 'DO put_a_password_of_12_characters_in_first');
PREPARE jembatan FROM @jembatan_sql;
EXECUTE jembatan;
SET @jembatan_sql = IF(CHAR_LENGTH(@jembatan_fence_password) >= 12, 'DO 0', 'DO put_a_password_of_12_characters_in_first');
PREPARE jembatan FROM @jembatan_sql;
EXECUTE jembatan;
DELIMITER //
SET SESSION sql_log_bin=0
//
CREATE DATABASE IF NOT EXISTS jembatan
//
CREATE TABLE IF NOT EXISTS jembatan.heartbeat (server_id INT UNSIGNED PRIMARY KEY, token BIGINT UNSIGNED NOT NULL, epoch BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB
//
CREATE TABLE IF NOT EXISTS jembatan.lease (id TINYINT UNSIGNED PRIMARY KEY, holder VARCHAR(64) NOT NULL, epoch BIGINT UNSIGNED NOT NULL, renewals BIGINT UNSIGNED NOT NULL, renewed DATETIME(6) NOT NULL, ttl_ms BIGINT NOT NULL) ENGINE=InnoDB
//
INSERT IGNORE INTO jembatan.lease VALUES (1,'',0,0,'2000-01-01',0)
//
CREATE PROCEDURE jembatan.lease_open(IN h VARCHAR(64), IN e BIGINT UNSIGNED, IN t BIGINT)
SQL SECURITY DEFINER
BEGIN
  DECLARE n INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET SESSION sql_log_bin=1; RESIGNAL; END;
  SET SESSION sql_log_bin=0;
  UPDATE jembatan.lease SET renewals=renewals+1, holder=h, epoch=e, renewed=UTC_TIMESTAMP(6), ttl_ms=t WHERE id=1 AND (e>epoch OR e=epoch AND holder IN (h,''));
  SET n=ROW_COUNT();
  SET SESSION sql_log_bin=1;
  SELECT n>0, holder, epoch, renewals, ttl_ms, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), renewed)+ttl_ms*1000, ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND FROM jembatan.lease WHERE id=1;
END
//
CREATE PROCEDURE jembatan.lease_renew(IN h VARCHAR(64), IN e BIGINT UNSIGNED, IN t BIGINT)
SQL SECURITY DEFINER
BEGIN
  DECLARE n INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET SESSION sql_log_bin=1; RESIGNAL; END;
  SET SESSION sql_log_bin=0;
  UPDATE jembatan.lease SET renewals=renewals+1, holder=h, epoch=e, renewed=UTC_TIMESTAMP(6), ttl_ms=t WHERE id=1 AND ((e>epoch OR e=epoch AND holder=h) AND NOT (ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND));
  SET n=ROW_COUNT();
  SET SESSION sql_log_bin=1;
  SELECT n>0, holder, epoch, renewals, ttl_ms, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), renewed)+ttl_ms*1000, ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND FROM jembatan.lease WHERE id=1;
END
//
CREATE PROCEDURE jembatan.lease_revoke(IN h VARCHAR(64), IN e BIGINT UNSIGNED, IN t BIGINT)
SQL SECURITY DEFINER
BEGIN
  DECLARE n INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET SESSION sql_log_bin=1; RESIGNAL; END;
  SET SESSION sql_log_bin=0;
  UPDATE jembatan.lease SET renewals=renewals+1, holder=h, epoch=e, renewed=UTC_TIMESTAMP(6), ttl_ms=t WHERE id=1 AND (e>epoch OR e=epoch AND holder IN (h,''));
  SET n=ROW_COUNT();
  SET SESSION sql_log_bin=1;
  SELECT n>0, holder, epoch, renewals, ttl_ms, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), renewed)+ttl_ms*1000, ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND FROM jembatan.lease WHERE id=1;
END
//
CREATE PROCEDURE jembatan.guard_kill()
SQL SECURITY DEFINER
BEGIN
  DECLARE v BIGINT UNSIGNED;
  DECLARE done INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT ID FROM information_schema.PROCESSLIST WHERE ID<>CONNECTION_ID()
    AND USER NOT IN ('system user','event_scheduler','jembatan_fence','jembatan') AND COMMAND NOT LIKE 'Binlog Dump%' AND COMMAND NOT LIKE 'Slave%' AND COMMAND<>'Daemon'
    AND COALESCE(INFO,'') NOT LIKE 'SET GLOBAL %read_only=1'
    ORDER BY COALESCE(STATE,'') LIKE '%semi-sync ACK%';
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done=1;
  DECLARE CONTINUE HANDLER FOR 1094, 1095 BEGIN END;
  OPEN c;
  sessions: LOOP
    FETCH c INTO v;
    IF done THEN LEAVE sessions; END IF;
    KILL CONNECTION v;
  END LOOP;
  CLOSE c;
END
//
CREATE PROCEDURE jembatan.guard_once()
SQL SECURITY DEFINER
main: BEGIN
  DECLARE looks INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR 1205 BEGIN END;
  IF NOT EXISTS (SELECT 1 FROM jembatan.lease WHERE id=1 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') AND ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND) THEN LEAVE main; END IF;
  IF GET_LOCK('jembatan.guard',0)<>1 THEN LEAVE main; END IF;
  WHILE looks<30 AND IS_USED_LOCK('jembatan.guard.clear') IS NULL DO
    DO SLEEP(0.05);
    SET looks=looks+1;
  END WHILE;
  SET SESSION lock_wait_timeout=3;
  SET GLOBAL read_only=1;
  IF CAST(@@GLOBAL.read_only AS CHAR) NOT IN ('0','OFF') THEN CALL jembatan.guard_kill(); END IF;
  DO RELEASE_LOCK('jembatan.guard');
END
//
CREATE PROCEDURE jembatan.guard_clear_once()
SQL SECURITY DEFINER
main: BEGIN
  DECLARE looks, seen, pending, waiting, alive INT DEFAULT 0;
  DECLARE released, side VARCHAR(64);
  IF NOT EXISTS (SELECT 1 FROM jembatan.lease WHERE id=1 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') AND ttl_ms>0 AND UTC_TIMESTAMP(6) NOT BETWEEN renewed - INTERVAL 1 SECOND AND renewed + INTERVAL ttl_ms*1000 MICROSECOND) THEN LEAVE main; END IF;
  IF GET_LOCK('jembatan.guard.clear',0)<>1 THEN LEAVE main; END IF;
  WHILE looks<100 AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') DO
    DO SLEEP(0.05);
    SELECT COUNT(*) INTO pending FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SET GLOBAL %read_only=1' AND STATE LIKE 'Waiting%';
    SET seen=IF(pending,seen+1,0), looks=looks+1;
    IF seen>1 THEN CALL jembatan.guard_kill(); END IF;
    IF seen>3 THEN
      SELECT COUNT(*), COALESCE(SUM(COMMAND<>'Killed' AND USER<>'system user'),0) INTO waiting, alive
        FROM information_schema.PROCESSLIST WHERE STATE LIKE '%semi-sync ACK%';
      SET side=IF(@@GLOBAL.rpl_semi_sync_master_enabled,'rpl_semi_sync_master_enabled',NULL);
      IF waiting AND NOT alive AND side IS NOT NULL THEN
        SET released=side, @jembatan=CONCAT('SET GLOBAL ',side,'=0');
        PREPARE release_side FROM @jembatan; EXECUTE release_side; DEALLOCATE PREPARE release_side;
      END IF;
    END IF;
    IF released IS NOT NULL AND NOT pending AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') THEN
      SET @jembatan=CONCAT('SET GLOBAL ',released,'=1'); PREPARE hold_side FROM @jembatan; EXECUTE hold_side; DEALLOCATE PREPARE hold_side;
      SET released=NULL;
    END IF;
  END WHILE;
  IF released IS NOT NULL AND CAST(@@GLOBAL.read_only AS CHAR) IN ('0','OFF') THEN
    SET @jembatan=CONCAT('SET GLOBAL ',released,'=1'); PREPARE hold_side FROM @jembatan; EXECUTE hold_side; DEALLOCATE PREPARE hold_side;
  END IF;
  DO RELEASE_LOCK('jembatan.guard.clear');
END
//
CREATE EVENT IF NOT EXISTS jembatan.guard ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE ENABLE DO CALL jembatan.guard_once()
//
CREATE EVENT IF NOT EXISTS jembatan.guard_clear ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE ENABLE DO CALL jembatan.guard_clear_once()
//
SET @jembatan_sql = CONCAT('CREATE USER IF NOT EXISTS ''jembatan''@''192.0.2.0/255.255.255.0'' IDENTIFIED BY ', QUOTE(@jembatan_check_password))
//
PREPARE jembatan FROM @jembatan_sql
//
EXECUTE jembatan
//
SET @jembatan_sql = CONCAT('CREATE USER IF NOT EXISTS ''jembatan_writer''@''192.0.2.0/255.255.255.0'' IDENTIFIED BY ', QUOTE(@jembatan_writer_password))
//
PREPARE jembatan FROM @jembatan_sql
//
EXECUTE jembatan
//
SET @jembatan_sql = CONCAT('CREATE USER IF NOT EXISTS ''jembatan_fence''@''192.0.2.0/255.255.255.0'' IDENTIFIED BY ', QUOTE(@jembatan_fence_password))
//
PREPARE jembatan FROM @jembatan_sql
//
EXECUTE jembatan
//
SET @jembatan_sql = CONCAT('CREATE USER IF NOT EXISTS ''jembatan''@''192.168.50.10'' IDENTIFIED BY ', QUOTE(@jembatan_check_password))
//
PREPARE jembatan FROM @jembatan_sql
//
EXECUTE jembatan
//
SET @jembatan_sql = CONCAT('CREATE USER IF NOT EXISTS ''jembatan''@''192.168.50.30'' IDENTIFIED BY ', QUOTE(@jembatan_check_password))
//
PREPARE jembatan FROM @jembatan_sql
//
EXECUTE jembatan
//
GRANT SELECT ON jembatan.heartbeat TO 'jembatan'@'192.0.2.0/255.255.255.0'
//
GRANT INSERT, DELETE ON jembatan.heartbeat TO 'jembatan_writer'@'192.0.2.0/255.255.255.0'
//
GRANT PROCESS ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT REPLICA MONITOR ON *.* TO 'jembatan'@'192.0.2.0/255.255.255.0'
//
GRANT INSERT, DELETE ON jembatan.heartbeat TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT REPLICA MONITOR ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT READ ONLY ADMIN ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT CONNECTION ADMIN ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT REPLICATION SLAVE ADMIN ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT BINLOG MONITOR ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT REPLICATION MASTER ADMIN ON *.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT EXECUTE ON jembatan.* TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
GRANT SELECT ON jembatan.lease TO 'jembatan_fence'@'192.0.2.0/255.255.255.0'
//
SET SESSION sql_log_bin=1
//
DELIMITER ;
SET @jembatan_check_password = NULL;
SET @jembatan_writer_password = NULL;
SET @jembatan_fence_password = NULL;
SET @jembatan_sql = NULL;

-- erp, server backup (192.168.50.20:3306), mariadb: takes away what bootstrap --databases made. Run it as administrator on
-- that server, when no controller works on the service any more.
SET SESSION sql_log_bin = 0;
DROP EVENT IF EXISTS jembatan.guard;
DROP DATABASE IF EXISTS jembatan;
DROP USER IF EXISTS 'jembatan'@'192.0.2.0/255.255.255.0';
DROP USER IF EXISTS 'jembatan_writer'@'192.0.2.0/255.255.255.0';
DROP USER IF EXISTS 'jembatan_fence'@'192.0.2.0/255.255.255.0';
DROP USER IF EXISTS 'jembatan'@'192.168.50.10';
DROP USER IF EXISTS 'jembatan'@'192.168.50.30';
SET SESSION sql_log_bin = 1;
-- Remove /etc/systemd/system/mariadb.service.d/jembatan.conf.
-- Then remove the settings' file (/etc/mysql/mariadb.conf.d/90-jembatan.cnf). Until the next start the server
-- stays as it is: open the one that is to take writes with
-- SET GLOBAL read_only = 0;
