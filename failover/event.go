package failover

import (
	"fmt"
	"time"

	"jembatan/health"
)

// An Event is a fact that reached the machine. Every event carries the
// controller's time; time never goes back in the machine.
type Event interface {
	at() time.Time
	event()
}

// VerdictChanged reports what health believes about a server now.
type VerdictChanged struct {
	Time                 time.Time
	Server               string
	Verdict              health.Verdict
	Suspect, Split, Load bool
	Since                time.Time // when the failing runs began, if any
	Reason               health.Reason
	Says                 string // who says what, for people
}

// VerdictOf makes the event of a change.
func VerdictOf(c health.Change) VerdictChanged {
	return VerdictChanged{c.At, c.Server, c.To, c.Suspect, c.Split, c.Load, c.Since, c.Reason, c.Says}
}

// A Sync is how a server's data stands to the active server's.
type Sync uint8

// Sync verdicts. Unknown is never in sync: NULL, a timeout and a missing
// privilege are unknown.
const (
	SyncUnclear Sync = iota
	InSync
	Lagging // n transactions, s seconds
	Broken  // a replication thread has stopped, with a code
	SyncForked
)

func syncNames() []string {
	return []string{"unknown", "in-sync", "lagging", "broken", "forked"}
}

// String returns the word of the verdict.
func (s Sync) String() string {
	if int(s) < len(syncNames()) {
		return syncNames()[s]
	}
	return fmt.Sprintf("Sync(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s Sync) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Sync) UnmarshalText(text []byte) error {
	i, err := lookup(syncNames(), text)
	*s = Sync(i)
	return err
}

// ReplicationChanged reports how a server's data stands to the active server's.
// Send one with every sample: a sample in sync renews SyncedAt.
type ReplicationChanged struct {
	Time   time.Time
	Server string
	Sync   Sync
	Behind uint64        // Lagging: transactions; 0 with Lag > 0 means not counted
	Lag    time.Duration // Lagging
	Code   int           // Broken: the error number
	// SourceLost: the thread that reads from the active server cannot reach it.
	// Then Sync says nothing about the data, and the last good sample counts.
	SourceLost bool
	Drained    bool          // all that was received has been applied
	Fresh      bool          // R5_FRESH and R5_TOKEN of the last sample held
	Errant     bool          // it holds writes of its own made while it was not active
	Up         time.Duration // since its database was started; zero: not known
	// SyncedAt is the sample time at which it was last seen in sync; zero: never.
	SyncedAt time.Time
	// LosslessAt is the sample time at which it was last proven that every
	// acknowledged transaction has been received here (semi-sync, AFTER_SYNC, no
	// fall-back since); zero: never.
	LosslessAt time.Time
	// WriteTested: a test write on it, rolled back, has succeeded.
	WriteTested bool
	// Acking: a standby that receives from the active server and acknowledges it.
	Acking bool
	// Silent: it does not acknowledge, nor would from its next contact on. Loud: it
	// does or would. Neither: not known, which is not silent.
	Silent, Loud bool
	// Crowded: more servers acknowledge the active one than a commit waits for, so
	// who holds a commit is not known.
	Crowded bool
	// AcksOn: the active server was seen waiting for acknowledgements. AcksOff: it
	// was seen not to. Neither: not known.
	AcksOn, AcksOff bool
	// Stuck: commits on the active server wait, and none has gone on since the sample
	// before.
	Stuck bool
	// Open: it was seen accepting writes of ordinary users. Closed: it was seen
	// refusing them. Neither: not known.
	Open, Closed bool
}

// ActionDone reports the outcome of an action. Err None means that the whole
// effect was proven. Outcomes of actions that are no longer awaited are
// ignored, so delivering one twice does no harm.
type ActionDone struct {
	Time time.Time
	ID   uint64
	Err  Failure
	// Routers that did not answer or refused, for BlockPaths, KillConnections,
	// Unblock and Rewrite with Err Partly.
	Routers []string
	// Behind is how many transactions were still to be applied, for WaitDrained.
	Behind uint64
	// LastRenewal is when a lease of the server can last have been renewed by
	// anybody, for StopRenewing: the latest attempt that may have reached it. Zero
	// is not known, and counts from now.
	LastRenewal time.Time
}

// A Failure is why an action was not proven done.
type Failure string

// Failures.
const (
	Done        Failure = ""
	Unreachable Failure = "unreachable" // could not be asked
	TimedOut    Failure = "timed-out"   // the outcome is not known
	Refused     Failure = "refused"     // it answered no
	Partly      Failure = "partly"      // done on some routers: see Routers
	StaleEpoch  Failure = "stale-epoch" // a higher epoch was found: not done
	NotLeading  Failure = "not-leading" // the lease was gone when it came to act: not done
)

// LeaseChanged reports whether this controller may act, and under which epoch.
// Send it once after a resume: a machine starts without. With Held, no action of
// an earlier time may still be running here: what was pending is asked for anew,
// with new IDs.
type LeaseChanged struct {
	Time  time.Time
	Epoch uint64
	Held  bool
}

// EpochSeen reports an epoch found at a router or a server.
type EpochSeen struct {
	Time  time.Time
	Epoch uint64
}

// PartitionSuspected reports (On) or takes back that the sites cannot see each
// other while both may be alive, from whoever knows: tunnels, the lab, a person.
type PartitionSuspected struct {
	Time time.Time
	On   bool
}

// RoutersChanged reports how many of the service's routers answer.
type RoutersChanged struct {
	Time             time.Time
	Reachable, Total int
	Silent           []string // those that do not answer
}

// RoutersAstray reports routers that do not lead clients to the active server
// though they were proven to: an old backup was restored, or a person changed a
// rule.
type RoutersAstray struct {
	Time    time.Time
	Routers []string
}

// MastersSeen reports the routers that are VRRP master, seen for long enough not to
// be on their way from one to another.
type MastersSeen struct {
	Time    time.Time
	Routers []string
}

// Tick tells the time. Send one about once a second.
type Tick struct{ Time time.Time }

// A Verb is what an operator asks for.
type Verb uint8

// Verbs.
const (
	VerbUnknown    Verb = iota
	Switchover          // move to Server, planned
	Force               // move to Server though the old one is not healthy; the gate for data still holds
	Failback            // move back to the most preferred server that is ready
	Pause               // nothing automatic
	Resume              // automatic again
	Pin                 // keep it where it is
	Unpin               //
	Maintain            // Server, or the whole service if "": do not judge
	EndMaintenance      //
	Ack                 // I have seen it: clears the block timer and the day limit
	ConfirmFenced       // I have made sure that Server cannot write (power off)
	AcceptErrant        // the errant writes or the fork of Server have been judged and repaired
	Drill               // a planned move to Server as an exercise
	Cancel              // take a planned move back, if it still can be
)

func verbNames() []string {
	return []string{
		"unknown", "switchover", "force", "failback", "pause", "resume", "pin", "unpin", "maintain", "end-maintenance",
		"ack", "confirm-fenced", "accept-errant", "drill", "cancel",
	}
}

// String returns the verb's word.
func (v Verb) String() string {
	if int(v) < len(verbNames()) {
		return verbNames()[v]
	}
	return fmt.Sprintf("Verb(%d)", uint8(v))
}

// ParseVerb finds a verb by its word; VerbUnknown and an error if there is none.
func ParseVerb(s string) (Verb, error) {
	i, err := lookup(verbNames(), []byte(s))
	return Verb(i), err
}

// A Command is an operator's wish. It is answered by exactly one Accept or
// Refuse that carries its ID.
type Command struct {
	Time   time.Time
	ID     string
	Verb   Verb
	Server string
	By     string
	// AcceptLoss, with Force: how old the last sample in sync may be this once,
	// if more than the policy allows.
	AcceptLoss time.Duration
}

func (e VerdictChanged) at() time.Time     { return e.Time }
func (e ReplicationChanged) at() time.Time { return e.Time }
func (e ActionDone) at() time.Time         { return e.Time }
func (e LeaseChanged) at() time.Time       { return e.Time }
func (e EpochSeen) at() time.Time          { return e.Time }
func (e PartitionSuspected) at() time.Time { return e.Time }
func (e RoutersChanged) at() time.Time     { return e.Time }
func (e RoutersAstray) at() time.Time      { return e.Time }
func (e MastersSeen) at() time.Time        { return e.Time }
func (e Tick) at() time.Time               { return e.Time }
func (e Command) at() time.Time            { return e.Time }

func (VerdictChanged) event()     {}
func (ReplicationChanged) event() {}
func (ActionDone) event()         {}
func (LeaseChanged) event()       {}
func (EpochSeen) event()          {}
func (PartitionSuspected) event() {}
func (RoutersChanged) event()     {}
func (RoutersAstray) event()      {}
func (MastersSeen) event()        {}
func (Tick) event()               {}
func (Command) event()            {}
