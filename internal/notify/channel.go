package notify

import (
	"context"
	"errors"
	"time"

	"jembatan/tunnel"
)

// A Sender hands one message to one recipient. It returns nil when whoever is
// next on the way has taken the message, a RefusedError when it never will, and
// any other error when it may later. It returns soon after ctx ends. It is safe
// for concurrent use.
type Sender interface {
	Send(ctx context.Context, to string, m Message) error
}

// A Message is an alert in words.
type Message struct {
	ID     string // of the alert
	At     time.Time
	Urgent bool
	Letter Letter
	Short  string // for text messages, see Short
}

// A RefusedError is a message that will not be taken however often it is sent.
type RefusedError struct{ Err error }

// Error implements error.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e *RefusedError) Unwrap() error { return e.Err }

// A Channel is a kind of message with its recipients.
type Channel struct {
	Name   string // "mail", "sms": of outcomes and files
	Least  tunnel.Severity
	To     []string
	Routes []Route // tried in this order until one takes the message
}

// A Route is one way of a channel.
type Route struct {
	Name   string // of outcomes, as in "sby/lte1"
	Site   string // where it stands, see Options.Sites; empty for nowhere
	Limit  time.Duration
	Sender Sender
}

// errSlow is the cause of a route that took too long.
var errSlow = errors.New("no answer in time")

// defaultLimit bounds a try of a route without a limit of its own.
const defaultLimit = time.Minute

// Try sends a message over the route, bounded by its limit.
func (r *Route) Try(ctx context.Context, to string, m Message) error {
	limit := r.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	return r.Sender.Send(ctx, to, m)
}

// A State is what became of an alert for a recipient.
type State string

// States. The first four are final; Failed is one try of one route.
const (
	Delivered State = "delivered"
	Refused   State = "refused" // by every route, for good
	Expired   State = "expired" // not delivered within 24 hours
	Dropped   State = "dropped" // too many were waiting
	Failed    State = "failed"
	Repeated  State = "repeated" // the same was said less than five minutes ago: not kept
	Unsaved   State = "unsaved"  // kept in memory only: the disk failed
)

// An Outcome tells what became of an alert. No secret is in it.
type Outcome struct {
	Alert   string        `json:"alert"`
	Service string        `json:"service,omitempty"`
	Channel string        `json:"channel,omitempty"`
	To      string        `json:"to,omitempty"`
	Route   string        `json:"route,omitempty"`
	State   State         `json:"state"`
	Tried   int           `json:"tried,omitempty"` // how often it has been tried, over all routes
	Took    time.Duration `json:"took,omitempty"`  // this try
	Late    time.Duration `json:"late,omitempty"`  // since the alert was made
	Err     string        `json:"error,omitempty"`
}
