package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"jembatan/failover/runner"
	"jembatan/internal/metrics"
)

// serveMetrics answers /metrics where the settings say so, until ctx ends.
func (c *Controller) serveMetrics(ctx context.Context) error {
	if c.o.Settings.Serve.Metrics == "" {
		<-ctx.Done()
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.o.Settings.Serve.Metrics)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(func(ctx context.Context) ([]runner.Status, bool, error) {
		s, err := c.Status(ctx)
		return s.Services, s.Leading, err
	}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case <-ctx.Done():
		_ = s.Close() // A scrape that is cut off is repeated.
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("metrics: %w", err)
		}
		return nil
	case err := <-done:
		return errors.Join(errors.New("metrics"), err)
	}
}
