package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// undo takes one deed back, asking the router first what is true. It tries
// again while the router does not answer, until ctx ends; a refusal of the
// router is final. Each try has at most timeout.
func (h *hands) undo(ctx context.Context, d *deed, timeout time.Duration) error {
	return routeros.Persist(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return h.undoOnce(ctx, d)
	})
}

func (h *hands) undoOnce(ctx context.Context, d *deed) error {
	s := d.step
	row, err := h.find(ctx, d)
	if err != nil {
		return err
	}
	c, err := h.connect(ctx, s.Router)
	if err != nil {
		return err
	}
	switch s.Op {
	case plan.Add:
		if row == nil {
			return nil
		}
		return ignoreGone(routeros.Delete(ctx, c, s.Menu, row[".id"]))
	case plan.Set:
		if row == nil {
			return nil // It was added by this unit, or somebody else removed it.
		}
		if !plan.Row(row).HasMark(s.Mark) {
			return nil // The step refused to touch it.
		}
		if untouched(s, row, d.row) {
			return nil // It was refused, or lost on the way.
		}
		return routeros.Update(ctx, c, s.Menu, []string{row[".id"]}, setBack(s, d.row))
	case plan.Remove:
		if row != nil {
			return nil
		}
		if d.row == nil {
			return nil // It was gone before we came.
		}
		return h.addAgain(ctx, c, d)
	case plan.OpUnknown:
	}
	return nil
}

// untouched reports whether the properties that a step sets are still what they
// were before it.
func untouched(s *plan.Step, row, before map[string]string) bool {
	if before == nil {
		return false
	}
	names := append(slices.Collect(maps.Keys(s.Want)), s.Unset...)
	for _, name := range slices.AppendSeq(names, maps.Keys(s.Secrets)) {
		now, has := row[name]
		was, had := before[name]
		if now != was || has != had {
			return false
		}
	}
	return len(s.Secrets) == 0 || !plan.HidesSecret(s.Menu, row)
}

// ignoreGone takes "no such item" for success: somebody was faster.
func ignoreGone(err error) error {
	if errors.Is(err, routeros.ErrNotFound) {
		return nil
	}
	return err
}

// setBack are the fields that give an object the values that it had before a
// step: those of row, as it was read just before.
func setBack(s *plan.Step, row map[string]string) routeros.Fields {
	var f routeros.Fields
	back := func(name string) {
		was, ok := row[name]
		if !ok {
			was, ok = s.Was[name]
		}
		if ok || name == "comment" {
			f = f.With(name, was)
		} else if absent, known := plan.Absent(s.Menu, name); known && absent != "" {
			f = f.With(name, absent)
		} else {
			f = f.NoValue(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Want)) {
		back(name)
	}
	for _, name := range s.Unset {
		back(name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		back(name)
	}
	return f
}

// addAgain adds a removed object with all that it had, unless it is there
// already: an answer may have been lost.
func (h *hands) addAgain(ctx context.Context, c routeros.Caller, d *deed) error {
	s := d.step
	again := &deed{step: s}
	if row, err := h.find(ctx, again); err != nil || row != nil {
		return err
	}
	var f routeros.Fields
	for _, name := range plan.Writable(s.Menu) {
		if value, ok := d.row[name]; ok && value != "" {
			f = f.With(name, value)
		} else if !ok && plan.HasDefault(s.Menu, name) {
			f = f.NoValue(name)
		}
	}
	placed := f
	if before := s.Was["place-before"]; before != "" {
		placed = slices.Clone(f).With("place-before", before)
	}
	_, err := routeros.Create(ctx, c, s.Menu, placed)
	if len(placed) > len(f) && errors.Is(err, routeros.ErrNotFound) {
		_, err = routeros.Create(ctx, c, s.Menu, f) // The row that it stood before is gone.
	}
	if err != nil {
		return err
	}
	if plan.HidesSecret(s.Menu, d.row) {
		return fmt.Errorf("%s was added again without its secret, which the API user may not read", s.Name)
	}
	return nil
}
