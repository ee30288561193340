package replication

import (
	"time"

	"jembatan/health/replication/gtid"
)

// A Report is the verdict about every server of one round, in the order of the sample.
type Report struct {
	Active   string
	Epoch    uint64
	At       time.Time
	Servers  []ServerReport
	Links    []LinkReport
	Warnings []Warning
	// Writable are the servers that accept writes of ordinary users. More than
	// one is a breach of the first rule, whatever the states say.
	Writable []string
}

// Server returns the report about one server; of a name that was not in the
// sample it is Unknown.
func (r Report) Server(name string) ServerReport {
	for _, s := range r.Servers {
		if s.Server == name {
			return s
		}
	}
	return ServerReport{Server: name, Reason: NoAnswer}
}

// A ServerReport is how one server's data stands to the active server's. That
// of the active server itself is about the links that lead to it.
type ServerReport struct {
	Server string
	State  State
	Reason Reason // of every state but InSync
	Errno  uint16 // Broken: the server's error number, zero if there is none
	Detail string // for people: the link or the value that it is about

	Behind uint64        // transactions that it lacks
	Lag    time.Duration // how old its data can be, by the token; zero: not known
	// SourceLost: the thread that reads from the active server cannot reach it.
	SourceLost bool
	Drained    Flag // it has applied all that it has received
	Fresh      Flag // something arrived lately on every link of the path, and so did the token
	// Errant are transactions that were made here while another server was active.
	Errant   gtid.Set
	SyncedAt time.Time // when it was last seen InSync; zero: never
	// LosslessAt is when it was last seen in sync with every commit of the active
	// server waiting for this server's acknowledgement; zero: never.
	LosslessAt time.Time
	Open       Flag          // ordinary users may write
	Up         time.Duration // since its database was started, whole seconds; zero: not known
	// Acking, of a standby: it receives from the active server itself and
	// acknowledges. Silent: it does not, and would not from its next contact on.
	// Waits, of the active server: its commits wait for that.
	Acking, Silent, Waits Flag
	// Crowded, of the active server: more servers acknowledge than a commit waits for.
	Crowded Flag
	// Stuck, of the active server: commits wait, and none has ended its waiting
	// since the round before.
	Stuck Flag
}

// A LinkReport is one direction of replication.
type LinkReport struct {
	From, To string // From is empty when no observed server is the source
	Channel  string
	Reason   Reason // NoReason: it works
	Errno    uint16
	Detail   string
	Tries    bool // its receiving thread tries to reach its source at this moment
	Fresh    Flag
	Drained  Flag
}

// A Warning is a setting with which the verdicts, or a failover, are not safe.
type Warning struct {
	Server  string
	Setting string // as the server spells it
	Have    string
	Want    string
	Why     string
}
