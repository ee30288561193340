package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// A Change is what one transaction of a surplus did, by the binary log. The
// values of rows are not in it: the log's own tool prints them (mariadb-binlog,
// mysqlbinlog), from the file that is named.
type Change struct {
	GTID   string
	Tables []string // schema.table, each once, in the order of the log
	Events int      // row events, each of one or more rows
	DDL    bool     // a statement that is no row event
	File   string   // of the binary log
	Pos    uint64   // where the transaction begins in it
}

// Limits of what is read of a binary log.
const (
	maxFiles   = 64
	maxChanges = 10_000
	pageEvents = 2000
)

// surplus looks for the transactions of want in the server's binary logs, from
// the newest file back, until all are found.
func surplus(ctx context.Context, s Server, want gtid.Set) ([]Change, replication.Flag, error) {
	conn, err := s.Admin.Conn(ctx)
	if err != nil {
		return nil, replication.FlagUnknown, err
	}
	defer func() { _ = conn.Close() }()
	files, err := column(ctx, conn, "SHOW BINARY LOGS")
	if err != nil {
		return nil, replication.FlagUnknown, fmt.Errorf("list the binary logs of %s: %w", s.Name, err)
	}
	var out []Change
	for i := len(files) - 1; i >= 0 && len(files)-i <= maxFiles; i-- {
		found, first, err := changesIn(ctx, conn, s.Engine, files[i], want)
		if err != nil {
			return out, replication.FlagUnknown, fmt.Errorf("read %s of %s: %w", files[i], s.Name, err)
		}
		out = append(found, out...)
		if len(out) >= maxChanges {
			return out[:maxChanges], replication.No, nil
		}
		if first { // an older transaction that both have: the rest of the surplus cannot be before it
			break
		}
	}
	return out, flagOf(complete(out, want)), nil
}

// Changes lists what transactions did, as far as the server's binary logs hold
// them; see Change.
func Changes(ctx context.Context, s Server, of gtid.Set) ([]Change, error) {
	out, _, err := surplus(ctx, s, of)
	return out, err
}

// complete reports whether the newest wanted transaction of each origin was
// found. Of a MariaDB state only the newest number is sure to be one.
func complete(found []Change, want gtid.Set) bool {
	for _, o := range want.Origins() {
		last := o.String() + "-" + strconv.FormatUint(want.Last(o), 10)
		if o.UUID != "" {
			last = o.String() + ":" + strconv.FormatUint(want.Last(o), 10)
		}
		if !slices.ContainsFunc(found, func(c Change) bool { return c.GTID == last }) {
			return false
		}
	}
	return true
}

// changesIn returns the wanted transactions of one file, and whether the file
// began with one that was not wanted.
func changesIn(ctx context.Context, conn *sql.Conn, e tunnel.DatabaseEngine, file string, want gtid.Set) ([]Change, bool, error) {
	r := reader{file: file, engine: e, want: want}
	pos := uint64(4) // behind the magic number of the file
	for {
		n, next, err := r.page(ctx, conn, pos)
		if err != nil {
			return nil, false, err
		}
		if n < pageEvents || next <= pos || len(r.out) >= maxChanges {
			return r.out, r.older, nil
		}
		pos = next
	}
}

// A reader goes through the events of one file.
type reader struct {
	file   string
	engine tunnel.DatabaseEngine
	want   gtid.Set
	out    []Change
	in     bool // inside a wanted transaction
	older  bool
}

func (r *reader) page(ctx context.Context, conn *sql.Conn, pos uint64) (n int, next uint64, err error) {
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SHOW BINLOG EVENTS IN %s FROM %d LIMIT %d", quoted(r.file), pos, pageEvents))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, kind, server, info sql.NullString
		var at, end uint64
		if err := rows.Scan(&name, &at, &kind, &server, &end, &info); err != nil {
			return n, next, err
		}
		r.event(at, kind.String, info.String)
		n++
		next = end
	}
	return n, next, rows.Err()
}

// The texts of SHOW BINLOG EVENTS, seen on MariaDB 10.11 and MySQL 9.7.
var (
	mariadbGTID = regexp.MustCompile(`GTID (\d+-\d+-\d+)`)
	mysqlGTID   = regexp.MustCompile(`GTID_NEXT\s*=\s*'([0-9a-fA-F-]+(?::\w+)?:\d+)'`)
	tableMap    = regexp.MustCompile(`^table_id: \d+ \((.+)\)`)
)

func (r *reader) event(pos uint64, kind, info string) {
	switch {
	case strings.HasPrefix(strings.ToLower(kind), "gtid") && kind != "Gtid_list":
		r.begin(pos, info)
	case !r.in:
	case kind == "Table_map":
		last := &r.out[len(r.out)-1]
		if m := tableMap.FindStringSubmatch(info); m != nil && !slices.Contains(last.Tables, m[1]) {
			last.Tables = append(last.Tables, m[1])
		}
	case strings.Contains(kind, "_rows") && !strings.HasPrefix(kind, "Annotate"):
		r.out[len(r.out)-1].Events++
	case kind == "Query" && info != "BEGIN" && info != "COMMIT":
		r.out[len(r.out)-1].DDL = true
	}
}

func (r *reader) begin(pos uint64, info string) {
	pattern, parse := mariadbGTID, gtid.ParseMariaDB
	if r.engine == tunnel.MySQL {
		pattern, parse = mysqlGTID, gtid.ParseMySQL
	}
	m := pattern.FindStringSubmatch(info)
	if m == nil {
		r.in = false
		return
	}
	one, err := parse(m[1])
	r.in = err == nil
	for _, o := range one.Origins() {
		r.in = r.in && r.want.Has(o, one.Last(o))
	}
	switch {
	case r.in:
		r.out = append(r.out, Change{GTID: strings.ToLower(m[1]), File: r.file, Pos: pos})
	case len(r.out) == 0:
		r.older = true
	}
}

// column returns the first column of a result.
func column(ctx context.Context, conn *sql.Conn, query string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(sql.RawBytes)
		}
		first := new(string)
		values[0] = first
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		out = append(out, *first)
	}
	return out, rows.Err()
}

func flagOf(b bool) replication.Flag {
	if b {
		return replication.Yes
	}
	return replication.No
}
