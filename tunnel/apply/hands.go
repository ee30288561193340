package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// hands do, check and undo single steps.
type hands struct {
	connect Connect
	resolve Resolve
}

// attempts is how often a sentence is tried whose connection died before its
// answer came. In between the router is asked what is true.
const attempts = 2

var (
	// errMoved means that the object is no longer the one that was planned for.
	errMoved = errors.New("the object has changed since the plan was made")
	// errGone means that the object to change is not there.
	errGone = errors.New("the object is gone")
)

// do carries out a step: it checks that the object is the one that was planned
// for, writes, and when the answer is lost looks before it writes again.
func (h *hands) do(ctx context.Context, d *deed) error {
	s := d.step
	fields, err := h.fields(s)
	if err != nil {
		return err
	}
	if s.ID != "" {
		row, err := h.find(ctx, d)
		if err != nil {
			return err
		}
		if row == nil {
			return errGone
		}
		if !s.Owns(row) {
			return errMoved
		}
		d.row = row
	}
	for try := 1; ; try++ {
		err = h.write(ctx, d, fields)
		if err == nil || try == attempts || !unanswered(err) {
			return err
		}
		done, cerr := h.settled(ctx, d)
		if cerr != nil {
			return errors.Join(err, cerr)
		}
		if done {
			return nil
		}
	}
}

// unanswered reports whether a write may or may not have happened.
func unanswered(err error) bool {
	return errors.Is(err, routeros.ErrOutcomeUnknown) || errors.Is(err, routeros.ErrClosed)
}

// write sends the sentence of a step.
func (h *hands) write(ctx context.Context, d *deed, fields routeros.Fields) error {
	s := d.step
	c, err := h.connect(ctx, s.Router)
	if err != nil {
		return err
	}
	switch s.Op {
	case plan.Add:
		id, err := routeros.Create(ctx, c, s.Menu, fields)
		if err == nil {
			d.id = id
		}
		return err
	case plan.Set:
		return routeros.Update(ctx, c, s.Menu, []string{d.id}, fields)
	case plan.Remove:
		return routeros.Delete(ctx, c, s.Menu, d.id)
	case plan.OpUnknown:
	}
	return fmt.Errorf("no such operation %v", s.Op)
}

// fields are the attributes of a step, secrets filled in.
func (h *hands) fields(s *plan.Step) (routeros.Fields, error) {
	var f routeros.Fields
	for _, name := range slices.Sorted(maps.Keys(s.Want)) {
		f = f.With(name, s.Want[name])
	}
	for _, name := range s.Unset {
		f = f.NoValue(name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		value, err := h.resolve(s.Secrets[name].Ref())
		if err != nil {
			return nil, err
		}
		f = f.With(name, string(value))
	}
	return f, nil
}

// settled reports whether a step whose answer was lost has happened, asking
// until the router answers or ctx ends.
func (h *hands) settled(ctx context.Context, d *deed) (bool, error) {
	var row map[string]string
	err := routeros.Persist(ctx, func() (err error) {
		row, err = h.find(ctx, d)
		return err
	})
	if err != nil {
		return false, err
	}
	switch d.step.Op {
	case plan.Add:
		if row != nil {
			d.id = row[".id"]
		}
		return row != nil, nil
	case plan.Remove:
		return row == nil, nil
	case plan.Set:
		return row != nil && plan.Mismatch(d.step, row) == "", nil
	case plan.OpUnknown:
	}
	return false, nil
}

// find returns the row of a deed, by id when it is known and else by mark; nil
// when there is none. Of what is to be removed it is the whole row, because
// others may have set what no plan writes and it may have to be added again.
func (h *hands) find(ctx context.Context, d *deed) (map[string]string, error) {
	query := "?comment=" + d.step.Mark
	if d.id != "" {
		query = "?.id=" + d.id
	}
	proplist := plan.Proplist(d.step.Menu)
	if d.step.Op == plan.Remove {
		proplist = nil
	}
	rows, err := h.read(ctx, d.step.Router, d.step.Menu, proplist, query)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// print reads rows of a menu with every property that plans write.
func (h *hands) print(ctx context.Context, router, menu string, query ...string) ([]map[string]string, error) {
	return h.read(ctx, router, menu, plan.Proplist(menu), query...)
}

// read reads rows of a menu, a second time when the connection dies under it. No
// proplist asks for all properties.
func (h *hands) read(ctx context.Context, router, menu string, proplist []string, query ...string) ([]map[string]string, error) {
	var rows []routeros.Row
	for try := 1; ; try++ {
		c, err := h.connect(ctx, router)
		if err != nil {
			return nil, err
		}
		if rows, err = routeros.Print(ctx, c, menu, proplist, query...); err == nil {
			break
		}
		if try == attempts || !errors.Is(err, routeros.ErrClosed) {
			return nil, err
		}
	}
	out := make([]map[string]string, len(rows))
	for i, row := range rows {
		out[i] = row.Map()
	}
	return out, nil
}

// verify reads the rows of one menu that deeds touched, in one call, and
// compares each with what the last steps wanted of it.
func (h *hands) verify(ctx context.Context, router, menu string, deeds []*deed) error {
	var query []string
	ids := map[string]bool{}
	for _, d := range deeds {
		if d.step.Menu != menu || ids[d.id] {
			continue
		}
		ids[d.id] = true
		if query = append(query, "?.id="+d.id); len(query) > 1 {
			query = append(query, "?#|")
		}
	}
	rows, err := h.print(ctx, router, menu, query...)
	if err != nil {
		return err
	}
	byID := map[string]map[string]string{}
	for _, row := range rows {
		byID[row[".id"]] = row
	}
	for i, d := range deeds {
		if d.step.Menu != menu {
			continue
		}
		row, exists := byID[d.id]
		switch {
		case d.step.Op == plan.Remove && exists:
			return fmt.Errorf("%s is still there", d.step.Name)
		case d.step.Op == plan.Remove:
		case !exists:
			return fmt.Errorf("%s is not there", d.step.Name)
		default:
			if m := plan.Mismatch(final(d.step, deeds[i+1:]), row); m != "" {
				return fmt.Errorf("%s: %s", d.step.Name, m)
			}
		}
	}
	return nil
}

// final is a step without the properties that later steps set again.
func final(s *plan.Step, later []*deed) *plan.Step {
	out := *s
	out.Want = maps.Clone(s.Want)
	for _, d := range later {
		if d.step.Menu == s.Menu && d.step.Mark == s.Mark {
			maps.DeleteFunc(out.Want, func(name, _ string) bool { _, again := d.step.Want[name]; return again })
		}
	}
	return &out
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
