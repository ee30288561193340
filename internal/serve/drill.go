package serve

import (
	"context"
	"encoding/json"

	"jembatan/failover/runner"
	"jembatan/internal/api"
)

func (c *Controller) StartDrill(ctx context.Context, service string, d api.DrillRequest) (string, runner.Answer, error) {
	return "", runner.Answer{}, api.ErrNoDrill
}
func (c *Controller) Drills(ctx context.Context, service string) ([]api.DrillInfo, error) {
	return nil, nil
}
func (c *Controller) Drill(ctx context.Context, service, id string) (json.RawMessage, error) {
	return nil, api.ErrNoDrill
}
