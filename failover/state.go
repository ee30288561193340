package failover

import (
	"maps"
	"slices"
	"time"

	"jembatan/health"
)

// A State is all that must survive a restart. It is plain data, made for JSON.
// The zero State is a service that was never moved: its first server is active.
type State struct {
	Phase  Phase     `json:"phase"`
	Reason Reason    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"` // of the last event
	Active string    `json:"active"`      // whom clients are sent to
	// Writable is the only server that may be open for writes; "" when every one
	// is proven closed. It is set before a server is told to open and cleared
	// only by proof.
	Writable string    `json:"writable,omitempty"`
	Baseline time.Time `json:"baseline,omitzero"` // since when Active is: older samples of replication are about another
	Epoch    uint64    `json:"epoch"`             // the highest ever seen
	LastID   uint64    `json:"last_id"`

	Move    *Move             `json:"move,omitempty"`
	Pending map[uint64]Action `json:"pending,omitempty"` // effects without an outcome yet

	// Synced is when each server was last seen in sync. It is there for a
	// controller that starts when the active server is dead already. One that is
	// some seconds old only makes the gate more careful.
	Synced map[string]SyncMark `json:"synced,omitempty"`

	// Waived: commits may not be waiting for a standby. It is set before they are
	// told not to and cleared by proof; while it is, no LosslessAt counts.
	Waived bool `json:"waived,omitempty"`
	// AcksSince is since when they are proven to wait, for nobody else.
	AcksSince time.Time `json:"acks_since,omitzero"`
	// Acks says which servers were told to acknowledge (true), and which are proven
	// not to (false); those that are missing may.
	Acks map[string]bool `json:"acks,omitempty"`

	// Unsynced are standbys of which people were told that their data does not follow.
	Unsynced []string `json:"unsynced,omitempty"`

	Debts    []Debt      `json:"debts,omitempty"`    // paid in the background, for as long as it takes
	Degraded []string    `json:"degraded,omitempty"` // routers that have not done all that they should
	Blocked  []string    `json:"blocked,omitempty"`  // servers that may be behind a block rule on some router
	Rejoin   []string    `json:"rejoin,omitempty"`   // servers to be made to replicate from Active
	Moves    []time.Time `json:"moves,omitempty"`    // automatic failovers of the last day
	NeedAck  bool        `json:"need_ack,omitempty"`

	Paused   bool     `json:"paused,omitempty"`
	Pinned   bool     `json:"pinned,omitempty"`
	Maintain []string `json:"maintain,omitempty"` // servers; "" is the service
	// ReadySince is since when a server has been well and in sync without a break.
	ReadySince map[string]time.Time `json:"ready_since,omitempty"`
}

// A Debt is an effect that is owed: tried until it is proven done.
type Debt struct {
	Kind   Kind   `json:"kind"`
	Server string `json:"server"`
}

// A SyncMark is what the last good samples of a server proved.
type SyncMark struct {
	SyncedAt   time.Time `json:"synced_at,omitzero"`
	LosslessAt time.Time `json:"lossless_at,omitzero"`
	// Up is how long its database had been running when it was seen at SeenAt; zero:
	// not known. Anew is when it was seen to have been started anew.
	Up     time.Duration `json:"up,omitzero"`
	SeenAt time.Time     `json:"seen_at,omitzero"`
	Anew   time.Time     `json:"anew,omitzero"`
}

// A MoveKind is why a move is made.
type MoveKind uint8

// Kinds of moves.
const (
	MoveUnknown  MoveKind = iota
	Emergency             // the old server has failed
	Planned               // an operator's switchover or failback
	Returning             // an automatic failback
	Exercise              // a drill
	ForcedByHand          // an operator's failover
)

func moveNames() []string {
	return []string{"unknown", "emergency", "planned", "returning", "drill", "forced"}
}

// String returns the kind's word.
func (k MoveKind) String() string { return moveNames()[k] }

// MarshalText implements encoding.TextMarshaler.
func (k MoveKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *MoveKind) UnmarshalText(text []byte) error {
	i, err := lookup(moveNames(), text)
	*k = MoveKind(i)
	return err
}

// planned reports whether the old server is alive and must lose nothing.
func (k MoveKind) planned() bool { return k == Planned || k == Returning || k == Exercise }

// A Move is a move of the service under way.
type Move struct {
	Kind    MoveKind      `json:"kind"`
	From    string        `json:"from"` // active when it began
	To      string        `json:"to"`
	Fence   string        `json:"fence"` // whom the present fence is for: From, or a target that was lost
	Step    Phase         `json:"step"`
	Began   time.Time     `json:"began"`
	Stepped time.Time     `json:"stepped"`           // when Step began
	Since   time.Time     `json:"since,omitzero"`    // when the old server was first missed
	Loss    time.Duration `json:"loss,omitempty"`    // that may be lost
	Command string        `json:"command,omitempty"` // that asked for it
	Why     Reason        `json:"why,omitempty"`     // Undo: what it is taken back for
	After   uint64        `json:"after"`             // effects with IDs up to it prove nothing about the present fence
	Lost    []string      `json:"lost,omitempty"`    // targets that failed in it

	Blocked   bool      `json:"blocked,omitempty"`   // Fence: the block is on every router
	Killed    bool      `json:"killed,omitempty"`    // and no connection is left
	ReadOnly  bool      `json:"read_only,omitempty"` // its database has said so
	SelfFence time.Time `json:"self_fence,omitzero"` // when it has fenced itself
	Drained   bool      `json:"drained,omitempty"`
	Opened    bool      `json:"opened,omitempty"` // To, or From in an undo, is proven open
	Unblocked bool      `json:"unblocked,omitempty"`
	Rewritten bool      `json:"rewritten,omitempty"` // on at least one router
	Cut       bool      `json:"cut,omitempty"`       // connections to Fence are gone since
	Verified  bool      `json:"verified,omitempty"`
}

// facts are what can be asked again after a restart, and so are not kept.
type facts struct {
	verdicts  map[string]VerdictChanged
	repl      map[string]ReplicationChanged
	down      map[string]bool // failed, and not healthy since
	unseen    map[string]bool // failed, and its database has not answered since
	again     map[string]bool // to be joined once more: news came while it was being joined
	held      bool            // the lease
	lapse     Reason          // why it is not
	partition bool
	routers   RoutersChanged
	retry     map[Debt]time.Time // not before
	tries     map[Debt]int       // that failed since there was news
	failures  map[Debt]Failure
	detail    string // what Reason's number is
	// twoMasters: more routers than one have the virtual address.
	twoMasters bool
	unsynced   map[string]time.Time // since when a standby has been out of sync without an excuse
	answered   map[string]time.Time // when its database last answered
	stuck      time.Time            // since when commits are stuck though somebody acknowledges; zero: they are not
	unacked    time.Time            // since when nothing is acknowledged; zero: something is
}

func newFacts() facts {
	return facts{
		verdicts: map[string]VerdictChanged{}, down: map[string]bool{}, unseen: map[string]bool{}, again: map[string]bool{}, answered: map[string]time.Time{}, unsynced: map[string]time.Time{}, repl: map[string]ReplicationChanged{}, lapse: NotLeader,
		retry: map[Debt]time.Time{}, tries: map[Debt]int{}, failures: map[Debt]Failure{},
	}
}

func (f *facts) verdict(server string) health.Verdict { return f.verdicts[server].Verdict }

// clone returns a copy that shares nothing.
func (s State) clone() State {
	s.Acks = maps.Clone(s.Acks)
	s.Pending, s.ReadySince, s.Synced = maps.Clone(s.Pending), maps.Clone(s.ReadySince), maps.Clone(s.Synced)
	s.Debts, s.Degraded, s.Blocked = slices.Clone(s.Debts), slices.Clone(s.Degraded), slices.Clone(s.Blocked)
	s.Unsynced = slices.Clone(s.Unsynced)
	s.Rejoin, s.Moves, s.Maintain = slices.Clone(s.Rejoin), slices.Clone(s.Moves), slices.Clone(s.Maintain)
	if s.Move != nil {
		m := *s.Move
		m.Lost = slices.Clone(m.Lost)
		s.Move = &m
	}
	return s
}
