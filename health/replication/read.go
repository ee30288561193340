package replication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// A Target is one server to be read, with a handle of the check account.
type Target struct {
	Name   string
	Engine tunnel.DatabaseEngine
	DB     *sql.DB
}

// ReadOptions of Read. The zero value waits for nothing.
type ReadOptions struct {
	// After is what the active server held. The reading begins when this server
	// holds it too, or when Wait has passed: under load the newest transactions
	// are always on their way.
	After gtid.Set
	Wait  time.Duration
}

// ReadAll reads the active server first and then all others at the same time,
// so that those can only be newer than what they are compared with. The result
// is in the order of targets.
func ReadAll(ctx context.Context, targets []Target, active string, wait time.Duration) []Observation {
	out := make([]Observation, len(targets))
	var after gtid.Set
	for i, t := range targets {
		if t.Name == active {
			out[i] = Read(ctx, t, ReadOptions{})
			after = out[i].Executed
		}
	}
	var all sync.WaitGroup
	for i, t := range targets {
		if t.Name != active {
			all.Go(func() { out[i] = Read(ctx, t, ReadOptions{After: after, Wait: wait}) })
		}
	}
	all.Wait()
	return out
}

// Read asks one server. It always returns an observation: what went wrong is in
// its Failure. Bound it with ctx; the handle's own time-outs bound each answer.
// It changes nothing on the server but two variables of its session.
func Read(ctx context.Context, t Target, o ReadOptions) Observation {
	at := time.Now()
	raw, engine, err := fetch(ctx, t, o)
	if err == nil && t.Engine != tunnel.EngineUnknown && engine != t.Engine {
		return Observation{Server: t.Name, At: at, Failure: Failure{
			Reason: EngineDiffers,
			Detail: fmt.Sprintf("it is %s, the topology says %s", engine, t.Engine),
		}}
	}
	if err != nil {
		return Observation{Server: t.Name, At: at, Failure: failureOf(err)}
	}
	obs := Parse(engine, raw)
	obs.Server, obs.At = t.Name, at
	return obs
}

// fetch runs the statements in one session: first the positions, then the
// links, so that what was applied is never newer than what was received.
func fetch(ctx context.Context, t Target, o ReadOptions) (Raw, tunnel.DatabaseEngine, error) {
	conn, err := t.DB.Conn(ctx)
	if err != nil {
		return Raw{}, tunnel.EngineUnknown, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	var text string
	if err := conn.QueryRowContext(ctx, "SELECT @@version").Scan(&text); err != nil {
		return Raw{}, tunnel.EngineUnknown, fmt.Errorf("read the version: %w", err)
	}
	engine := engineOf(text)
	st := statementsFor(engine, parseVersion(text))
	if _, err := conn.ExecContext(ctx, st.session); err != nil {
		return Raw{}, engine, fmt.Errorf("%s: %w", st.session, err)
	}
	await(ctx, conn, engine, o)
	raw, err := collect(ctx, conn, st)
	return raw, engine, err
}

func collect(ctx context.Context, conn *sql.Conn, st statements) (Raw, error) {
	var raw Raw
	rows, err := query(ctx, conn, st.variables)
	if err != nil || len(rows) != 1 {
		return Raw{}, fmt.Errorf("read the variables: %w", orRows(err))
	}
	raw.Variables = rows[0]
	if raw.Links, err = query(ctx, conn, st.links); err != nil {
		return Raw{}, fmt.Errorf("%s: %w", st.links, err)
	}
	if rows, err = query(ctx, conn, st.status); err != nil {
		return Raw{}, fmt.Errorf("read the status: %w", err)
	}
	raw.Status = named(rows)
	for i, statement := range st.more {
		rows, err := query(ctx, conn, statement)
		if err != nil {
			return Raw{}, fmt.Errorf("%s: %w", head(statement), err)
		}
		switch i {
		case 0:
			raw.Connections = rows
		case 1:
			raw.Workers = rows
		case 2:
			maps.Copy(raw.Variables, named(rows))
		}
	}
	rows, err = query(ctx, conn, "SELECT server_id,token,epoch FROM "+HeartbeatTable)
	var refused *mysql.MySQLError
	if err != nil && !errors.As(err, &refused) {
		return Raw{}, fmt.Errorf("read the tokens: %w", err)
	}
	raw.Tokens = rows // nil when the server refused: no such table, no privilege
	return raw, nil
}

// await lets the server wait until it holds what the active one held. How that
// ends does not matter: the sets are compared afterwards.
func await(ctx context.Context, conn *sql.Conn, engine tunnel.DatabaseEngine, o ReadOptions) {
	if o.Wait <= 0 || o.After.Empty() {
		return
	}
	statement := "SELECT WAIT_FOR_EXECUTED_GTID_SET(?,?)"
	position := o.After.String()
	if engine == tunnel.MariaDB {
		statement = "SELECT MASTER_GTID_WAIT(?,?)"
		position = newest(o.After)
	}
	var ended sql.NullInt64
	_ = conn.QueryRowContext(ctx, statement, position, o.Wait.Seconds()).Scan(&ended)
}

// newest is the last GTID of each domain of a state, for MASTER_GTID_WAIT.
func newest(s gtid.Set) string {
	last := map[uint32]gtid.GTID{}
	for _, o := range s.Origins() {
		if n := s.Last(o); n > last[o.Domain].Sequence {
			last[o.Domain] = gtid.GTID{Domain: o.Domain, Server: o.Server, Sequence: n}
		}
	}
	words := make([]string, 0, len(last))
	for _, g := range last {
		words = append(words, g.String())
	}
	return strings.Join(words, ",")
}

// named turns rows of Variable_name and Value into one.
func named(rows []Row) Row {
	out := Row{}
	for _, r := range rows {
		if v, ok := r["Value"]; ok {
			out[r["Variable_name"]] = v
		}
	}
	return out
}

// failureOf names an error. Errors of the driver hold user and host, never the password.
func failureOf(err error) Failure {
	f := Failure{Reason: NoAnswer, Detail: err.Error()}
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) {
		return f
	}
	f.Errno = refused.Number
	switch refused.Number {
	case 1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 3118: // access denied, privilege missing, password expired, locked
		f.Reason = Denied
	case 1064, 1193: // a statement or a variable that this server does not have
		f.Reason = ValueMissing
	}
	return f
}

func orRows(err error) error {
	if err == nil {
		return sql.ErrNoRows
	}
	return err
}

func head(statement string) string {
	const shown = 40
	if len(statement) > shown {
		return statement[:shown] + "…"
	}
	return statement
}
