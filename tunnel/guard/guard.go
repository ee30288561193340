// Package guard arms routers before a change, so that a change that goes wrong
// takes itself back, whatever becomes of whoever made it: by the router's safe
// mode, which rolls back when the session that holds it ends, or by a dead-man
// entry of the scheduler, which runs the inverse of the change unless it is
// removed in time. The package's DESIGN.md weighs them.
package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// A Kind is a way of guarding a router.
type Kind uint8

// Kinds.
const (
	KindUnknown Kind = iota
	SafeMode         // the router's own, over the API: RouterOS 7.18
	Scheduler        // a dead-man entry with the inverse of the change
	Unguarded        // none: told so by a person
)

// String returns the kind as people say it.
func (k Kind) String() string {
	switch k {
	case SafeMode:
		return "safe mode"
	case Scheduler:
		return "scheduler"
	case Unguarded:
		return "none"
	case KindUnknown:
	}
	return "unknown"
}

// ParseKind reads "safe-mode", "scheduler" or "none".
func ParseKind(s string) (Kind, bool) {
	for _, k := range []Kind{SafeMode, Scheduler, Unguarded} {
		if s == strings.ReplaceAll(k.String(), " ", "-") {
			return k, true
		}
	}
	return KindUnknown, false
}

// A Job is what the guard of one router must be able to take back.
type Job struct {
	Router string
	// Inverse takes the change back, in this order.
	Inverse []plan.Inverse
	// Actions is how many commands the change sends to the router.
	Actions int
	// OwnPath says why the change may cut our own path to the router; empty when
	// it does not.
	OwnPath []string
}

// Jobs returns what the guards of a plan must be able to take back, by router.
func Jobs(p *plan.Plan) map[string]Job {
	jobs := map[string]Job{}
	inverses, own := p.Inverses(), p.CutsOurPath()
	for _, u := range p.Units {
		for _, router := range u.Routers {
			j := jobs[router]
			j.Router, j.Inverse, j.OwnPath = router, inverses[router], own[router]
			for _, s := range u.Steps {
				if s.Router == router {
					j.Actions++
				}
			}
			jobs[router] = j
		}
	}
	return jobs
}

// maxActions is how many commands safe mode is trusted with. The router keeps
// 100, those of other sessions included, and beyond that takes nothing back
// (MikroTik manual, "Safe mode").
const maxActions = 90

// Order returns the kinds to try for a job, best first. Safe mode comes first,
// except for a change that may cut our own path: a router notices that a peer
// has vanished without a word only after its TCP time-out of nine minutes.
func (j *Job) Order() []Kind {
	if len(j.OwnPath) > 0 {
		return []Kind{Scheduler, SafeMode}
	}
	return []Kind{SafeMode, Scheduler}
}

// Cannot says why a kind cannot guard a job, as far as the job alone tells, or "".
func (j *Job) Cannot(k Kind) string {
	switch k {
	case SafeMode:
		if j.Actions > maxActions {
			return fmt.Sprintf("%d commands, more than safe mode is trusted with (%d)", j.Actions, maxActions)
		}
	case Scheduler:
		for _, inv := range j.Inverse {
			if inv.Secret {
				return fmt.Sprintf("taking the change of %s back needs its secret, which is not written into scripts", inv.Name)
			}
		}
	case Unguarded:
		if len(j.OwnPath) > 0 {
			return "the change may cut our own path: " + strings.Join(j.OwnPath, "; ")
		}
	case KindUnknown:
		return "no kind"
	}
	return ""
}

// A RefusedError says that a router cannot be guarded.
type RefusedError struct {
	Router string
	Why    []string // one for each kind that was tried
}

// Error lists the reasons.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s cannot be guarded: %s", e.Router, strings.Join(e.Why, "; "))
}

// ErrFired says that a guard has taken the change back.
var ErrFired = errors.New("the guard has taken the change back")

// A HeldError says that somebody else is in safe mode on a router. Whatever is
// changed there meanwhile goes when they leave it, so nothing is.
type HeldError struct{ Router, User string }

// Error names the holder.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is in safe mode, held by %s: what is changed now would be rolled back with theirs", e.Router, e.User)
}

// Connect returns a live connection to a router; see apply.Connect.
type Connect func(ctx context.Context, router string) (routeros.Caller, error)

// Options say how routers are armed.
type Options struct {
	// ID names the change on all its routers. It is one word.
	ID string
	// Holder names who makes the change; the lock of the same holder goes when a
	// guard fires.
	Holder string
	// For is how long a scheduler entry waits.
	For time.Duration
	// Kinds are those that may be used; empty means safe mode and scheduler.
	Kinds []Kind
	// Confirm says that the guards outlive the change until a person confirms it.
	Confirm bool
	// Routers is how many routers the change has.
	Routers int
}

// allows reports whether a kind may be used.
func (o *Options) allows(k Kind) bool {
	if o.Confirm && k == SafeMode {
		return false // It ends with the session, and so with this process.
	}
	if len(o.Kinds) == 0 {
		return k == SafeMode || k == Scheduler
	}
	return slices.Contains(o.Kinds, k)
}

// A Guard is one router that is armed.
type Guard struct {
	Router string
	Kind   Kind
	// Until is when a Scheduler guard fires at the earliest.
	Until time.Time
	// Passed says why better kinds were not used.
	Passed []string

	caller  routeros.Caller // the session that holds safe mode
	entries []entry         // of the scheduler
}
