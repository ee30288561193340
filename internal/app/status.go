package app

import (
	"context"

	"jembatan/tunnel/status"
)

// Status reads the routers and says how the topology's tunnels and bridges are.
func (a *App) Status(ctx context.Context) (*status.Report, error) {
	return status.Of(a.Topology, a.observe(ctx, true))
}
