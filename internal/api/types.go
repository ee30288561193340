package api

import (
	"context"
	"encoding/json"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
)

// A Controller is what the server lets others reach.
type Controller interface { //nolint:interfacebloat // One method for each route.
	Status(ctx context.Context) (Status, error)
	// Command carries a wish out or refuses it by name. ErrNoService.
	Command(ctx context.Context, service string, c failover.Command) (runner.Answer, error)
	History(ctx context.Context, service string, q journal.Query) ([]journal.Entry, error)
	// StartDrill begins a drill and returns its id; the report is there when it
	// has ended.
	StartDrill(ctx context.Context, service string, d DrillRequest) (id string, answer runner.Answer, err error)
	Drills(ctx context.Context, service string) ([]DrillInfo, error)
	// Drill returns a report; ErrNoDrill.
	Drill(ctx context.Context, service, id string) (json.RawMessage, error)
	// Reload reads the topology again. An error leaves everything as it was.
	Reload(ctx context.Context) error
}

// A Status is how the controller and its services are.
type Status struct {
	Version string    `json:"version"`
	Holder  string    `json:"holder"` // this controller
	Started time.Time `json:"started"`
	// Leader is who acts; empty when nobody does or it is not known.
	Leader   string          `json:"leader,omitempty"`
	Epoch    uint64          `json:"epoch,omitempty"`
	Leading  bool            `json:"leading"`
	File     string          `json:"file"`
	Loaded   time.Time       `json:"loaded"` // when the topology was read
	Services []runner.Status `json:"services"`
}

// A CommandRequest is the body of a command.
type CommandRequest struct {
	Verb   string `json:"verb"`
	Server string `json:"server,omitempty"`
	// AcceptLoss, with force: how old the last sample in sync may be this once,
	// as in 30s.
	AcceptLoss string `json:"accept_loss,omitempty"`
}

// A CommandReply says what became of it.
type CommandReply struct {
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason,omitempty"` // the refusal's name
	Detail   string `json:"detail,omitempty"`
}

// A DrillRequest asks for an exercise.
type DrillRequest struct {
	To string `json:"to,omitempty"` // empty: the next server
	// Stay is how long the service stays there before it goes back, as in 30s.
	Stay string `json:"stay,omitempty"`
	// RTO and RPO are what the report compares with, as in 30s.
	RTO string `json:"rto,omitempty"`
	RPO string `json:"rpo,omitempty"`
	By  string `json:"by,omitempty"` // set by the server
}

// A DrillReply is the drill that was begun, or why not.
type DrillReply struct {
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// A DrillInfo is one drill of the history.
type DrillInfo struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
}

// A Problem is the body of every error.
type Problem struct {
	Error string `json:"error"`
}
