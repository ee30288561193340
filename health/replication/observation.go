package replication

import (
	"time"

	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// An Observation is what one server said of itself in one session. A failed one
// has a Failure and nothing else but Server and At.
type Observation struct {
	Server  string    // its name in the topology
	At      time.Time // the controller's clock, when the reading began
	Failure Failure

	Engine  tunnel.DatabaseEngine
	Version string
	Self    Identity
	Up      time.Duration // since it was started, whole seconds; zero: not known

	// Executed is all that the server holds, as its own log says: every GTID of
	// gtid_binlog_state, or gtid_executed. Comparable says whether that is so.
	Executed   gtid.Set
	Comparable Flag
	Applied    gtid.Position // MariaDB: gtid_slave_pos
	Purged     gtid.Set      // MySQL: gtid_purged

	// ReadOnly: writes of ordinary users are refused. SuperReadOnly (MySQL):
	// those of everybody.
	ReadOnly, SuperReadOnly Flag
	Links                   []Link
	SemiSync                SemiSync
	// Tokens are the controller's tokens by server_id of their writer; nil: the
	// table could not be read.
	Tokens map[uint32]Token
	// Settings are the global variables as the server printed them; NULL is absent.
	Settings map[string]string
	// Gaps are the values that were expected and missing.
	Gaps []string
}

// An Identity is how the other servers know a server. The zero value: not known.
type Identity struct {
	ID   uint32 // server_id
	UUID string // MySQL server_uuid
}

// Wrote reports whether o is the origin of transactions that i committed itself.
func (i Identity) Wrote(o gtid.Origin) bool {
	if o.UUID != "" {
		return o.UUID == i.UUID
	}
	return i.ID != 0 && o.Server == i.ID
}

// A Failure is why a server could not be observed. The zero value: it was.
type Failure struct {
	Reason Reason
	Errno  uint16 // the server's error number, or zero
	Detail string // for people; holds no secret
}

// A Token is a row of the heartbeat table.
type Token struct{ Value, Epoch uint64 }

// A Link is one direction of replication as its receiver sees it.
type Link struct {
	Channel string // Connection_name or Channel_Name; empty is the default one
	Host    string
	Port    uint16
	Source  Identity // zero before the first contact

	IO, SQL           Thread
	IOErrno, SQLErrno uint16
	IOError, SQLError string
	Auto              Flag   // by GTID: Using_Gtid=Slave_Pos, Auto_Position=1
	Delay             Flag   // SQL_Delay is not zero
	Until             Flag   // Until_Condition is set
	Skip              Flag   // Skip_Counter is not zero
	Filters           string // every filter that is set, name=value, sorted

	Received      gtid.Position // MariaDB: Gtid_IO_Pos
	ReceivedSet   gtid.Set      // MySQL: Retrieved_Gtid_Set
	ReceivedKnown Flag

	Heartbeats      uint64
	HeartbeatsKnown Flag
	HeartbeatPeriod time.Duration // zero: not known
	// SecondsBehind is the lag column as printed, for people; empty is NULL.
	SecondsBehind string
	Gaps          []string // columns that were expected and missing
}

// SemiSync is the state of semi-synchronous replication on one server.
type SemiSync struct {
	Source  Flag // the source side is on and has not fallen back
	Replica Flag // the replica side is at work
	// Enabled is whether the replica side is switched on: it works from the next
	// contact with a source on.
	Enabled Flag
	Clients int    // connected replicas that acknowledge; -1: not known
	NoTx    int64  // commits that were not acknowledged so far; -1: not known
	YesTx   int64  // commits that were; -1: not known
	Waiting int    // sessions whose commit waits for an acknowledgement; -1: not known
	Acks    int    // acknowledgements that a commit waits for; MariaDB: 1
	Point   string // wait point, upper case; empty: not known
}

// ended is how many commits have ended their waiting.
func (s SemiSync) ended() (int64, bool) { return s.NoTx + s.YesTx, s.NoTx >= 0 && s.YesTx >= 0 }

// silent reports whether a server acknowledges nothing and will not.
func (s SemiSync) silent() Flag {
	switch {
	case s.Enabled == Yes || s.Replica == Yes:
		return No
	case s.Enabled == No && s.Replica == No:
		return Yes
	}
	return FlagUnknown
}
