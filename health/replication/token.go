package replication

import (
	"context"
	"database/sql"
	"fmt"
)

// WriteToken writes the controller's token for this server, with the heartbeat
// account and on the active server only: anywhere else it would be an errant
// write. A server that is fenced refuses it. Where a lock is in the way MariaDB
// gives up after three seconds with error 1205, so that no session is left behind;
// MySQL has no limit for a single statement, and there ctx alone ends it.
func WriteToken(ctx context.Context, db *sql.DB, token, epoch uint64) error {
	const patience = "/*M! SET STATEMENT lock_wait_timeout=3,innodb_lock_wait_timeout=3 FOR */ "
	_, err := db.ExecContext(ctx, patience+"REPLACE INTO "+HeartbeatTable+" (server_id,token,epoch) VALUES (@@server_id,?,?)", token, epoch)
	if err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	return nil
}
