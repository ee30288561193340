package serve

import (
	"context"
	"time"
)

// campaignPause keeps a term that ends at once from turning into a storm.
const campaignPause = 500 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
