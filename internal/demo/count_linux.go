package demo

import (
	"context"
	"fmt"
	"time"

	"jembatan/internal/load"
	"jembatan/internal/rehearsal"
)

// count ends the users and checks what they saw.
func (t *telling) count(ctx context.Context) error {
	t.out.legs[1].until = time.Now()
	told, err := t.tale.End(ctx)
	if err != nil {
		return err
	}
	for i := range t.out.legs {
		l := &t.out.legs[i]
		l.pages, l.rows = l.useOf(load.HTTP, told.Pages), l.useOf(load.SQL, told.Rows)
		for _, have := range told.Have {
			l.rows.missing = max(l.rows.missing, len(load.Missing(l.rows.acked, have)))
		}
	}
	if err := t.check(told); err != nil {
		return err
	}
	over, back := &t.out.legs[0], &t.out.legs[1]
	t.say("\nUsers had no page for %s when the main server died, and for %s at the way back.", short(over.pages.gap), short(back.pages.gap))
	if t.out.databases {
		t.say("Of %d writes that were acknowledged in this chapter none is lost.", len(over.rows.acked)+len(back.rows.acked))
	}
	return nil
}

// check holds what was seen against what is claimed.
func (t *telling) check(told *rehearsal.Told) error {
	for i := range t.out.legs {
		l := &t.out.legs[i]
		if l.pages.never || l.rows.never || l.pages.sent == l.pages.lost {
			return fmt.Errorf("some users were not served again after the move to %s", l.move.To)
		}
		if t.out.databases && len(l.rows.acked) == 0 {
			return fmt.Errorf("no write was acknowledged during and after the move to %s", l.move.To)
		}
		if l.rows.missing > 0 {
			return fmt.Errorf("%d acknowledged writes are not on every server", l.rows.missing)
		}
	}
	for _, two := range told.Two {
		return fmt.Errorf("two servers took writes: %s", two)
	}
	return nil
}
