package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// A Fence makes a server refuse the writes of ordinary users.
type Fence struct {
	Server Server
	Holder string
	Epoch  uint64
	// LockWait bounds one attempt to set read_only, in whole seconds; zero means
	// 2. The server's own default is a day.
	LockWait time.Duration
	// Grace is how long running transactions may finish before their sessions
	// are killed; zero means 150 ms. New writes wait meanwhile.
	Grace time.Duration
	// Attempts to set read_only; zero means 3.
	Attempts int
	// SemiSync turns MariaDB's semi-sync source side off as well: what the server
	// applies as a standby would wait for acknowledgements. MySQL takes a second for
	// that, and there it is left to Rejoin or Open.
	SemiSync bool
}

// A Proof is what was seen of a fence or an opening.
type Proof struct {
	ReadOnly replication.Flag // the variable, read back
	Super    replication.Flag // MySQL's super_read_only; Unknown elsewhere
	// Refused: a write of an ordinary account was refused as read-only (Yes) or taken (No).
	Refused  replication.Flag
	Killed   int // sessions
	Attempts int
	Took     time.Duration
}

// Ensure fences: it notes the epoch, sets read_only (and super_read_only) with
// bounded waiting, kills the sessions that block it and then every ordinary one,
// and proves the result by reading back and by a write that must fail. A nil
// error means that all of it was seen. It may be repeated.
//
// Accounts with READ_ONLY ADMIN pass read_only on MariaDB: their sessions are
// killed, but they may come again. No application may have that privilege.
func (f Fence) Ensure(ctx context.Context) (Proof, error) {
	began := time.Now()
	p, err := f.ensure(ctx)
	p.Took = time.Since(began)
	if err != nil {
		return p, fmt.Errorf("fence %s: %w", f.Server.Name, err)
	}
	return p, nil
}

func (f Fence) ensure(ctx context.Context) (Proof, error) {
	conn, err := f.Server.Admin.Conn(ctx)
	if err != nil {
		return Proof{}, err
	}
	defer func() { _ = conn.Close() }()
	if err := f.note(ctx, conn); err != nil {
		return Proof{}, err
	}
	var p Proof
	for p.Attempts < max(1, orDefault(f.Attempts, 3)) {
		p.Attempts++
		var killed int
		killed, err = f.set(ctx, conn)
		p.Killed += killed
		if !errors.Is(err, ErrBlocked) {
			break
		}
	}
	if err != nil {
		return p, err
	}
	if f.SemiSync && f.Server.Engine == tunnel.MariaDB {
		if err := setSemiSync(ctx, conn, false); err != nil {
			return p, err
		}
	}
	killed, err := f.Server.killOrdinary(ctx, conn, 2*time.Second)
	p.Killed += killed
	if err != nil {
		return p, err
	}
	return f.prove(ctx, conn, p)
}

// note raises the epoch that the server remembers, and ends the lease. Where
// super_read_only is on already nothing can be written; then it only compares.
func (f Fence) note(ctx context.Context, conn *sql.Conn) error {
	if !f.Server.Lease {
		return nil
	}
	err := Lease{Server: f.Server, Holder: f.Holder, Epoch: f.Epoch}.call(ctx, conn, "lease_revoke", 0)
	if n := errno(err); n == errnoReadOnly || n == errnoReadMode {
		row, err := readLease(ctx, conn)
		if err == nil && row.Epoch > f.Epoch {
			err = &EpochError{f.Server.Name, f.Epoch, row.Epoch, row.Holder}
		}
		return err
	}
	return err
}

// set sets read_only, which lets no new write begin while it waits, and clears
// what it waits for out of the way. It returns how many sessions it killed.
func (f Fence) set(ctx context.Context, conn *sql.Conn) (int, error) {
	wait := max(time.Second, orDefault(f.LockWait, 2*time.Second))
	if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout=?", int(wait.Seconds())); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() {
		_, err := conn.ExecContext(ctx, readOnlyStatement(f.Server.Engine))
		done <- err
	}()
	if err, is := within(orDefault(f.Grace, 150*time.Millisecond), done); is {
		return 0, blocked(err)
	}
	killed, clearErr := f.clear(ctx, done)
	err := blocked(<-done)
	if err != nil {
		err = errors.Join(err, clearErr)
	}
	return killed, err
}

// clear kills every ordinary session, from a session of its own. What is still in
// the way then waits for a standby: an applier, which cannot be killed, on a server
// that was cut off and whose standby has left; and on MySQL also whoever was killed.
// None of them has a client any more, so the waiting is switched off.
func (f Fence) clear(ctx context.Context, done chan error) (int, error) {
	second, err := f.Server.Admin.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = second.Close() }()
	killed, err := f.Server.kill(ctx, second)
	if err != nil {
		return killed, err
	}
	if err, is := within(50*time.Millisecond, done); is {
		done <- err
		return killed, nil
	}
	return killed, f.release(ctx, second, done)
}

// release ends the waiting for a standby, if anybody is seen to wait and nobody who
// does has a client, and takes that back if the server stays open all the same: it
// must not go on acknowledging by itself. Whoever came before read_only was pending
// and was not listed yet is killed first: behind a commit that waits others may wait
// that no listing shows.
func (f Fence) release(ctx context.Context, conn *sql.Conn, done chan error) error {
	name, on, err := sourceSide(ctx, conn)
	if err != nil || !on {
		return err
	}
	if _, err := f.Server.kill(ctx, conn); err != nil {
		return err
	}
	all, alive, err := ackWaiters(ctx, conn)
	if err != nil || all == 0 {
		return err
	}
	if alive > 0 {
		return fmt.Errorf("%d clients wait that cannot be killed: %w", alive, ErrBlocked)
	}
	err = setSource(ctx, conn, name, false)
	if err == nil {
		err = <-done
		done <- err
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, f.restore(ctx, name))
}

// restoreLimit bounds the taking back, which must not hang on a context that has
// ended or a connection that is broken.
const restoreLimit = 3 * time.Second

func (f Fence) restore(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreLimit)
	defer cancel()
	conn, err := f.Server.Admin.Conn(ctx)
	if err != nil {
		return fmt.Errorf("commits wait for nobody: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return setSource(ctx, conn, name, true)
}

// within returns what comes out of a channel in a time, if anything does.
func within(d time.Duration, done <-chan error) (err error, is bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case err := <-done:
		return err, true
	case <-t.C:
		return nil, false
	}
}

// prove reads back and lets an ordinary account try to write.
func (f Fence) prove(ctx context.Context, conn *sql.Conn, p Proof) (Proof, error) {
	var err error
	p.ReadOnly, p.Super, err = f.Server.readOnly(ctx, conn)
	if err != nil {
		return p, err
	}
	if p.ReadOnly != replication.Yes || f.Server.Engine == tunnel.MySQL && p.Super != replication.Yes {
		return p, fmt.Errorf("read_only is %s, super_read_only is %s: %w", p.ReadOnly, p.Super, ErrUnproven)
	}
	took, err := tryWrite(ctx, f.Server.Writer)
	p.Refused = not(took)
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	if took == replication.Yes {
		return p, fmt.Errorf("the write account still writes: %w", ErrUnproven)
	}
	return p, nil
}

// Check reports whether the server is fenced, by the same proof, and changes nothing.
func (f Fence) Check(ctx context.Context) (Proof, error) {
	conn, err := f.Server.Admin.Conn(ctx)
	if err != nil {
		return Proof{}, fmt.Errorf("check the fence of %s: %w", f.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	p, err := f.prove(ctx, conn, Proof{})
	if err != nil {
		return p, fmt.Errorf("check the fence of %s: %w", f.Server.Name, err)
	}
	return p, nil
}

// blocked names the errors of a statement that waited too long.
func blocked(err error) error {
	switch errno(err) {
	case errnoLockWait, errnoTimeout, errnoInterrupt:
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return err
}

// readOnlyStatement is the fence of a family. MySQL turns read_only on with super_read_only.
func readOnlyStatement(e tunnel.DatabaseEngine) string {
	if e == tunnel.MySQL {
		return "SET GLOBAL super_read_only=1"
	}
	return "SET GLOBAL read_only=1"
}

func not(f replication.Flag) replication.Flag {
	switch f {
	case replication.Yes:
		return replication.No
	case replication.No:
		return replication.Yes
	case replication.FlagUnknown:
	}
	return replication.FlagUnknown
}

func orDefault[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}
