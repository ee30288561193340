package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"jembatan/routeros"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// leaveSafeMode ends a safe mode that a session of ours has left behind: kept
// when the change goes forward, else rolled back. One that somebody else holds
// is a *guard.HeldError.
func leaveSafeMode(ctx context.Context, connect Connect, router string, keep bool, o RecoverOptions) error {
	err := guard.Nobody(ctx, guard.Connect(connect), router)
	held, ok := errors.AsType[*guard.HeldError](err)
	if !ok || o.User == nil || held.User != o.User(router) {
		return err
	}
	c, err := connect(ctx, router)
	if err != nil {
		return err
	}
	command := "/safe-mode/unroll"
	if keep {
		command = "/safe-mode/release"
	}
	_, err = routeros.Command(ctx, c, command, nil)
	return err
}

// removeGuards removes the scheduler entries of an apply from one router.
func removeGuards(ctx context.Context, connect Connect, router, id string) error {
	return routeros.Persist(ctx, func() error {
		c, err := connect(ctx, router)
		if err != nil {
			return err
		}
		found, err := guard.Find(ctx, c, router)
		for _, l := range found {
			if err == nil && l.Note.ID == id {
				err = ignoreGone(routeros.Delete(ctx, c, guard.Menu, l.RowID))
			}
		}
		return err
	})
}

// undoInverses carries out inverses over the API as a guard's script would, and
// returns what could not be brought back.
func undoInverses(ctx context.Context, connect Connect, inverses []plan.Inverse) ([]Leftover, error) {
	var left []Leftover
	for i := range inverses {
		inv := &inverses[i]
		var changed bool
		err := routeros.Persist(ctx, func() (err error) {
			changed, err = undoInverse(ctx, connect, inv)
			return err
		})
		if err == nil && changed && inv.Secret {
			err = errors.New("its secret is not known here and was not given back")
		}
		if _, refused := errors.AsType[*routeros.TrapError](err); err != nil && !refused && !inv.Secret {
			return left, err // It does not answer; the rest would not either.
		}
		if err != nil {
			left = append(left, Leftover{Router: inv.Router, Menu: inv.Menu, Name: inv.Name, Mark: inv.Mark, What: "was not brought back", Err: err})
		}
	}
	return left, nil
}

// undoInverse does one inverse where there is something to do.
func undoInverse(ctx context.Context, connect Connect, inv *plan.Inverse) (changed bool, err error) {
	c, err := connect(ctx, inv.Router)
	if err != nil {
		return false, err
	}
	rows, err := rowsOf(ctx, c, inv)
	if err != nil {
		return false, err
	}
	fields := inverseFields(inv)
	switch inv.Op {
	case plan.Remove:
		for _, row := range rows {
			err = errors.Join(err, ignoreGone(routeros.Delete(ctx, c, inv.Menu, row.ID())))
		}
		return len(rows) > 0, err
	case plan.Set:
		for _, row := range rows {
			if differs(inv, row) || inv.Secret {
				changed = true
				err = errors.Join(err, routeros.Update(ctx, c, inv.Menu, []string{row.ID()}, fields))
			}
		}
		return changed, err
	case plan.Add:
		if len(rows) > 0 {
			return false, nil
		}
		_, err = routeros.Create(ctx, c, inv.Menu, fields)
		return true, err
	case plan.OpUnknown:
	}
	return false, nil
}

// rowsOf lists the objects that an inverse is about.
func rowsOf(ctx context.Context, c routeros.Caller, inv *plan.Inverse) ([]routeros.Row, error) {
	var query []string
	for _, name := range slices.Sorted(maps.Keys(inv.Where)) {
		if query = append(query, "?"+name+"="+inv.Where[name]); len(query) > 1 {
			query = append(query, "?#&")
		}
	}
	return routeros.Print(ctx, c, inv.Menu, plan.Proplist(inv.Menu), query...)
}

// differs reports whether an object does not have what an inverse of a set
// gives back, as far as it can be read.
func differs(inv *plan.Inverse, row routeros.Row) bool {
	want := plan.Step{Menu: inv.Menu, Want: inv.Want, Unset: inv.Unset}
	return plan.Mismatch(&want, row.Map()) != ""
}

func inverseFields(inv *plan.Inverse) routeros.Fields {
	var f routeros.Fields
	for _, name := range slices.Sorted(maps.Keys(inv.Want)) {
		f = f.With(name, inv.Want[name])
	}
	for _, name := range inv.Unset {
		f = f.NoValue(name)
	}
	return f
}

// notBefore names the objects of one router that are not what they were before
// an apply. It changes nothing.
func notBefore(ctx context.Context, connect Connect, inverses []plan.Inverse) ([]string, error) {
	var names []string
	for i := range inverses {
		inv := &inverses[i]
		c, err := connect(ctx, inv.Router)
		if err != nil {
			return nil, err
		}
		rows, err := rowsOf(ctx, c, inv)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", inv.Menu, err)
		}
		due := false
		switch inv.Op {
		case plan.Remove:
			due = len(rows) > 0
		case plan.Set:
			due = slices.ContainsFunc(rows, func(row routeros.Row) bool { return differs(inv, row) })
		case plan.Add:
			due = len(rows) == 0
		case plan.OpUnknown:
		}
		if due && !slices.Contains(names, inv.Name) {
			names = append(names, inv.Name)
		}
	}
	return names, nil
}
