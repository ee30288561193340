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
	// Writable is the only server that may be open for writes; "" while none is
	// certain to be closed: between fence and opening. It is set before a server
	// is told to open and cleared only by proof.
	Writable string `json:"writable,omitempty"`
	Epoch    uint64 `json:"epoch"` // the highest ever seen
	LastID   uint64 `json:"last_id"`

	Move    *Move             `json:"move,omitempty"`
	Pending map[uint64]Action `json:"pending,omitempty"` // effects without an outcome yet

	// Debts are paid in the background for as long as it takes.
	OweFence   []string `json:"owe_fence,omitempty"`   // servers to be made read-only
	OweBlock   []string `json:"owe_block,omitempty"`   // servers whose block is not on every router
	OweRewrite bool     `json:"owe_rewrite,omitempty"` // some router does not send clients to Active
	Degraded   []string `json:"degraded,omitempty"`    // the routers that it is about

	Blocked []string    `json:"blocked,omitempty"` // servers behind a block rule
	Moves   []time.Time `json:"moves,omitempty"`   // automatic failovers of the last day
	NeedAck bool        `json:"need_ack,omitempty"`

	Paused   bool            `json:"paused,omitempty"`
	Pinned   bool            `json:"pinned,omitempty"`
	Maintain map[string]bool `json:"maintain,omitempty"` // servers; "" is the service
	Fenced   map[string]bool `json:"fenced,omitempty"`   // fenced by a person's word
	Rejoined map[string]bool `json:"rejoined,omitempty"` // replicating from Active again
	// ReadySince is since when a server has been well and in sync without a break.
	ReadySince map[string]time.Time `json:"ready_since,omitempty"`
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

var moveNames = [...]string{"unknown", "emergency", "planned", "returning", "drill", "forced"}

// String returns the kind's word.
func (k MoveKind) String() string { return moveNames[k] }

// MarshalText implements encoding.TextMarshaler.
func (k MoveKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *MoveKind) UnmarshalText(text []byte) error {
	i, err := lookup(moveNames[:], text)
	*k = MoveKind(i)
	return err
}

// planned reports whether the old server is alive and must lose nothing.
func (k MoveKind) planned() bool { return k == Planned || k == Returning || k == Exercise }

// A Move is a move of the service under way.
type Move struct {
	Kind    MoveKind  `json:"kind"`
	From    string    `json:"from"` // active when it began
	To      string    `json:"to"`
	Fence   string    `json:"fence"` // whom the present fence is for: From, or a target that was lost
	Step    Phase     `json:"step"`
	Began   time.Time `json:"began"`
	Stepped time.Time `json:"stepped"` // when Step began
	Tried   time.Time `json:"tried"`   // when its failed actions were last repeated
	Command string    `json:"command,omitempty"`
	Since   time.Time `json:"since,omitzero"` // when the old server was first missed

	Blocked   bool      `json:"blocked,omitempty"`   // Fence: the block is on every router
	Killed    bool      `json:"killed,omitempty"`    // and no connection is left
	Database  bool      `json:"database,omitempty"`  // it has said that it is read-only
	SelfFence time.Time `json:"self_fence,omitzero"` // when it has fenced itself
	Unblocked bool      `json:"unblocked,omitempty"` // To: no block is left
	Rewritten bool      `json:"rewritten,omitempty"` // at least one router is
	Cut       bool      `json:"cut,omitempty"`       // connections to From are gone after the rewrite
	Opened    bool      `json:"opened,omitempty"`    // To may have been opened by this move
	Why       Reason    `json:"why,omitempty"`       // Undo: what it is taken back for
	Failed    []uint64  `json:"failed,omitempty"`    // effects to be repeated
	Lost      []string  `json:"lost,omitempty"`      // targets that were lost in this move
}

// facts are what can be asked again after a restart, and so are not kept.
type facts struct {
	verdicts  map[string]VerdictChanged
	repl      map[string]ReplicationChanged
	held      bool // the lease
	epoch     uint64
	superior  uint64 // the highest epoch seen anywhere
	partition bool
	routers   RoutersChanged
}

func newFacts() facts {
	return facts{verdicts: map[string]VerdictChanged{}, repl: map[string]ReplicationChanged{}}
}

func (f *facts) verdict(server string) health.Verdict { return f.verdicts[server].Verdict }

// clone returns a copy that shares nothing.
func (s State) clone() State {
	s.Pending, s.Maintain, s.Fenced = maps.Clone(s.Pending), maps.Clone(s.Maintain), maps.Clone(s.Fenced)
	s.Rejoined, s.ReadySince = maps.Clone(s.Rejoined), maps.Clone(s.ReadySince)
	s.OweFence, s.OweBlock, s.Degraded = slices.Clone(s.OweFence), slices.Clone(s.OweBlock), slices.Clone(s.Degraded)
	s.Blocked, s.Moves = slices.Clone(s.Blocked), slices.Clone(s.Moves)
	if s.Move != nil {
		m := *s.Move
		m.Failed, m.Lost = slices.Clone(m.Failed), slices.Clone(m.Lost)
		s.Move = &m
	}
	return s
}
