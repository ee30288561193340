package replication

import (
	"context"
	"database/sql"
	"fmt"
)

// WriteToken writes the controller's token for this server, with the heartbeat
// account and on the active server only: anywhere else it would be an errant
// write. A server that is fenced refuses it.
func WriteToken(ctx context.Context, db *sql.DB, token, epoch uint64) error {
	_, err := db.ExecContext(ctx, "REPLACE INTO "+HeartbeatTable+" (server_id,token,epoch) VALUES (@@server_id,?,?)", token, epoch)
	if err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	return nil
}
