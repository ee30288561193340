package database

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
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
	if err := setSemiSync(ctx, conn, a.Server.Engine, a.On); err != nil {
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
	var name, value string
	err := conn.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN"+
		" ('rpl_semi_sync_source_enabled','rpl_semi_sync_master_enabled')").Scan(&name, &value)
	if err != nil {
		return fmt.Errorf("acknowledgements on %s: %w", a.Server.Name, err)
	}
	if on := strings.EqualFold(value, "ON"); on != a.On {
		return fmt.Errorf("%s on %s is %s: %w", name, a.Server.Name, value, ErrUnproven)
	}
	return nil
}
