package replication

// A Reason says why a server is not in sync, or what could not be seen. It is
// one of the constants below; the code in parentheses is the check that failed.
type Reason string

// Reasons.
const (
	NoReason Reason = ""

	// NoAnswer and those that follow are what could not be seen.
	NoAnswer       Reason = "no-answer"        // no connection, or no reply in time
	Denied         Reason = "denied"           // log-in or a privilege refused; see Errno
	EngineDiffers  Reason = "engine-differs"   // not the family that the topology says
	ValueMissing   Reason = "value-missing"    // NULL, absent or unreadable; see Detail
	ActiveUnknown  Reason = "active-unknown"   // nobody is known to be the writer
	ActiveNoAnswer Reason = "active-no-answer" // the writer could not be read
	NotComparable  Reason = "not-comparable"   // its binary log lacks what it applied (log_bin, log_slave_updates)

	// DuplicateID and those that follow are what is wrong between two servers.
	DuplicateID     Reason = "duplicate-id"     // R1_PEER: two servers, one server_id or server_uuid
	NoLink          Reason = "no-link"          // R1_PEER: nothing leads here from the active server
	DoubleLink      Reason = "double-link"      // R1_PEER: two links from one source
	ThreadStopped   Reason = "thread-stopped"   // R2_THREADS
	SourceLost      Reason = "source-lost"      // R2_THREADS: the receiving thread cannot reach its source
	ThreadError     Reason = "thread-error"     // R2_THREADS: it runs and shows an error
	NotGTID         Reason = "not-gtid"         // R2_THREADS: Using_Gtid, Auto_Position
	Delayed         Reason = "delayed"          // R2_THREADS: SQL_Delay
	Until           Reason = "until"            // R2_THREADS: Until_Condition
	Skipping        Reason = "skipping"         // R2_THREADS: Skip_Counter
	Filtered        Reason = "filtered"         // R2_THREADS: a Replicate_* filter
	Missing         Reason = "missing"          // R3_GTID: transactions of the active server
	Diverged        Reason = "diverged"         // R3_FORK
	ErrantWrites    Reason = "errant-writes"    // R4_SILENT
	Stale           Reason = "stale"            // R5_FRESH: neither heartbeat nor transaction arrives
	TokenStale      Reason = "token-stale"      // R5_TOKEN: the controller's token is old or absent
	Purged          Reason = "purged"           // what it lacks is no longer in the source's log (1236)
	StandbyWritable Reason = "standby-writable" // MySQL: super_read_only is off
)

// A State is the verdict about one server. Only InSync allows a promotion without loss.
type State uint8

// States.
const (
	Unknown State = iota
	InSync
	Lagging // it lacks Behind transactions; the links work
	Broken  // a link is stopped, shows an error, or must not be trusted
	Forked  // it and the active server each hold what the other lacks; a person decides
)

// String returns the state's word.
func (s State) String() string {
	switch s {
	case InSync:
		return "in sync"
	case Lagging:
		return "lagging"
	case Broken:
		return "broken"
	case Forked:
		return "forked"
	case Unknown:
	}
	return "unknown"
}

// A Flag is yes, no or not known.
type Flag uint8

// Flags.
const (
	FlagUnknown Flag = iota
	No
	Yes
)

// String returns the flag's word.
func (f Flag) String() string {
	switch f {
	case No:
		return "no"
	case Yes:
		return "yes"
	case FlagUnknown:
	}
	return "unknown"
}

func flagOf(b bool) Flag {
	if b {
		return Yes
	}
	return No
}

// A Thread is the state of one replication thread.
type Thread uint8

// Threads. Only Running passes.
const (
	ThreadUnknown Thread = iota
	Stopped
	Connecting // a receiving thread that looks for its source
	Running
)

// String returns the thread's word.
func (t Thread) String() string {
	switch t {
	case Stopped:
		return "stopped"
	case Connecting:
		return "connecting"
	case Running:
		return "running"
	case ThreadUnknown:
	}
	return "unknown"
}
