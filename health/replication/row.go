package replication

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// A Row is one row of a result by column name. NULL is absent: nothing can be
// concluded from either.
type Row map[string]string

// Raw is what the statements of one session returned, before anything is made of it.
type Raw struct {
	Variables   Row
	Status      Row // global status by variable name
	Links       []Row
	Connections []Row // MySQL: performance_schema.replication_connection_status
	Workers     []Row // MySQL: performance_schema.replication_applier_status_by_worker
	Tokens      []Row // nil: not readable
}

// get returns the first of names that is there; versions differ in names.
func (r Row) get(names ...string) (string, bool) {
	for _, n := range names {
		if v, ok := r[n]; ok {
			return v, true
		}
	}
	return "", false
}

func (r Row) number(names ...string) (uint64, bool) {
	v, ok := r.get(names...)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 64)
	return n, err == nil
}

// flag reads a boolean variable. read_only of MariaDB 12 has the further values
// NO_LOCK and NO_LOCK_NO_ADMIN, which are stronger forms of on.
func (r Row) flag(names ...string) Flag {
	v, _ := r.get(names...)
	switch strings.ToUpper(v) {
	case "1", "ON", "YES", "NO_LOCK", "NO_LOCK_NO_ADMIN", "TRUE":
		return Yes
	case "0", "OFF", "NO", "FALSE":
		return No
	}
	return FlagUnknown
}

// maxRows bounds a result: a server has a few links and a few workers.
const maxRows = 1000

// query returns every row of a statement.
func query(ctx context.Context, conn *sql.Conn, statement string) ([]Row, error) {
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	out := []Row{}
	for rows.Next() {
		if len(out) == maxRows {
			return nil, fmt.Errorf("more than %d rows", maxRows)
		}
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := Row{}
		for i, n := range names {
			if values[i].Valid {
				row[strings.TrimPrefix(n, "@@")] = values[i].String
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
