package drill

import (
	"context"
	"database/sql"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// Databases compare the data of servers with the check account, which reads and
// changes nothing. They implement Checker.
type Databases struct {
	Engine tunnel.DatabaseEngine
	// DB are handles of the check account by server. They are the caller's.
	DB map[string]*sql.DB
	// CatchUp is how long a standby may take to hold what the active server held;
	// zero means 5 s.
	CatchUp time.Duration
	// Time bounds all checksums of one check; zero means 10 s. One query may take
	// half of it.
	Time time.Duration
	// Size is how many bytes a table may have by the server's own estimate, Most
	// how many tables are compared; zero means 64 MiB and 100.
	Size uint64
	Most int
}

func (d *Databases) target(server string) replication.Target {
	return replication.Target{Name: server, Engine: d.Engine, DB: d.DB[server]}
}

// Check compares a standby with the active server. It always returns a check:
// what could not be compared says why.
func (d *Databases) Check(ctx context.Context, active, standby string) DataCheck {
	c := DataCheck{At: time.Now().UTC(), Active: active, Standby: standby}
	if d.DB[active] == nil || d.DB[standby] == nil {
		c.GTID.Why, c.Tables.Why = "no account", "no account"
		return c
	}
	first := replication.Read(ctx, d.target(active), replication.ReadOptions{})
	second := replication.Read(ctx, d.target(standby), replication.ReadOptions{After: first.Executed, Wait: or(d.CatchUp, 5*time.Second)})
	last := replication.Read(ctx, d.target(active), replication.ReadOptions{})
	c.GTID = compareGTID(first, second, last)
	c.Tables = d.tables(ctx, active, standby)
	c.Took = time.Since(c.At)
	return c
}

// Versions returns what each server says it is; one that does not answer is left out.
func (d *Databases) Versions(ctx context.Context) map[string]string {
	out := map[string]string{}
	for name := range d.DB {
		if o := replication.Read(ctx, d.target(name), replication.ReadOptions{}); o.Version != "" {
			out[name] = o.Version
		}
	}
	return out
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
