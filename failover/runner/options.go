package runner

import (
	"context"
	"time"

	"jembatan/failover"
	"jembatan/failover/effect"
	"jembatan/failover/journal"
	"jembatan/health"
)

// An Effector carries out effects; *effect.Effects is one.
type Effector interface {
	// Do returns when the effect is proven, refused or out of time, and soon
	// after ctx ends. It may be called for several effects at once.
	Do(ctx context.Context, a failover.Action) effect.Outcome
	// Renew says whose lease is to be renewed from now on; it returns at once.
	Renew(server string, epoch uint64)
	// Rest ends what goes on beside Do, and returns when nothing of it runs. It is
	// called when no Do is under way.
	Rest()
}

// A Term is the leadership under which a runner acts.
type Term struct {
	Epoch uint64
	// Save makes a state and what led to it durable, if the term still holds;
	// its error ends the term. When it returns nil the state is on disk.
	Save func(ctx context.Context, s failover.State, entries []journal.Entry) error
}

// Options are what a runner is made from. All but Notify and Other is required.
type Options struct {
	Config failover.Config
	Health health.Config
	Effect Effector
	// Notify is handed alerts. It must return at once.
	Notify func(a failover.Action, at time.Time)
	// Other reports whether another controller leads: then it alerts, and this
	// one is silent. Nil means that there is no other.
	Other func() bool
}

// Times of the loop.
const (
	tick      = 200 * time.Millisecond // of detector and machine
	saveLimit = 3 * time.Second        // for making a state durable
	markEvery = 2 * time.Second        // how old "last seen in sync" may be on disk
	inbox     = 256                    // messages that wait
)
