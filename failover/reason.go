package failover

// A Reason says why something is not done, or why a person should look. The
// same words stand in the journal, logs, metrics, pages and tests.
type Reason string

// None says that nothing stands in the way.
const None Reason = ""

// Reasons why no move begins.
const (
	NotLeader        Reason = "not-leader"          // this controller does not hold the lease
	Superseded       Reason = "superseded"          // a higher epoch was seen
	Paused           Reason = "paused"              // an operator stopped automatic moves
	ManualOnly       Reason = "manual-only"         // the policy has no automatic failover
	Pinned           Reason = "pinned"              // an operator keeps the service where it is
	InMaintenance    Reason = "in-maintenance"      // the service, or the server
	Partitioned      Reason = "partitioned"         // partition is not failure
	LoadOnly         Reason = "load-only"           // it answers, slowly
	BlockTimer       Reason = "block-timer"         // moved automatically less than an hour ago
	DayLimit         Reason = "day-limit"           // three times in a day: held until acknowledged
	RoutersUnreached Reason = "routers-unreachable" // less than most of the routers can be told
	NoCandidate      Reason = "no-candidate"        // there is no other server
	AlreadyMoving    Reason = "already-moving"      // a move is under way
	AlreadyThere     Reason = "already-there"       // that server is active
	NoSuchServer     Reason = "no-such-server"      //
	NothingToDo      Reason = "nothing-to-do"       // nothing to acknowledge, resume or fail back to
	NotReady         Reason = "not-ready"           // no server is ready to be failed back to
	SourceNotHealthy Reason = "source-not-healthy"  // a planned move needs the old server alive
	TargetUnknown    Reason = "target-unknown"      // its health is not known
	TargetFailed     Reason = "target-failed"       //
	TargetBusy       Reason = "target-overloaded"   //
	TargetInMaint    Reason = "target-in-maintenance"
	SyncUnknown      Reason = "sync-unknown"       // it was never seen in sync
	TargetLagging    Reason = "target-lagging"     // a planned move needs it in sync now
	TargetBroken     Reason = "target-broken"      // its replication is broken, with a code
	TargetForked     Reason = "target-forked"      // each side holds what the other lacks
	TargetErrant     Reason = "target-errant"      // it holds writes that it never should have had
	SyncTooOld       Reason = "sync-too-old"       // a planned move needs a fresh sample
	LossTooGreat     Reason = "loss-too-great"     // more than the policy's allowed loss
	WriteTestMissing Reason = "write-test-missing" // no test write on it has succeeded
)

// Reasons why a move waits or was taken back.
const (
	Fencing        Reason = "fence-unproven"  // the old server may still write
	LeaseRunning   Reason = "lease-running"   // it fences itself when its lease ends
	SiteHold       Reason = "site-loss-hold"  // it cannot be reached, and the policy is to hold
	Draining       Reason = "drain-timeout"   // transactions received are not applied
	PromoteFailed  Reason = "promote-failed"  //
	RoutersMissing Reason = "routers-missing" // some have not been rewritten; tried for ever
	VerifyFailed   Reason = "verify-failed"   // the public address does not answer
	TargetLost     Reason = "target-lost"     // the new server failed during the move
	Cancelled      Reason = "cancelled"       // by an operator
	UndoFailed     Reason = "undo-failed"     // the old server cannot be opened again
	SourceBack     Reason = "source-back"     // the old server recovered before it was fenced
	TooLate        Reason = "too-late"        // it cannot be taken back any more
	NotFencing     Reason = "not-fencing"     // no fence of that server is waited for
)

// Reasons of alerts that are no refusal.
const (
	ServerSuspect     Reason = "server-suspect"
	ServerFailed      Reason = "server-failed"
	ServerBack        Reason = "server-back"
	MoveStarted       Reason = "move-started"
	MoveDone          Reason = "move-done"
	MoveUndone        Reason = "move-undone"
	DatabaseRestarted Reason = "database-restarted" // nobody noticed that it was away
	TwoWriters        Reason = "two-writers"        // a server that must not is open for writes
	ErrantWrites      Reason = "errant-writes"      // on a standby
	ForkFound         Reason = "fork-found"         //
	ReadyToReturn     Reason = "failback-ready"     //
	FencedByPerson    Reason = "fenced-by-person"
	LeaseLost         Reason = "lease-lost"
	AcksWaived        Reason = "acks-waived"      // no standby acknowledges: commits no longer wait, and may be lost
	AcksRequired      Reason = "acks-required"    // commits wait for a standby again
	ReplicationLost   Reason = "replication-lost" // a standby that is well does not follow the active server
	ReplicationBack   Reason = "replication-back" // it does again
	Repaired          Reason = "routers-repaired"
	Astray            Reason = "routers-astray" // they led clients elsewhere, though they were proven not to
	TwoMasters        Reason = "two-masters"    // two routers have the virtual address: they do not hear each other
	OneMaster         Reason = "one-master"     // one alone has it again
)
