package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/tunnel"
)

// An Alert is something that people are told.
type Alert struct {
	ID       string          `json:"id"` // the same ID is the same alert: it is kept once
	At       time.Time       `json:"at"`
	Service  string          `json:"service,omitempty"` // empty for tests
	Server   string          `json:"server,omitempty"`  // whom it is about; may be empty
	Phase    failover.Phase  `json:"phase"`
	Reason   failover.Reason `json:"reason"`
	Detail   string          `json:"detail,omitempty"`
	Severity tunnel.Severity `json:"severity"`
}

// Reasons of alerts that are not about a service.
const (
	Heartbeat failover.Reason = "heartbeat" // the message that is sent regularly
	Test      failover.Reason = "test"      // asked for by a person
)

// FromAction makes the alert of an action of kind failover.Alert. The same
// action at the same time is the same alert.
func FromAction(a failover.Action, at time.Time) Alert {
	out := Alert{
		At: at, Service: a.Service, Server: a.Server, Phase: a.Phase, Reason: a.Reason, Detail: a.Detail,
		Severity: wordsOf(a.Reason).severity,
	}
	if (a.Phase == failover.Held || a.Phase == failover.Forked) && holds(a.Reason) {
		out.Severity = tunnel.SeverityCritical // Something should be done, and is not.
	}
	out.ID = idOf(out, a.Epoch)
	return out
}

// holds reports whether a reason, told in a phase that waits, is what it waits
// for, and not news on the way.
func holds(r failover.Reason) bool {
	return r != failover.ServerSuspect && r != failover.LoadOnly && r != failover.FencedByPerson && !wordsOf(r).recovery
}

// NewTest makes the message of a heartbeat or a test.
func NewTest(why failover.Reason, at time.Time) Alert {
	a := Alert{At: at, Reason: why, Severity: tunnel.SeverityInfo}
	a.ID = idOf(a, 0)
	return a
}

// test reports whether an alert goes to everybody whatever the levels say.
func (a *Alert) test() bool { return a.Reason == Heartbeat || a.Reason == Test }

// idOf is a name for an alert: 24 hexadecimal digits.
func idOf(a Alert, epoch uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %s %q %q %d", a.At.UnixNano(), a.Service, a.Server, a.Phase, a.Reason, a.Detail, epoch))
	return hex.EncodeToString(sum[:12])
}
