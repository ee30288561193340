//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/internal/drill"
	"jembatan/internal/load"
)

// count makes the result.
func (p *play) count(ctx context.Context, o Options) (*Result, error) {
	last, err := p.control.status(ctx)
	if err != nil {
		return nil, fmt.Errorf("the last status: %w", err)
	}
	history, err := p.control.history(ctx)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	saw, err := p.clients.stop()
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	p.mu.Lock()
	at, asides := p.at, errors.Join(p.asides...)
	p.mu.Unlock()
	if asides != nil {
		return nil, asides
	}
	r := &Result{
		Scenario: p.s.Name, Variant: p.s.Variant.String(), At: at, Pages: map[string]Use{}, Rows: map[string]Use{},
		Active: last.Active, Phase: last.Phase, Reason: last.Reason,
	}
	if p.rivals != nil {
		r.Rivals, err = p.rivals.stop(at)
		p.rivals = nil
		if err != nil {
			return nil, fmt.Errorf("rivals: %w", err)
		}
	}
	for name, records := range saw.pages {
		r.Pages[name] = UseOf(records, at)
	}
	for name, records := range saw.rows {
		r.Rows[name] = UseOf(records, at)
	}
	if p.s.Expect.Gap > 0 {
		r.PageGap = worst(r.Pages, p.s.Expect.Ways)
	}
	if p.s.Expect.RowGap > 0 {
		r.RowGap = worst(r.Rows, p.s.Expect.Ways)
	}
	r.tell(history, p.first, p.s.Expect.Switches)
	r.sights(saw.sights)
	_ = p.control.end() // From here on nothing is moved any more; its end was looked at.
	r.Starts = p.control.starts
	if err := p.lost(ctx, r, saw); err != nil {
		return nil, err
	}
	r.Broken = p.s.Expect.Check(r, o.Slack)
	if len(r.Broken) > 0 {
		r.History = lines(history)
	}
	return r, nil
}

// lost counts the acknowledged rows that the active server lacks.
func (p *play) lost(ctx context.Context, r *Result, saw seen) error {
	all := slices.Clone(saw.local)
	for _, records := range saw.rows {
		all = append(all, records...)
	}
	acked := load.Acked(all)
	r.Acked = len(acked)
	if _, err := p.lab.Fault(ctx, "clear"); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	var have []int64
	for begun := time.Now(); ; { // It may have been switched on just now.
		var err error
		if have, err = p.lab.Acked(ctx, r.Active, 0); err == nil {
			break
		}
		if time.Since(begun) > firstState {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	missing := load.Missing(acked, have)
	r.Lost = len(missing)
	for _, x := range all {
		if len(r.Missing) < shownMissing && slices.Contains(missing, x.ID) && x.OK {
			r.Missing = append(r.Missing, x)
		}
	}
	return nil
}

// shownMissing is how many lost rows are shown.
const shownMissing = 10

// tell reads the history.
func (r *Result) tell(history []journal.Entry, first time.Time, expected int) {
	var since []journal.Entry
	for i := range history {
		e := &history[i]
		if e.Kind == journal.KindAlert {
			switch e.Reason { //nolint:exhaustive // Only these are counted.
			case failover.MoveStarted:
				r.Started++
				if e.At.Before(first) {
					r.Early++
				}
			case failover.MoveDone:
				r.Switched++
			}
			if !slices.Contains(r.Alerts, e.Reason) {
				r.Alerts = append(r.Alerts, e.Reason)
			}
		}
		if !e.At.Before(r.At) {
			since = append(since, *e)
		}
	}
	r.False = max(r.Early, r.Switched-expected, 0)
	move := drill.Tell(since)
	r.Parts = move.Parts
	if !move.Planned && !move.Asked.IsZero() {
		detect := move.Asked.Sub(r.At)
		r.Parts.Detect = &detect
	}
}

// sights looks for servers that took writes at once.
func (r *Result) sights(all []Sight) {
	times := Writables(all)
	public := func(w Writable) bool { return strings.HasPrefix(w.To, publicPrefix) }
	r.Two = Overlaps(times, func(a, b Writable) bool { return public(a) && public(b) })
	r.Own = Overlaps(times, func(a, b Writable) bool { return !public(a) || !public(b) })
}
