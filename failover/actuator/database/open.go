package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// An Open lets a server accept the writes of ordinary users. Whoever calls it
// has fenced the other servers before.
type Open struct {
	Server Server
	Holder string
	Epoch  uint64
	// Token is written by the ordinary account as the proof; it must be higher
	// than every token before it.
	Token uint64
	// TTL of the lease that is put in force first; zero: none.
	TTL time.Duration
	// SemiSync turns the semi-sync source side of a closed server off before it is
	// opened: without a standby that acknowledges every write would wait. See Acks.
	SemiSync bool
	LockWait time.Duration // as in Fence
	// Leads says whether the caller may still act. It is asked right before the
	// statement that opens: a process that was stopped for a while goes on in the
	// middle of this. Nil: it may.
	Leads func() bool
}

// Ensure opens, and proves it by reading back and by a write of the ordinary
// account, committed and replicated like any other. If the proof fails the
// server is made read-only again. It may be repeated with a higher Token.
func (o Open) Ensure(ctx context.Context) (Proof, error) {
	began := time.Now()
	conn, err := o.Server.Admin.Conn(ctx)
	if err != nil {
		return Proof{}, fmt.Errorf("open %s: %w", o.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	p, err := o.ensure(ctx, conn)
	p.Took = time.Since(began)
	if err != nil {
		return p, fmt.Errorf("open %s: %w", o.Server.Name, err)
	}
	return p, nil
}

func (o Open) ensure(ctx context.Context, conn *sql.Conn) (Proof, error) {
	p := Proof{Attempts: 1}
	wait := max(time.Second, orDefault(o.LockWait, 2*time.Second))
	if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout=?", int(wait.Seconds())); err != nil {
		return p, err
	}
	if err := o.lease(ctx, conn); err != nil {
		return p, err
	}
	if o.Leads != nil && !o.Leads() {
		return p, ErrNotLeading
	}
	if o.SemiSync {
		if err := o.Server.waitsForNobody(ctx, conn); err != nil {
			return p, err
		}
	}
	if _, err := conn.ExecContext(ctx, "SET GLOBAL read_only=0"); err != nil {
		return p, blocked(err)
	}
	err := o.prove(ctx, conn, &p)
	if err != nil {
		// The way back must not hang on the context that may have ended.
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
		defer cancel()
		if _, closeErr := conn.ExecContext(back, readOnlyStatement(o.Server.Engine)); closeErr != nil {
			return p, fmt.Errorf("%w; closing it again: %w", err, closeErr)
		}
		p.ReadOnly = replication.Yes
	}
	return p, err
}

// lease puts the lease in force. MySQL's super_read_only would refuse that, so
// it is turned off first; read_only stays on.
func (o Open) lease(ctx context.Context, conn *sql.Conn) error {
	if o.Server.Engine == tunnel.MySQL {
		if _, err := conn.ExecContext(ctx, "SET GLOBAL super_read_only=0"); err != nil {
			return blocked(err)
		}
	}
	if !o.Server.Lease {
		return nil
	}
	return Lease{Server: o.Server, Holder: o.Holder, Epoch: o.Epoch}.call(ctx, conn, "lease_open", o.TTL)
}

func (o Open) prove(ctx context.Context, conn *sql.Conn, p *Proof) error {
	var err error
	if p.ReadOnly, p.Super, err = o.Server.readOnly(ctx, conn); err != nil {
		return err
	}
	if p.ReadOnly != replication.No {
		return fmt.Errorf("read_only is %s: %w", p.ReadOnly, ErrUnproven)
	}
	if err := replication.WriteToken(ctx, o.Server.Writer, o.Token, o.Epoch); err != nil {
		return fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	p.Refused = replication.No
	return nil
}

// Check reports whether ordinary users may write, by reading back and by a
// write that is rolled back.
func (o Open) Check(ctx context.Context) (Proof, error) {
	conn, err := o.Server.Admin.Conn(ctx)
	if err != nil {
		return Proof{}, fmt.Errorf("check %s: %w", o.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	var p Proof
	if p.ReadOnly, p.Super, err = o.Server.readOnly(ctx, conn); err == nil {
		var took replication.Flag
		took, err = tryWrite(ctx, o.Server.Writer)
		p.Refused = not(took)
	}
	if err == nil && (p.ReadOnly != replication.No || p.Refused != replication.No) {
		err = fmt.Errorf("read_only is %s: %w", p.ReadOnly, ErrUnproven)
	}
	if err != nil {
		return p, fmt.Errorf("check %s: %w", o.Server.Name, err)
	}
	return p, nil
}
