package database

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// BootsReadOnly reports whether a server will refuse writes after a restart. It
// is known while read_only still has the value that the server began with; once
// it was set at run time the server no longer tells, and the answer is Unknown.
// No means that a crash and restart would open a server that was fenced.
func BootsReadOnly(ctx context.Context, s Server) (replication.Flag, error) {
	query := "SELECT GLOBAL_VALUE, GLOBAL_VALUE_ORIGIN FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME='READ_ONLY'"
	if s.Engine == tunnel.MySQL {
		query = "SELECT @@GLOBAL.super_read_only, VARIABLE_SOURCE FROM performance_schema.variables_info WHERE VARIABLE_NAME='super_read_only'"
	}
	var value, origin sql.NullString
	if err := s.Admin.QueryRowContext(ctx, query).Scan(&value, &origin); err != nil {
		return replication.FlagUnknown, fmt.Errorf("how %s boots: %w", s.Name, err)
	}
	switch strings.ToUpper(origin.String) {
	case "COMPILE-TIME", "COMPILED":
		return replication.No, nil
	case "SQL", "DYNAMIC", "":
		return replication.FlagUnknown, nil
	}
	return flag(value), nil // from a file or the command line
}
