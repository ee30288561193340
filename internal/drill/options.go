package drill

import (
	"context"
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
)

// A Controller is what a drill needs of the one that drives the service.
type Controller interface {
	Command(ctx context.Context, c failover.Command) (runner.Answer, error)
	Status(ctx context.Context) (runner.Status, error)
	History(ctx context.Context, q journal.Query) ([]journal.Entry, error)
	// Note appends entries to the service's history.
	Note(ctx context.Context, entries ...journal.Entry) error
}

// A Checker compares the data of a standby with the active server's.
type Checker interface {
	Check(ctx context.Context, active, standby string) DataCheck
}

// Options are what a drill is made from. Required are ID, Service and Controller.
type Options struct {
	ID        string
	Service   string
	To        string // empty: the most preferred server that is not active
	By        string
	Stay      time.Duration // between the legs; zero means 30 s
	Objective Objective     // RTO zero means 30 s

	Controller Controller
	Addresses  []Address // where clients reach it; none: nobody looks as they do
	Data       Checker   // nil: the service has no database
	Host       string    // where the client's view is taken
	Versions   Versions
	Past       []Past // drills before this one, the oldest first
	Limits     Limits

	// Begin is called when everything has been looked at and the move is about to
	// be commanded; its error ends the drill without it. Nil: always.
	Begin func() error
	// Answered is told what became of the first command.
	Answered func(a runner.Answer)
}

// Limits are the times of a drill. Zero values stand for the defaults.
type Limits struct {
	Every   time.Duration // between two requests to one address; 20 ms
	Timeout time.Duration // of a request; 250 ms
	Good    int           // good ones in a row that end an outage; 10
	Lead    time.Duration // looking on before the command; 1 s
	Tail    time.Duration // for clients to recover after a move; 10 s
	Move    time.Duration // for one move to end; 5 min
	Back    time.Duration // for the gate of the way back to agree; 2 min
	Again   time.Duration // between two tries of the way back, each of which the history tells; 5 s
	Settle  time.Duration // for the old server to be in sync again; 1 min
	Poll    time.Duration // between two looks at the controller; 100 ms
}

// The longest and the default stay.
const (
	MaxStay     = time.Hour
	DefaultStay = 30 * time.Second
	DefaultRTO  = 30 * time.Second
)

func (o Options) resolved() Options {
	o.Stay, o.Objective.RTO = or(o.Stay, DefaultStay), or(o.Objective.RTO, DefaultRTO)
	l := &o.Limits
	l.Every, l.Timeout, l.Good = or(l.Every, 20*time.Millisecond), or(l.Timeout, 250*time.Millisecond), or(l.Good, 10)
	l.Lead, l.Tail = or(l.Lead, time.Second), or(l.Tail, 10*time.Second)
	l.Move, l.Back, l.Settle = or(l.Move, 5*time.Minute), or(l.Back, 2*time.Minute), or(l.Settle, time.Minute)
	l.Again = or(l.Again, 5*time.Second)
	l.Poll = or(l.Poll, 100*time.Millisecond)
	return o
}

// A RefusedError says that the drill was refused, so that nothing was moved.
type RefusedError struct {
	Reason failover.Reason
	Detail string
}

// Error names the reason.
func (e *RefusedError) Error() string {
	if e.Detail != "" {
		return fmt.Sprintf("the drill was refused: %s (%s)", e.Reason, e.Detail)
	}
	return fmt.Sprintf("the drill was refused: %s", e.Reason)
}
