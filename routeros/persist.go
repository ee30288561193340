package routeros

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The first pause between attempts to reach a device that does not answer; it
// doubles up to the limit.
const (
	persistPause = 50 * time.Millisecond
	persistLimit = 2 * time.Second
)

// Persist calls f until it returns nil or an error that the device itself gave
// (a *TrapError), pausing in between, or until ctx ends; the error then has the
// cause of that and the last failure. What f does must bear repetition.
func Persist(ctx context.Context, f func() error) error {
	pause := persistPause
	for {
		err := f()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if _, refused := errors.AsType[*TrapError](err); refused {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			line, _, _ := strings.Cut(err.Error(), "\n")
			if strings.Contains(line, context.Cause(ctx).Error()) {
				return err
			}
			return fmt.Errorf("%w (last: %s)", context.Cause(ctx), line)
		}
		pause = min(2*pause, persistLimit)
	}
}
