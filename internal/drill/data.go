package drill

import (
	"fmt"
	"time"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
)

// A State says how two copies of data stand to each other.
type State string

// States. NotCompared is never taken for Equal.
const (
	NotCompared State = ""
	Equal       State = "equal"
	Differs     State = "differs"
)

// A DataCheck compares a standby with the active server. The zero value: no check
// was made, or the service has no database.
type DataCheck struct {
	At      time.Time     `json:"at,omitzero"`
	Took    time.Duration `json:"took,omitempty"`
	Active  string        `json:"active,omitempty"`
	Standby string        `json:"standby,omitempty"`
	GTID    GTIDCheck     `json:"gtid"`
	Tables  TableCheck    `json:"tables"`
}

// Made reports whether the check was made.
func (d *DataCheck) Made() bool { return !d.At.IsZero() }

// A GTIDCheck compares what both hold, transaction by transaction.
type GTIDCheck struct {
	State State `json:"state,omitempty"`
	// Missing are transactions that the active server held when the check began
	// and the standby did not at its end.
	Missing uint64 `json:"missing,omitempty"`
	// Surplus are transactions of the standby that the active server lacks. After
	// a move the standby is the server that was active: they were lost.
	Surplus uint64 `json:"surplus,omitempty"`
	Why     string `json:"why,omitempty"` // not compared
}

// A TableCheck compares checksums of tables.
type TableCheck struct {
	State   State   `json:"state,omitempty"` // Equal only if every table that was seen is
	Why     string  `json:"why,omitempty"`
	Equal   int     `json:"equal,omitempty"`
	Differ  int     `json:"differ,omitempty"`
	Skipped int     `json:"skipped,omitempty"` // neither equal nor different: see each one's Why
	Tables  []Table `json:"tables,omitempty"`
}

// A Table is one table on both servers.
type Table struct {
	Name    string `json:"name"` // schema.table
	State   State  `json:"state,omitempty"`
	Active  string `json:"active,omitempty"` // checksum
	Standby string `json:"standby,omitempty"`
	Why     string `json:"why,omitempty"` // NotAllowed, TooLarge, …
}

// Why a table was not compared.
const (
	NotAllowed  = "not allowed"
	TooLarge    = "too large"
	TooMany     = "too many tables"
	NoTime      = "out of time"
	WrittenNow  = "written meanwhile"
	OneSideOnly = "seen on one server only"
)

// compareGTID judges three readings: of the active server, then of the standby,
// then of the active server again. What the standby lacks of the first is
// missing; what it has beyond the last is a surplus.
func compareGTID(first, standby, last replication.Observation) GTIDCheck {
	for _, o := range []replication.Observation{first, standby, last} {
		switch {
		case o.Failure.Reason != replication.NoReason:
			return GTIDCheck{Why: fmt.Sprintf("%s: %s", o.Server, o.Failure.Reason)}
		case o.Comparable != replication.Yes:
			return GTIDCheck{Why: fmt.Sprintf("%s: %s", o.Server, replication.NotComparable)}
		}
	}
	c := GTIDCheck{
		State: Equal, Missing: gtid.Behind(standby.Executed, first.Executed), Surplus: gtid.Behind(last.Executed, standby.Executed),
	}
	if c.Missing > 0 || c.Surplus > 0 {
		c.State = Differs
	}
	return c
}

// total counts tables and settles the state of all.
func (c *TableCheck) total() {
	for _, t := range c.Tables {
		switch t.State {
		case Equal:
			c.Equal++
		case Differs:
			c.Differ++
		case NotCompared:
			c.Skipped++
			if c.Why == "" {
				c.Why = t.Why
			}
		}
	}
	switch {
	case c.Differ > 0:
		c.State = Differs
	case c.Skipped == 0 && c.Equal > 0:
		c.State = Equal
	}
}
