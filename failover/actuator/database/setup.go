package database

import (
	"fmt"
	"strings"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// Accounts are what the controller logs in with. Three, because each proves
// something by what it may not do.
type Accounts struct {
	Check  Login // reads
	Writer Login // writes the token, like any application
	Fence  Login // opens and closes
}

// A Login is a user name and its password.
type Login struct {
	User     string
	Password replication.Secret
}

// A Setup is how one server is prepared. Its statements are the same for every
// server and are kept out of the binary log: an administrator runs them on each.
type Setup struct {
	Engine   tunnel.DatabaseEngine
	Accounts Accounts
	Host     string // from where the accounts may come; empty means %
	// Lease adds the lease, its routines and the event that fences. The event
	// needs event_scheduler=ON in the server's configuration; without it run a Guard.
	Lease bool
	// SemiSync lets the fence account switch the semi-sync source side.
	SemiSync bool
}

// A Grant is one line of what an account needs, as GRANT and ON take it, and what
// for. The page docs/reference/database.md lists them, and a test leaves out one
// after the other.
type Grant struct {
	Account   string // check, writer or fence
	Privilege string
	On        string
	For       string
}

// GrantsOf returns the least privileges of a family.
func GrantsOf(e tunnel.DatabaseEngine, lease, semiSync bool) []Grant {
	heartbeat, leases := replication.HeartbeatTable, replication.LeaseTable
	out := []Grant{
		{"check", "SELECT", heartbeat, "whether the token has arrived"},
		{"writer", "INSERT, DELETE", heartbeat, "the token; the proof that ordinary writes pass or are refused"},
		{"fence", "PROCESS", "*.*", "to see the sessions that are to be killed"},
	}
	if e == tunnel.MariaDB {
		out = append(out,
			Grant{"check", "REPLICA MONITOR", "*.*", "the state of the replication threads"},
			Grant{"fence", "INSERT, DELETE", heartbeat, "a test write on a fenced server, rolled back"},
			Grant{"fence", "REPLICA MONITOR", "*.*", "whether all that was received is applied"},
			Grant{"fence", "READ ONLY ADMIN", "*.*", "to switch read_only, and to write the lease under it"},
			Grant{"fence", "CONNECTION ADMIN", "*.*", "to kill sessions of others"},
			Grant{"fence", "REPLICATION SLAVE ADMIN", "*.*", "to start and stop replication of a returned server"},
			Grant{"fence", "BINLOG MONITOR", "*.*", "which tables the surplus of a returned server changed"})
		if semiSync {
			out = append(out, Grant{"fence", "REPLICATION MASTER ADMIN", "*.*", "to switch semi-sync when roles change"})
		}
	} else {
		out = append(out,
			Grant{"check", "REPLICATION CLIENT", "*.*", "the state of the replication threads"},
			Grant{"check", "SELECT", "performance_schema.*", "received transactions and errors of each worker"},
			Grant{"fence", "REPLICATION CLIENT", "*.*", "whether all that was received is applied"},
			Grant{"fence", "SELECT", "performance_schema.*", "the same"},
			Grant{"fence", "SYSTEM_VARIABLES_ADMIN", "*.*", "to switch super_read_only and semi-sync"},
			Grant{"fence", "CONNECTION_ADMIN", "*.*", "to kill sessions of others, and to write the lease under read_only"},
			Grant{"fence", "SYSTEM_USER", "*.*", "to kill sessions of administrators"},
			Grant{"fence", "REPLICATION_SLAVE_ADMIN", "*.*", "to start and stop replication of a returned server"},
			Grant{"fence", "REPLICATION SLAVE", "*.*", "which tables the surplus of a returned server changed"})
	}
	if lease {
		out = append(out, Grant{"fence", "EXECUTE", replication.Schema + ".*", "to renew and to end the lease"},
			Grant{"fence", "SELECT", leases, "whether the lease is in force"})
	}
	return out
}

// Statements returns what an administrator runs on each server, in order, in one
// session. They hold the passwords: do not log them.
func (s Setup) Statements() []string {
	host := s.Host
	if host == "" {
		host = "%"
	}
	out := []string{
		"SET SESSION sql_log_bin=0",
		"CREATE DATABASE IF NOT EXISTS " + replication.Schema,
		"CREATE TABLE IF NOT EXISTS " + replication.HeartbeatTable + " (server_id INT UNSIGNED PRIMARY KEY," +
			" token BIGINT UNSIGNED NOT NULL, epoch BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
	}
	if s.Lease {
		out = append(out, s.leaseStatements()...)
	}
	logins := map[string]Login{"check": s.Accounts.Check, "writer": s.Accounts.Writer, "fence": s.Accounts.Fence}
	for _, name := range []string{"check", "writer", "fence"} {
		out = append(out, fmt.Sprintf("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s",
			quoted(logins[name].User), quoted(host), quoted(string(logins[name].Password))))
	}
	for _, g := range GrantsOf(s.Engine, s.Lease, s.SemiSync) {
		out = append(out, fmt.Sprintf("GRANT %s ON %s TO %s@%s", g.Privilege, g.On, quoted(logins[g.Account].User), quoted(host)))
	}
	return append(out, "SET SESSION sql_log_bin=1")
}

// Script is Statements as a file for the command-line client.
func (s Setup) Script() string {
	return "DELIMITER //\n" + strings.Join(s.Statements(), "\n//\n") + "\n//\nDELIMITER ;\n"
}

// quoted is a string literal that is safe with and without NO_BACKSLASH_ESCAPES,
// as long as it holds no backslash; one that does is doubled for the default mode.
func quoted(s string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'"
}
