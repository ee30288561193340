package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"jembatan/health/replication"
)

// Acks say whether commits on a server wait until a standby has received them:
// the source side of semi-sync.
type Acks struct {
	Server Server
	On     bool
}

// Ensure switches it and reads it back. Commits that wait when it is switched off
// go on, and are told to be safe although no standby has them. It may be repeated.
func (a Acks) Ensure(ctx context.Context) error {
	conn, err := a.Server.Admin.Conn(ctx)
	if err != nil {
		return fmt.Errorf("acknowledgements on %s: %w", a.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	if err := setSemiSync(ctx, conn, a.On); err != nil {
		return fmt.Errorf("acknowledgements on %s: %w", a.Server.Name, err)
	}
	return a.check(ctx, conn)
}

// Check reports whether it is as wanted, and changes nothing.
func (a Acks) Check(ctx context.Context) error {
	conn, err := a.Server.Admin.Conn(ctx)
	if err != nil {
		return fmt.Errorf("acknowledgements on %s: %w", a.Server.Name, err)
	}
	defer func() { _ = conn.Close() }()
	return a.check(ctx, conn)
}

func (a Acks) check(ctx context.Context, conn *sql.Conn) error {
	name, on, err := sourceSide(ctx, conn)
	if err != nil {
		return fmt.Errorf("acknowledgements on %s: %w", a.Server.Name, err)
	}
	if on != a.On {
		return fmt.Errorf("%s on %s is %t: %w", name, a.Server.Name, on, ErrUnproven)
	}
	return nil
}

// sourceSide returns the variable that switches the source side, and whether it is
// on. MariaDB has it built in; MySQL has it under the name of the plugin that is
// installed, and without one there is none: the name is empty.
func sourceSide(ctx context.Context, conn *sql.Conn) (name string, on bool, err error) {
	var value string
	err = conn.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN"+
		" ('rpl_semi_sync_source_enabled','rpl_semi_sync_master_enabled')").Scan(&name, &value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", false, fmt.Errorf("semi-sync source side: %w", err)
	}
	return name, strings.EqualFold(value, "ON"), nil
}

// waitsForNobody switches the source side of a closed server off, where it is on:
// what is written there, or applied, would wait. One that is open has commits that
// wait, and is left alone.
func (s Server) waitsForNobody(ctx context.Context, conn *sql.Conn) error {
	closed, _, err := s.readOnly(ctx, conn)
	if err != nil || closed != replication.Yes {
		return err
	}
	name, on, err := sourceSide(ctx, conn)
	if err != nil || !on {
		return err
	}
	return setSource(ctx, conn, name, false)
}

// setSemiSync switches the source side.
func setSemiSync(ctx context.Context, conn *sql.Conn, on bool) error {
	name, _, err := sourceSide(ctx, conn)
	if err != nil {
		return err
	}
	if name == "" {
		return errors.New("the semi-sync source plugin is not installed")
	}
	return setSource(ctx, conn, name, on)
}

func setSource(ctx context.Context, conn *sql.Conn, name string, on bool) error {
	if _, err := conn.ExecContext(ctx, "SET GLOBAL "+name+"=?", on); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}
