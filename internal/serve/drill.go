package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/drill"
)

// StartDrill implements api.Controller. It returns when the move was commanded or
// refused: until then whoever asked may leave, and nothing happens. After that
// the drill is the controller's.
func (c *Controller) StartDrill(ctx context.Context, service string, d api.DrillRequest) (string, runner.Answer, error) {
	s, err := c.current().service(service)
	if err != nil {
		return "", runner.Answer{}, err
	}
	o, err := drillOptions(d)
	if err != nil {
		return "", runner.Answer{}, err
	}
	o.Service, o.ID = service, time.Now().UTC().Format("20060102T150405Z")
	if other, ok := c.drills.claim(service, o.ID); !ok {
		return "", runner.Answer{Reason: failover.AlreadyMoving, Detail: "drill " + other + " is under way"}, nil
	}
	h := newHandshake()
	o.Begin, o.Answered = h.begin, func(a runner.Answer) { h.answer(a, nil) }
	select {
	case c.drills.queue() <- func(ctx context.Context) {
		defer c.drills.release(service)
		c.hold(ctx, s, o, h)
	}:
	case <-ctx.Done():
		c.drills.release(service)
		return "", runner.Answer{}, context.Cause(ctx)
	}
	a, err := h.wait(ctx)
	if err != nil || !a.Accepted {
		return "", a, err
	}
	return o.ID, a, nil
}

// drillOptions reads what was asked for.
func drillOptions(d api.DrillRequest) (drill.Options, error) {
	o := drill.Options{To: d.To, By: d.By}
	for _, x := range []struct {
		name, text string
		to         *time.Duration
	}{{"stay", d.Stay, &o.Stay}, {"rto", d.RTO, &o.Objective.RTO}, {"rpo", d.RPO, &o.Objective.RPO}} {
		if x.text == "" {
			continue
		}
		v, err := time.ParseDuration(x.text)
		if err != nil || v < 0 || v > drill.MaxStay {
			return o, fmt.Errorf("%s: want a time from 0 to %v, as in 30s", x.name, drill.MaxStay)
		}
		*x.to = v
	}
	return o, nil
}

// hold holds a drill and keeps its report.
func (c *Controller) hold(ctx context.Context, s *service, o drill.Options, h *handshake) {
	log := c.log.With().Str("service", o.Service).Str("drill", o.ID).Logger()
	done, err := c.equip(ctx, s, &o)
	defer done()
	if err != nil {
		h.answer(runner.Answer{}, err)
		return
	}
	report, err := drill.Run(ctx, o)
	if refused, ok := errors.AsType[*drill.RefusedError](err); ok {
		h.answer(runner.Answer{Reason: refused.Reason, Detail: refused.Detail}, nil)
		return
	}
	if err != nil {
		h.answer(runner.Answer{}, err)
		return
	}
	log.Info().Str("verdict", string(report.Verdict)).Str("server", report.Left).Msg("drill ended")
	if err := c.keepReport(ctx, &report); err != nil {
		log.Error().Err(err).Msg("the drill's report was not kept")
	}
}

// keepLimit bounds the keeping of a report, also when the controller is ending.
const keepLimit = 5 * time.Second

// keepReport puts the report into the store, and its sum into the history. In
// memory it is kept in any case.
func (c *Controller) keepReport(ctx context.Context, r *drill.Report) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepLimit)
	defer cancel()
	body, err := r.Encode(journal.MaxReport)
	if err != nil {
		return err
	}
	c.drills.remember(r.Service, r.ID, body)
	term := c.holder.get()
	if term == nil {
		return runner.ErrNotLeading
	}
	if err := c.journal.PutReport(ctx, term, r.Service, r.ID, body); err != nil {
		return err
	}
	return drillControl{c, r.Service}.Note(ctx, drill.EndEntry(r, body))
}

// Drills implements api.Controller.
func (c *Controller) Drills(ctx context.Context, service string) ([]api.DrillInfo, error) {
	if _, err := c.current().service(service); err != nil {
		return nil, err
	}
	past, err := c.pastDrills(ctx, service, journal.KeepReports)
	out := make([]api.DrillInfo, 0, len(past))
	for _, p := range past {
		out = append(out, api.DrillInfo{ID: p.ID, At: p.At, Verdict: string(p.Verdict)})
	}
	return out, err
}

// pastDrills returns the newest drills, the oldest of them first. One that cannot
// be read is there with its ID alone.
func (c *Controller) pastDrills(ctx context.Context, service string, most int) ([]drill.Past, error) {
	infos, err := c.journal.Reports(ctx, service)
	if err != nil && len(infos) == 0 {
		return nil, err
	}
	infos = infos[max(0, len(infos)-most):]
	out := make([]drill.Past, 0, len(infos))
	for _, info := range infos {
		p := drill.Past{ID: info.ID, At: info.At}
		if body, err := c.journal.Report(ctx, service, info.ID); err == nil {
			if r, err := drill.Decode(body); err == nil {
				p = drill.PastOf(&r)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// Drill implements api.Controller.
func (c *Controller) Drill(ctx context.Context, service, id string) (json.RawMessage, error) {
	if _, err := c.current().service(service); err != nil {
		return nil, err
	}
	body, err := c.journal.Report(ctx, service, id)
	if err == nil {
		return body, nil
	}
	if body := c.drills.recall(service, id); body != nil {
		return body, nil
	}
	if errors.Is(err, journal.ErrNotFound) {
		return nil, api.ErrNoDrill
	}
	return nil, err
}
