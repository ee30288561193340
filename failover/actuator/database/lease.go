package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"jembatan/health/replication"
)

// A Lease lets a server accept writes for a while. When it is not renewed in
// time, the server turns itself read-only: by its own event, or by Guard beside
// it. The row is local to each server; it never enters the binary log.
type Lease struct {
	Server Server
	Holder string // who renews: one name for one controller process
	Epoch  uint64
	TTL    time.Duration // whole milliseconds; the server looks once a second
}

// Margin is what a server may need beyond the TTL to refuse writes: a second
// between two looks, and time to wait for locks and to kill who holds them.
// Only after TTL and Margin does a silent server count as fenced by time.
const Margin = 5 * time.Second

// A LeaseRow is the row as the server has it.
type LeaseRow struct {
	Holder   string
	Epoch    uint64
	Renewals uint64
	TTL      time.Duration // zero: no lease is in force, and nothing fences
	Left     time.Duration // by the server's clock; negative: expired
	Expired  bool
}

// leaseColumns read the row and judge it by the server's clock. A clock that
// was set back by more than a second counts as expired: what is left cannot be known.
const leaseColumns = "holder, epoch, renewals, ttl_ms, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), renewed)+ttl_ms*1000, " + expired

// Open puts the lease in force, expired or not. It comes before the server is
// opened for writes, and only whoever is about to do that may call it.
func (l Lease) Open(ctx context.Context) error { return l.do(ctx, "lease_open", l.TTL) }

// Renew extends a lease that has not expired. It returns ErrExpired when it
// has: the server is then read-only or about to be, and stays so until it is opened again.
// A higher epoch takes the lease over: a controller that was restarted goes on
// with the server that it finds open, and the one before it is refused.
//
// The caller counts the lease from before the call and not from its answer: a
// renewal whose answer is lost may have been done.
func (l Lease) Renew(ctx context.Context) error { return l.do(ctx, "lease_renew", l.TTL) }

// Revoke ends the lease and notes the epoch: lower ones are refused from then on.
// It does not fence.
func (l Lease) Revoke(ctx context.Context) error { return l.do(ctx, "lease_revoke", 0) }

// Read returns the row.
func (l Lease) Read(ctx context.Context) (LeaseRow, error) {
	conn, err := l.Server.Admin.Conn(ctx)
	if err != nil {
		return LeaseRow{}, fmt.Errorf("read the lease of %s: %w", l.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	row, err := readLease(ctx, conn)
	if err != nil {
		return LeaseRow{}, fmt.Errorf("read the lease of %s: %w", l.Server.Name, err)
	}
	return row, nil
}

func (l Lease) do(ctx context.Context, routine string, ttl time.Duration) error {
	conn, err := l.Server.Admin.Conn(ctx)
	if err != nil {
		if noLease(err) {
			err = fmt.Errorf("%w: %w", ErrNoLease, err)
		}
		return fmt.Errorf("%s of %s: %w", routine, l.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	if err := l.call(ctx, conn, routine, ttl); err != nil {
		if noLease(err) {
			err = fmt.Errorf("%w: %w", ErrNoLease, err)
		}
		return fmt.Errorf("%s of %s: %w", routine, l.Server.Name, err)
	}
	return nil
}

// noLease reports whether a server answered that the routines, their table or our
// account are not there.
func noLease(err error) bool {
	switch errno(err) {
	case 1044, 1045, 1049, 1142, 1143, 1146, 1227, 1305, 1370, 1698: // access denied; no such schema, table or routine (MariaDB manual, "Error Codes")
		return true
	}
	return false
}

// call runs one of the routines. Each returns one row: whether it was done, and
// the lease as it is now.
func (l Lease) call(ctx context.Context, conn *sql.Conn, routine string, ttl time.Duration) error {
	query, args := "CALL "+replication.Schema+"."+routine+"(?,?,?)", []any{l.Holder, l.Epoch, ttl.Milliseconds()}
	var done bool
	row, err := scanLease(conn.QueryRowContext(ctx, query, args...), &done)
	switch {
	case err != nil:
		return err
	case done:
		return nil
	case row.Epoch > l.Epoch, row.Epoch == l.Epoch && row.Holder != l.Holder:
		return &EpochError{l.Server.Name, l.Epoch, row.Epoch, row.Holder}
	}
	return ErrExpired
}

func readLease(ctx context.Context, conn *sql.Conn) (LeaseRow, error) {
	var one bool
	return scanLease(conn.QueryRowContext(ctx, "SELECT 1,"+leaseColumns+" FROM "+replication.LeaseTable+" WHERE id=1"), &one)
}

func scanLease(r *sql.Row, done *bool) (LeaseRow, error) {
	var out LeaseRow
	var ttl, left int64
	err := r.Scan(done, &out.Holder, &out.Epoch, &out.Renewals, &ttl, &left, &out.Expired)
	out.TTL, out.Left = time.Duration(ttl)*time.Millisecond, time.Duration(left)*time.Microsecond
	return out, err
}
