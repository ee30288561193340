package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"

	"github.com/go-sql-driver/mysql"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// A Server is one database server with handles of two accounts. The caller owns
// the handles.
type Server struct {
	Name   string
	Engine tunnel.DatabaseEngine
	// Address is what the links of other servers call it by; not valid: not known.
	Address netip.Addr
	// Admin is the fence account: it may pass read_only, so it proves nothing by writing.
	Admin *sql.DB
	// Writer is the heartbeat account, an ordinary one: what it is refused,
	// applications are refused. It must not have READ_ONLY ADMIN, SUPER or
	// CONNECTION_ADMIN.
	Writer *sql.DB
	// Keep are users whose sessions are never killed, beside the system's own
	// and those of Admin: the check account, monitoring.
	Keep []string
	// Lease says that the server carries the lease table and its routines; then
	// the epoch is noted and compared there.
	Lease bool
}

// read observes the server as the fence account.
func (s Server) read(ctx context.Context) replication.Observation {
	return replication.Read(ctx, replication.Target{Name: s.Name, Engine: s.Engine, DB: s.Admin}, replication.ReadOptions{})
}

// Error numbers that decisions hang on.
const (
	errnoLockWait  = 1205 // ER_LOCK_WAIT_TIMEOUT
	errnoReadOnly  = 1290 // ER_OPTION_PREVENTS_STATEMENT: --read-only
	errnoReadMode  = 1836 // ER_READ_ONLY_MODE of MySQL
	errnoNoThread  = 1094 // ER_NO_SUCH_THREAD
	errnoTimeout   = 1969 // ER_STATEMENT_TIMEOUT of MariaDB
	errnoInterrupt = 1317 // ER_QUERY_INTERRUPTED
)

// Errors that callers branch on. None holds a password.
var (
	// ErrUnproven: the wanted state was asked for and could not be seen.
	ErrUnproven = errors.New("not proven")
	// ErrBlocked: sessions held locks until the end of the allowed time.
	ErrBlocked = errors.New("blocked by other sessions")
	// ErrSessions: killed sessions were still there at the end of the allowed time.
	ErrSessions = errors.New("killed sessions are still there")
	// ErrNotLeading: the caller may no longer act; nothing was opened.
	ErrNotLeading = errors.New("no longer leading")
	// ErrNoLease: the server has no lease, or not for this account: none runs out.
	ErrNoLease = errors.New("the server keeps no lease for us")
	// ErrExpired: the lease ran out before it was renewed.
	ErrExpired = errors.New("the lease has expired")
)

// An EpochError says that the server has seen a higher epoch, or the same one
// of another holder. Whoever gets it must stop acting.
type EpochError struct {
	Server string
	Ours   uint64
	Seen   uint64
	Holder string // who had it
}

// Error names both epochs.
func (e *EpochError) Error() string {
	return fmt.Sprintf("%s has seen epoch %d of %q, ours is %d", e.Server, e.Seen, e.Holder, e.Ours)
}

// errno returns the server's error number of err, or zero.
func errno(err error) uint16 {
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return refused.Number
	}
	return 0
}

// readOnly returns whether ordinary users, and whether all users, are refused.
func (s Server) readOnly(ctx context.Context, conn *sql.Conn) (ordinary, all replication.Flag, err error) {
	query := "SELECT @@GLOBAL.read_only, NULL"
	if s.Engine == tunnel.MySQL {
		query = "SELECT @@GLOBAL.read_only, @@GLOBAL.super_read_only"
	}
	var a, b sql.NullString
	if err := conn.QueryRowContext(ctx, query).Scan(&a, &b); err != nil {
		return replication.FlagUnknown, replication.FlagUnknown, fmt.Errorf("read read_only of %s: %w", s.Name, err)
	}
	return flag(a), flag(b), nil
}

// flag reads read_only in the forms of all versions; MariaDB 12 adds NO_LOCK
// and NO_LOCK_NO_ADMIN, which are on.
func flag(v sql.NullString) replication.Flag {
	switch v.String {
	case "1", "ON", "NO_LOCK", "NO_LOCK_NO_ADMIN":
		return replication.Yes
	case "0", "OFF":
		return replication.No
	}
	return replication.FlagUnknown
}

// testWrite is a row of no server.
const testWrite = "REPLACE INTO " + replication.HeartbeatTable + " (server_id,token,epoch) VALUES (0,1,0)"

// tryWrite writes as an ordinary user would and rolls back, so that a write that
// passes leaves no transaction behind. It returns No when the server refused the
// write because it is read-only, Yes when it took it, and otherwise Unknown with the reason.
func tryWrite(ctx context.Context, db *sql.DB) (replication.Flag, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return replication.FlagUnknown, fmt.Errorf("begin a test write: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(ctx, testWrite)
	switch n := errno(err); {
	case err == nil:
		return replication.Yes, nil
	case n == errnoReadOnly || n == errnoReadMode:
		return replication.No, nil
	}
	return replication.FlagUnknown, fmt.Errorf("test write: %w", err)
}

// DryRun writes a row on a fenced server with the fence account, which passes
// read_only, and rolls it back: whether the storage engine works at all. It
// leaves nothing in the binary log. MySQL's super_read_only refuses it, so there
// it proves nothing and says so.
func (s Server) DryRun(ctx context.Context) error {
	took, err := tryWrite(ctx, s.Admin)
	if err != nil {
		return fmt.Errorf("dry run on %s: %w", s.Name, err)
	}
	if took != replication.Yes {
		return fmt.Errorf("dry run on %s: refused as read-only: %w", s.Name, ErrUnproven)
	}
	return nil
}
