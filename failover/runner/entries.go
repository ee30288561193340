package runner

import (
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
)

// actionEntry is what the history says of an action.
func actionEntry(a failover.Action, at time.Time) journal.Entry {
	e := journal.Entry{
		At: at, Service: a.Service, Epoch: a.Epoch, Phase: a.Phase, Reason: a.Reason, Server: a.Server, Detail: a.Detail,
	}
	switch a.Kind { //nolint:exhaustive // The rest are effects.
	case failover.Alert:
		e.Kind = journal.KindAlert
	case failover.Hold, failover.Record:
		e.Kind = journal.KindPhase
	case failover.Accept, failover.Refuse:
		e.Kind, e.Detail = journal.KindCommand, a.Kind.String()+" "+a.Command
	default:
		e.Kind, e.Action = journal.KindIntent, &a
	}
	return e
}

func outcomeEntry(o outcome) journal.Entry {
	return journal.Entry{
		At: time.Now(), Service: o.action.Service, Epoch: o.action.Epoch, Kind: journal.KindOutcome, Phase: o.action.Phase,
		Server: o.action.Server, Action: &o.action,
		Outcome: &journal.Outcome{ID: o.action.ID, Failure: o.Err, Routers: o.Routers, Took: o.took, Detail: o.Detail},
	}
}

func verdictEntry(service string, v failover.VerdictChanged) journal.Entry {
	e := journal.Entry{At: v.Time, Service: service, Kind: journal.KindEvent, Server: v.Server, Detail: v.Verdict.String()}
	if v.Suspect {
		e.Detail += ", suspected"
	}
	if v.Split {
		e.Detail += ", split"
	}
	if v.Load {
		e.Detail += ", overloaded"
	}
	if v.Reason != "" {
		e.Detail += ": " + string(v.Reason)
	}
	if !v.Since.IsZero() {
		e.Detail += fmt.Sprintf(" since %s", v.Since.UTC().Format(time.RFC3339Nano))
	}
	if v.Says != "" {
		e.Detail += ", " + v.Says
	}
	return e
}

func commandEntry(service string, c failover.Command) journal.Entry {
	e := journal.Entry{
		At: c.Time, Service: service, Kind: journal.KindCommand, Server: c.Server, By: c.By, Detail: c.Verb.String() + " " + c.ID,
	}
	if c.AcceptLoss > 0 {
		e.Detail += fmt.Sprintf(" accepting a loss of %v", c.AcceptLoss)
	}
	return e
}
