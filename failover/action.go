package failover

import "fmt"

// A Kind is what an action does.
type Kind uint8

// Kinds of actions. FenceDatabase to Verify are effects: each has an ID and an
// epoch, is journaled before it is begun, is safe to do twice, can be checked,
// and is answered by one ActionDone. The rest ask for no answer and are never
// waited for.
const (
	KindUnknown Kind = iota
	// FenceDatabase: Server read-only with a lock timeout, what blocks killed,
	// sessions of ordinary users killed, proven by a write that must fail.
	FenceDatabase
	// StopRenewing: Server's self-fencing lease is no longer renewed, from now
	// on; answered with the last moment at which it can have been.
	StopRenewing
	// BlockPaths: on every router a rule that refuses what goes to Server, above
	// those that let established connections pass.
	BlockPaths
	// KillConnections: on every router no connection entry of the service to
	// Server is left, by a new listing.
	KillConnections
	// WaitDrained: Server has applied all that it has received, and for a
	// Planned move all that From has; no replication thread is restarted.
	WaitDrained
	// OpenWrites: Server accepts writes. From's replication stays as it is.
	OpenWrites
	// Unblock: the rule of BlockPaths for Server is gone from every router.
	Unblock
	// Rewrite: every router sends clients to Server and to nobody else.
	Rewrite
	// ProbePublic: the service answers from Server through the public address of
	// each router, several times in a row.
	ProbePublic
	// RejoinServer: Server, compared and clean, replicates from the active one.
	RejoinServer
	// RequireAcks: commits on Server wait until a standby has received them.
	RequireAcks
	// WaiveAcks: commits on Server wait for nobody any more.
	WaiveAcks
	// StartAcking: Server acknowledges what it receives from From, the active one.
	StartAcking
	// StopAcking: Server acknowledges nothing, nor from its next contact on.
	StopAcking

	// Alert: tell people. Hold: nothing is done, for Reason. Record: for the
	// history. Accept and Refuse answer the Command.
	Alert
	Hold
	Record
	Accept
	Refuse
)

func kindNames() []string {
	return []string{
		"unknown", "fence-database", "stop-renewing", "block-paths", "kill-connections", "wait-drained", "open-writes",
		"unblock", "rewrite", "probe-public", "rejoin-server", "require-acks", "waive-acks", "start-acking", "stop-acking", "alert", "hold", "record", "accept", "refuse",
	}
}

// String returns the kind's word.
func (k Kind) String() string {
	if int(k) < len(kindNames()) {
		return kindNames()[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Kind) UnmarshalText(text []byte) error {
	i, err := lookup(kindNames(), text)
	*k = Kind(i)
	return err
}

// Effect reports whether an action of this kind changes the world or waits for
// it, and so needs the lease, the journal and an answer.
func (k Kind) Effect() bool { return k >= FenceDatabase && k <= StopAcking }

// An Action is work for the caller, complete in itself: enough to do it, to find
// out whether it has been done, and to journal it.
type Action struct {
	ID      uint64 `json:"id,omitempty"` // of effects, never used twice; 0 for the others
	Kind    Kind   `json:"kind"`
	Service string `json:"service"`
	Epoch   uint64 `json:"epoch,omitempty"`  // do it only while this is the highest epoch
	Server  string `json:"server,omitempty"` // whom it is about
	From    string `json:"from,omitempty"`   // the server that was active before the move; of RejoinServer, StartAcking and StopAcking the one that is
	Phase   Phase  `json:"phase"`            // the phase that it belongs to
	Planned bool   `json:"planned,omitempty"`
	Drill   bool   `json:"drill,omitempty"`
	Reason  Reason `json:"reason,omitempty"`
	Command string `json:"command,omitempty"` // Accept and Refuse: Command.ID
	Detail  string `json:"detail,omitempty"`  // for people: a number, an error code, routers
}
