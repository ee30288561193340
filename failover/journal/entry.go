package journal

import (
	"fmt"
	"time"

	"jembatan/failover"
)

// An Entry is one thing that happened to a service. Save sets Seq, Service,
// Epoch, Prev and Hash.
type Entry struct {
	Seq     uint64           `json:"seq"` // from 1, without gaps
	At      time.Time        `json:"at"`
	Service string           `json:"service"`
	Epoch   uint64           `json:"epoch"` // of the term that wrote it
	Kind    EntryKind        `json:"kind"`
	Phase   failover.Phase   `json:"phase,omitzero"`
	Reason  failover.Reason  `json:"reason,omitempty"`
	Server  string           `json:"server,omitempty"`
	Action  *failover.Action `json:"action,omitempty"`  // of an intent
	Outcome *Outcome         `json:"outcome,omitempty"` // of an outcome or a delivery
	By      string           `json:"by,omitempty"`      // who wished it, of a command
	Detail  string           `json:"detail,omitempty"`  // for people
	Prev    string           `json:"prev"`              // hash of the entry before, "" before the first
	Hash    string           `json:"hash,omitempty"`    // SHA-256 of all above, in hexadecimal
}

// An Outcome is how an action ended.
type Outcome struct {
	ID      uint64           `json:"id"` // of the action
	Failure failover.Failure `json:"failure,omitempty"`
	Routers []string         `json:"routers,omitempty"` // that did not do it
	Took    time.Duration    `json:"took,omitempty"`
	Detail  string           `json:"detail,omitempty"`
	Alert   string           `json:"alert,omitempty"` // of a delivery: which alert
	To      string           `json:"to,omitempty"`    // and to whom
}

// An EntryKind is what an entry tells.
type EntryKind uint8

// Kinds of entries.
const (
	KindUnknown  EntryKind = iota
	KindEvent              // a fact that reached the machine
	KindIntent             // an action that is going to be begun
	KindOutcome            // how an action ended
	KindPhase              // the service came into another phase
	KindAlert              // people are to be told
	KindCommand            // an operator's wish, or its answer
	KindDelivery           // an alert was sent, or could not be
	KindDrill              // an exercise began or ended
	KindNote               // written by a person
)

func kindNames() []string {
	return []string{"unknown", "event", "intent", "outcome", "phase", "alert", "command", "delivery", "drill", "note"}
}

// String returns the kind's word.
func (k EntryKind) String() string {
	if int(k) < len(kindNames()) {
		return kindNames()[k]
	}
	return fmt.Sprintf("EntryKind(%d)", uint8(k))
}

// MarshalText implements encoding.TextMarshaler.
func (k EntryKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *EntryKind) UnmarshalText(text []byte) error {
	for i, n := range kindNames() {
		if n == string(text) {
			*k = EntryKind(i)
			return nil
		}
	}
	return fmt.Errorf("journal: %q is no kind of entry", text)
}
