package actuator

import "net/netip"

// A Target is what an actuator is to bring about: the service led to Server.
type Target struct {
	Service string
	// Epoch is the number under which the caller acts. Where a higher one is
	// found nothing is changed.
	Epoch  uint64
	Server netip.Addr
}

// A State is how far a router is.
type State uint8

// States.
const (
	StateUnknown State = iota
	// Proven: the router was read back, and it is as wanted.
	Proven
	// Behind: it is not yet as wanted, or nobody knows. It is tried for ever, see
	// Crew.Run; until then it is never opened for the old server by us.
	Behind
	// Refused: it will not be made as wanted, for the reason given.
	Refused
)

// String returns the state's word.
func (s State) String() string {
	names := [...]string{"unknown", "proven", "behind", "refused"}
	if int(s) < len(names) {
		return names[s]
	}
	return "invalid"
}

// A Reason says why a router is not as wanted.
type Reason uint8

// Reasons.
const (
	ReasonUnknown   Reason = iota // none
	Unreachable                   // no session, or it ended, or no answer in time
	OutcomeUnknown                // a write was sent and not answered
	HigherEpoch                   // somebody acts under a higher epoch
	EpochUnreadable               // the comment has an epoch that is no number
	NoRule                        // what the actuator changes is not there: apply the topology
	TwoRules                      // two rows carry the same mark
	RuleChanged                   // a row of ours does not match what the topology says: apply it
	Trapped                       // the router refused a command
	NotReadBack                   // what was written did not read back
	EntriesLeft                   // connections to another server are left
	OtherServer                   // it leads to another server
	OtherEpoch                    // it leads there under a lower epoch
	StillBlocked                  // the server is blocked there
	ProbeFailed                   // the service did not answer through the router
	BothMasters                   // two routers are VRRP master: nothing is moved until one is
	NoMaster                      // none of the routers that answer is master
	OtherMaster                   // another router is master
	Mismatched                    // interval, version or vrid differ: adverts would be discarded
	NotAble                       // the instance is invalid or has failed
	NoRouter                      // the switch is on no router that serves the target
	NotLeading                    // whoever asked may no longer act
)

// String returns the reason's word, the same one everywhere.
func (r Reason) String() string {
	names := [...]string{
		"none", "unreachable", "outcome-unknown", "higher-epoch", "epoch-unreadable", "no-rule", "two-rules", "rule-changed",
		"trapped", "not-read-back", "entries-left", "other-server", "other-epoch", "still-blocked", "probe-failed",
		"both-masters", "no-master", "other-master", "mismatched", "not-able", "no-router", "not-leading",
	}
	if int(r) < len(names) {
		return names[r]
	}
	return "invalid"
}

// soon reports whether trying again at once may help: it does where an answer
// was lost or something moved under us, not where a person has to come.
func (r Reason) soon() bool {
	switch r {
	case Unreachable, OutcomeUnknown, NotReadBack, EntriesLeft:
		return true
	case ReasonUnknown, HigherEpoch, EpochUnreadable, NoRule, TwoRules, RuleChanged, Trapped, OtherServer, OtherEpoch,
		StillBlocked, ProbeFailed, BothMasters, NoMaster, OtherMaster, Mismatched, NotAble, NoRouter, NotLeading:
	}
	return false
}
