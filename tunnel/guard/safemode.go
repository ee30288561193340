package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jembatan/routeros"
)

// linger is how long a hold may outlive a session that has ended: a router
// takes about 2.15 s to notice (measured by others on 7.23), and we wait twice
// as long and a bit.
const linger = 5 * time.Second

// safeModeState reads who is in safe mode.
func safeModeState(ctx context.Context, c routeros.Caller) (held, ours bool, user string, err error) {
	rows, err := routeros.Print(ctx, c, menuSafeMode, []string{"enabled", "current", "user", "owner"})
	if err != nil || len(rows) == 0 {
		return false, false, "", err
	}
	enabled, _ := rows[0].Get("enabled")
	current, _ := rows[0].Get("current")
	user, _ = rows[0].Get("user")
	return enabled == "true" || enabled == "yes", current == "true" || current == "yes", user, nil
}

// armSafeMode takes safe mode on the router's session, which must then be the
// one that makes the changes. A hold of a session that has just died is waited
// for; one that stays is a *HeldError.
func armSafeMode(ctx context.Context, connect Connect, j *Job) (*Guard, error) {
	c, err := connect(ctx, j.Router)
	if err != nil {
		return nil, err
	}
	if _, err := routeros.Command(ctx, c, menuSafeMode+"/take", routeros.FieldsOf("on-error", "abort")); err != nil {
		return nil, err
	}
	held, ours, user, err := safeModeState(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case !held || !ours:
		return nil, fmt.Errorf("safe mode was taken on %s and is held by %q", j.Router, user)
	}
	return &Guard{Router: j.Router, Kind: SafeMode, caller: c}, nil
}

// nobodyInSafeMode waits until nobody holds safe mode on a router. Supported is
// false where the release has none.
func nobodyInSafeMode(ctx context.Context, connect Connect, router string) (supported bool, err error) {
	for begun := time.Now(); ; {
		c, err := connect(ctx, router)
		if err != nil {
			return false, err
		}
		held, ours, user, err := safeModeState(ctx, c)
		switch {
		case errors.Is(err, routeros.ErrNoCommand):
			return false, nil
		case err != nil:
			return false, err
		case !held || ours:
			return true, nil
		case time.Since(begun) > linger:
			return true, &HeldError{Router: router, User: user}
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return true, err
		}
	}
}

// Nobody waits until nobody but us is in safe mode on a router; a *HeldError
// names who stays.
func Nobody(ctx context.Context, connect Connect, router string) error {
	_, err := nobodyInSafeMode(ctx, connect, router)
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Lost returns a channel that is closed when the session that holds safe mode
// ends; nil for other kinds.
func (g *Guard) Lost() <-chan struct{} {
	if s, ok := g.caller.(interface{ Done() <-chan struct{} }); ok {
		return s.Done()
	}
	return nil
}

// isLost reports whether the session that holds safe mode has ended.
func (g *Guard) isLost() bool {
	select {
	case <-g.Lost():
		return true
	default:
		return false
	}
}

// disarmSafeMode keeps what was changed. ErrFired means that the hold is gone
// and everything was taken back, or will be within moments.
func (g *Guard) disarmSafeMode(ctx context.Context) error {
	_, ours, _, err := safeModeState(ctx, g.caller)
	if err == nil && !ours {
		// Left silently, by too many actions or by somebody's hand: what was
		// changed stays.
		return nil
	}
	if err == nil {
		_, err = routeros.Command(ctx, g.caller, menuSafeMode+"/release", nil)
	}
	if errors.Is(err, routeros.ErrClosed) && !errors.Is(err, routeros.ErrOutcomeUnknown) {
		return fmt.Errorf("%s: %w: its session ended: %w", g.Router, ErrFired, err)
	}
	if err != nil {
		return fmt.Errorf("leave safe mode on %s: %w", g.Router, err)
	}
	return nil
}

// Unroll takes everything back at once that was done under safe mode, by
// anybody.
func (g *Guard) Unroll(ctx context.Context) error {
	if g.Kind != SafeMode || g.isLost() {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, disarmTimeout, fmt.Errorf("no answer within %v", disarmTimeout))
	defer cancel()
	_, err := routeros.Command(ctx, g.caller, menuSafeMode+"/unroll", nil)
	return err
}
