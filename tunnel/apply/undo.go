package apply

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// undo takes one deed back, asking the router first what is true. It tries
// again while the router does not answer, until ctx ends; a refusal of the
// router is final. Each try has at most timeout. A *ShortError says what it
// could not give back.
func (h *hands) undo(ctx context.Context, d *deed, timeout time.Duration) error {
	short := &ShortError{Name: d.step.Name}
	err := routeros.Persist(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return h.undoOnce(ctx, d, short)
	})
	if err == nil && len(short.Lacks) > 0 {
		return short
	}
	return err
}

// undoOnce is one try. What short says of earlier tries stays true if they
// turn out to have happened.
func (h *hands) undoOnce(ctx context.Context, d *deed, short *ShortError) error {
	s := d.step
	if s.ID != "" && d.row == nil {
		return nil // The step ended before it wrote: do reads the object first.
	}
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
		fields, hidden := setBack(s, d.row)
		if hidden {
			short.Lacks = []string{"without the IPsec secret that it had, which the API user may not read"}
			if len(fields) == 0 {
				return nil
			}
		}
		return routeros.Update(ctx, c, s.Menu, []string{row[".id"]}, fields)
	case plan.Remove:
		if row != nil {
			short.Lacks = nil // The very object is there, whoever brought it back.
			return nil
		}
		return h.addAgain(ctx, c, d, short)
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
// step: those of row, as it was read just before, or what the plan says of an
// object that the same unit added. A secret is only ever taken from the row,
// because plans hold a token in its place; hidden says that the row had one that
// could not be read, which is then not among the fields.
func setBack(s *plan.Step, row map[string]string) (f routeros.Fields, hidden bool) {
	before := row
	if before == nil {
		before = s.Was
	}
	back := func(name string) {
		was, ok := before[name]
		switch {
		case plan.IsSecret(s.Menu, name) && row[name] == "" && plan.HidesSecret(s.Menu, row):
			hidden = true
		case plan.IsSecret(s.Menu, name) && row[name] == "":
			f = f.NoValue(name)
		case ok || name == "comment":
			f = f.With(name, was)
		default:
			if absent, known := plan.Absent(s.Menu, name); known && absent != "" {
				f = f.With(name, absent)
			} else {
				f = f.NoValue(name)
			}
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
	return f, hidden
}
