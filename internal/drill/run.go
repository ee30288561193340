package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
)

// A run is a drill under way.
type run struct {
	Options

	r       Report
	clients *clients
	first   uint64 // sequence number of the drill's first entry
	told    uint64 // the last entry that was read
	left    string // the server that clients are led to, as far as it is known
	seq     int    // commands given
}

// Run holds a drill and returns its report, whatever became of it. When it was
// refused before anything was moved there is no report but a *RefusedError, and
// another error when it could not begin.
//
// Once the first move was commanded, only ctx ends it early: then the service
// stays where it is, the report says so, and a move under way is finished by the
// controller. Run takes as long as both moves, the stay and some checks.
func Run(ctx context.Context, o Options) (Report, error) {
	x := &run{Options: o.resolved()}
	if err := x.prepare(ctx); err != nil {
		return Report{}, err
	}
	x.clients = watchClients(ctx, x.Addresses, x.Limits)
	defer x.clients.stop()
	if !sleep(ctx, x.Limits.Lead) {
		return Report{}, context.Cause(ctx)
	}
	if err := x.there(ctx); err != nil {
		return Report{}, err
	}
	if x.arrived(ctx) && x.stay(ctx) {
		x.back(ctx)
	}
	x.finish(ctx)
	return x.r, nil
}

// prepare finds out where the service is and compares the data.
func (x *run) prepare(ctx context.Context) error {
	st, err := x.Controller.Status(ctx)
	if err != nil {
		return err
	}
	if !st.Leading {
		return &RefusedError{Reason: failover.NotLeader}
	}
	if st.Move != nil {
		return &RefusedError{Reason: failover.AlreadyMoving, Detail: st.Move.Step.String()}
	}
	to := x.To
	for _, s := range st.Servers {
		if to == "" && s.Name != st.Active {
			to = s.Name
		}
	}
	switch to {
	case "":
		return &RefusedError{Reason: failover.NoCandidate}
	case st.Active:
		return &RefusedError{Reason: failover.AlreadyThere, Detail: to}
	}
	x.left = st.Active
	x.r = Report{
		Version: Version, ID: x.ID, Service: x.Service, Level: PlannedSwitchover, By: x.By, From: st.Active, To: to, Began: time.Now().UTC(),
		Stay: x.Stay, Objective: x.Objective, Versions: x.Versions, Findings: []Finding{}, Legs: []Leg{}, Alerts: []Alert{}, Manual: []string{},
	}
	x.r.Before = x.check(ctx, st.Active, to)
	return ctx.Err()
}

// there commands the first move and follows it. An error says that nothing was
// moved.
func (x *run) there(ctx context.Context) error {
	if x.Begin != nil {
		if err := x.Begin(); err != nil {
			return err
		}
	}
	last, err := x.Controller.History(ctx, journal.Query{Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	if len(last) > 0 {
		x.told = last[0].Seq
	}
	x.first = x.told + 1
	x.r.Began = time.Now().UTC()
	if err := x.Controller.Note(ctx, x.note(fmt.Sprintf("begins %s: from %s to %s and back after %v", x.ID, x.r.From, x.r.To, x.Stay))); err != nil {
		return err
	}
	asked := time.Now()
	answer, err := x.command(ctx, x.r.To)
	if err != nil {
		return err
	}
	if x.Answered != nil {
		x.Answered(answer)
	}
	if !answer.Accepted {
		// The refusal itself is in the history already.
		_ = x.Controller.Note(ctx, x.note(fmt.Sprintf("ended %s: refused: %s", x.ID, answer.Reason)))
		return &RefusedError{answer.Reason, answer.Detail}
	}
	x.leg(ctx, asked, Leg{})
	return nil
}

func (x *run) note(text string) journal.Entry {
	return journal.Entry{Kind: journal.KindDrill, Server: x.r.To, By: x.By, Detail: text}
}

// command asks for one move. Its ID tells the drill's own commands from others.
func (x *run) command(ctx context.Context, to string) (runner.Answer, error) {
	x.seq++
	return x.Controller.Command(ctx, failover.Command{
		ID: fmt.Sprintf("%s-%d", x.ID, x.seq), Verb: failover.Drill, Server: to, By: x.By,
	})
}

// arrived reports whether the last leg ended as it should; otherwise it says what
// happened.
func (x *run) arrived(ctx context.Context) bool {
	leg := &x.r.Legs[len(x.r.Legs)-1]
	switch leg.Move.End {
	case Done:
		x.left = leg.Move.To
		return true
	case Undone:
		x.r.fail(TakenBack, fmt.Sprintf("the move to %s: %s; clients are led to %s", leg.Move.To, leg.Move.Why, x.left), "the reason must be gone before the next try")
	case UndoFailed:
		x.r.fail(TakenBack, fmt.Sprintf("the move to %s, and %s could not be opened again", leg.Move.To, x.left), "look at the service now: jembatan status")
	case EndUnknown:
		if ctx.Err() != nil {
			x.interrupted(ctx)
			return false
		}
		x.r.fail(NotEnded, fmt.Sprintf("the move to %s within %v; the controller goes on with it", leg.Move.To, x.Limits.Move), "look at the service now: jembatan status")
	}
	return false
}

func (x *run) interrupted(ctx context.Context) {
	x.r.fail(Interrupted, fmt.Sprintf("%v; clients were led to %s", context.Cause(ctx), x.left),
		fmt.Sprintf("jembatan switchover %s --to %s brings it back", x.Service, x.r.From))
}

// finish reads how things are at the end, also when ctx has ended, and judges.
func (x *run) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), lastLook, errStore)
	defer cancel()
	if st, err := x.Controller.Status(ctx); err == nil {
		x.left = st.Active
		if len(st.Degraded) > 0 {
			x.r.condition(RoutersBehind, "%v", st.Degraded)
		}
	}
	x.r.Left = x.left
	x.r.Ended = time.Now().UTC()
	x.r.Client = Client{Host: x.Host, Every: x.Limits.Every, Timeout: x.Limits.Timeout, Good: x.Limits.Good, Paths: x.clients.paths(x.r.Began, x.r.Ended)}
	x.extract(ctx)
	x.r.judge()
	x.r.Trend = trendOf(x.Past, x.r.Measured.RTO)
}

func (x *run) check(ctx context.Context, active, standby string) DataCheck {
	if x.Data == nil {
		return DataCheck{}
	}
	return x.Data.Check(ctx, active, standby)
}

// sleep waits, and reports whether ctx did not end meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// lastLook bounds the reading of status and history at the end.
const lastLook = 10 * time.Second

var errStore = errors.New("the history could not be read")
