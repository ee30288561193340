package database

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A session is one row of the process list, without its statement.
type session struct {
	id      uint64
	user    string
	command string
	state   string
}

// waitingForAck reports whether its commit waits for a standby's
// acknowledgement, alone or as the leader of a group of commits. When a leader is
// killed its followers go on, and their clients may be told that a transaction is
// safe which no standby has (2 of 180 on MariaDB 10.11). So leaders are killed
// last: KILL shuts the client's socket before it wakes the session, and of 993
// sessions that were killed in this order none was answered.
func (s session) waitingForAck() bool { return strings.Contains(s.state, "semi-sync ACK") }

// ordinary returns the sessions that a fence kills: everybody's but the
// server's own, replication's, the fence account's, those to be kept, and the events
// of the lease, which are at the same and must not be ended in its middle. Those of
// administrators are among them, for they may pass read_only.
func (s Server) ordinary(ctx context.Context, conn *sql.Conn) ([]session, error) {
	rows, err := conn.QueryContext(ctx, "SELECT ID, USER, COMMAND, COALESCE(STATE,''), SUBSTRING_INDEX(CURRENT_USER(),'@',1) FROM information_schema.PROCESSLIST WHERE ID<>CONNECTION_ID()"+
		" AND ID NOT IN (COALESCE(IS_USED_LOCK('jembatan.guard'),0),COALESCE(IS_USED_LOCK('jembatan.guard.clear'),0))")
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []session
	for rows.Next() {
		var one session
		var self string
		if err := rows.Scan(&one.id, &one.user, &one.command, &one.state, &self); err != nil {
			return nil, fmt.Errorf("list the sessions: %w", err)
		}
		if one.user != self && !one.system() && !slices.Contains(s.Keep, one.user) {
			out = append(out, one)
		}
	}
	return out, rows.Err()
}

// system reports whether the session belongs to the server or to replication.
func (s session) system() bool {
	switch s.user {
	case "system user", "event_scheduler":
		return true
	}
	return s.command == "Daemon" || strings.HasPrefix(s.command, "Binlog Dump") || strings.HasPrefix(s.command, "Slave_")
}

// kill kills every ordinary session once, those that wait for a standby last, and
// returns how many.
func (s Server) kill(ctx context.Context, conn *sql.Conn) (int, error) {
	list, err := s.ordinary(ctx, conn)
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(list, func(a, b session) int { return order(a.waitingForAck()) - order(b.waitingForAck()) })
	for i, one := range list {
		_, err := conn.ExecContext(ctx, "KILL CONNECTION ?", one.id)
		if err != nil && errno(err) != errnoNoThread {
			return i, fmt.Errorf("kill a session of %s: %w", one.user, err)
		}
	}
	return len(list), nil
}

// ackWaiters counts the sessions whose commit is seen to wait for a standby, appliers
// among them, and those of them that have a client: it was not killed.
func ackWaiters(ctx context.Context, conn *sql.Conn) (all, alive int, err error) {
	err = conn.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(COMMAND<>'Killed' AND USER<>'system user'),0)"+
		" FROM information_schema.PROCESSLIST WHERE STATE LIKE '%semi-sync ACK%'").Scan(&all, &alive)
	if err != nil {
		return 0, 0, fmt.Errorf("sessions that wait for a standby: %w", err)
	}
	return all, alive, nil
}

// order puts those that are not last before those that are.
func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// killOrdinary kills every ordinary session and waits until those are gone, a
// statement of an administrator being still able to commit. Sessions that come
// meanwhile are refused by read_only and left alone.
func (s Server) killOrdinary(ctx context.Context, conn *sql.Conn, limit time.Duration) (int, error) {
	first, err := s.ordinary(ctx, conn)
	if err != nil {
		return 0, err
	}
	if _, err := s.kill(ctx, conn); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrSessions)
	defer cancel()
	for {
		now, err := s.ordinary(ctx, conn)
		if err != nil {
			return len(first), sessionsLeft(ctx, err)
		}
		left := slices.DeleteFunc(now, func(n session) bool {
			return !slices.ContainsFunc(first, func(f session) bool { return f.id == n.id })
		})
		if len(left) == 0 {
			return len(first), nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return len(first), fmt.Errorf("%d of them: %w", len(left), err)
		}
	}
}

func sessionsLeft(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// pause waits, or returns the cause of the context's end.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
