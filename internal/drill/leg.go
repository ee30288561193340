package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
)

// pageSize is how many entries of the history are asked for at once.
const pageSize = 1000

// leg follows a move that was accepted until it has ended and clients have
// recovered, and adds it to the report.
func (x *run) leg(ctx context.Context, asked time.Time, leg Leg) {
	entries := x.follow(ctx)
	leg.Move = Tell(entries)
	if leg.Move.To == "" { // Nothing of it was read.
		leg.Move.To, leg.Move.Planned, leg.Move.Asked = x.r.To, true, asked.UTC()
		if len(x.r.Legs) > 0 {
			leg.Move.To = x.r.From
		}
	}
	x.recovered(ctx, asked)
	leg.Paths = x.clients.paths(asked, time.Now())
	x.r.Legs = append(x.r.Legs, leg)
}

// follow reads the history until a move has ended, ctx has, or it takes too long.
// What it could not read this time it reads the next.
func (x *run) follow(ctx context.Context) []journal.Entry {
	var all []journal.Entry
	for end := time.Now().Add(x.Limits.Move); time.Now().Before(end); {
		entries, err := x.Controller.History(ctx, journal.Query{After: x.told, Limit: pageSize})
		if err == nil && len(entries) > 0 {
			all = append(all, entries...)
			x.told = all[len(all)-1].Seq
			if Tell(all).End != EndUnknown {
				return all
			}
		}
		if !sleep(ctx, x.Limits.Poll) {
			break
		}
	}
	return all
}

// recovered waits until clients get answers again through every address.
func (x *run) recovered(ctx context.Context, since time.Time) {
	for end := time.Now().Add(x.Limits.Tail); time.Now().Before(end); {
		// Requests that are still on their way would be missed.
		quiet := x.Limits.Timeout + time.Duration(x.Limits.Good)*x.Limits.Every
		if !sleep(ctx, quiet) {
			return
		}
		open := func(p Path) bool { return !p.Recovered() || p.Sent == 0 }
		if !slices.ContainsFunc(x.clients.paths(since, time.Now()), open) {
			return
		}
	}
}

// stay lets the service be at the other server, and reports whether it is still
// there at the end and may be brought back.
func (x *run) stay(ctx context.Context) bool {
	leg := &x.r.Legs[0]
	end := time.Now().Add(x.Stay)
	x.settle(ctx, leg)
	for time.Now().Before(end) && ctx.Err() == nil {
		st, err := x.Controller.Status(ctx)
		if err == nil && x.moved(st) {
			return false
		}
		sleep(ctx, min(time.Second, time.Until(end)))
	}
	if ctx.Err() != nil {
		x.interrupted(ctx)
		return false
	}
	return true
}

// moved reports whether somebody else moves the service or has moved it.
func (x *run) moved(st runner.Status) bool {
	if st.Move == nil && st.Active == x.r.To {
		return false
	}
	x.left = st.Active
	x.r.fail(MovedMeanwhile, "clients are led to "+st.Active, "see the journal for why; the drill did not bring it back")
	return true
}

// settle waits until the old server of a leg is in sync with the new one, and
// compares the data.
func (x *run) settle(ctx context.Context, leg *Leg) {
	if x.Data == nil || leg.Move.End != Done {
		return
	}
	old, active := leg.Move.From, leg.Move.To
	for end := time.Now().Add(x.Limits.Settle); time.Now().Before(end); {
		st, err := x.Controller.Status(ctx)
		if err == nil && st.Active != active {
			return
		}
		if err == nil && inSync(st, old, leg.Move.Ended) {
			took := time.Since(leg.Move.Ended)
			leg.Resync = &took
			break
		}
		if !sleep(ctx, x.Limits.Poll) {
			return
		}
	}
	leg.After = x.check(ctx, active, old)
}

// inSync reports whether a server was seen in sync after a time.
func inSync(st runner.Status, server string, after time.Time) bool {
	return slices.ContainsFunc(st.Servers, func(s runner.ServerStatus) bool {
		return s.Name == server && s.Sync == failover.InSync && s.SyncedAt.After(after)
	})
}

// back commands the way back until the gate agrees, and follows it.
func (x *run) back(ctx context.Context) {
	leg := Leg{Before: x.check(ctx, x.r.To, x.r.From)}
	end := time.Now().Add(x.Limits.Back)
	for {
		asked := time.Now()
		answer, err := x.command(ctx, x.r.From)
		switch {
		case err == nil && answer.Accepted:
			x.leg(ctx, asked, leg)
			if x.arrived(ctx) {
				x.settle(ctx, &x.r.Legs[1])
			}
			return
		case err != nil:
			leg.Waited = "the controller did not answer"
		default:
			leg.Waited = string(answer.Reason)
		}
		leg.Refused++
		st, err := x.Controller.Status(ctx)
		if err == nil && x.moved(st) {
			return
		}
		if time.Now().After(end) {
			x.r.fail(LeftAtBackup, fmt.Sprintf("%s for %v: %s", leg.Waited, x.Limits.Back, x.r.To),
				fmt.Sprintf("when that is over: jembatan switchover %s --to %s", x.Service, x.r.From))
			return
		}
		if !sleep(ctx, x.Limits.Again) {
			x.interrupted(ctx)
			return
		}
	}
}
