package routeros

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// An Ensured says what Ensure found or did.
type Ensured int

// What Ensure found or did.
const (
	EnsuredUnknown   Ensured = iota // it failed
	EnsuredUnchanged                // the row was there as wanted
	EnsuredUpdated                  // the row was there and was changed
	EnsuredCreated                  // the row was added
)

// String returns a word for e.
func (e Ensured) String() string {
	names := [...]string{"unknown", "unchanged", "updated", "created"}
	if e < 0 || int(e) >= len(names) {
		return "invalid"
	}
	return names[e]
}

// Ensure makes menu hold one row with the values in key that also has the
// values in want, and returns its id. It looks by key first, so it may be
// repeated after any error, ErrOutcomeUnknown above all: an add whose answer
// was lost is found, not repeated. An add that the device calls a duplicate is
// looked for once more and then reported.
//
// Values are compared as text; a sensitive property that the device hides
// counts as different and is sent again. Several rows with key are
// ErrAmbiguous, and nothing is changed.
func Ensure(ctx context.Context, c Caller, menu string, key, want Fields) (id string, did Ensured, err error) {
	row, found, err := lookup(ctx, c, menu, key, want)
	if err != nil {
		return "", EnsuredUnknown, err
	}
	if !found {
		id, err = Create(ctx, c, menu, merge(key, want))
		if err == nil {
			return id, EnsuredCreated, nil
		}
		if !errors.Is(err, ErrExists) {
			return "", EnsuredUnknown, err
		}
		addErr := err
		if row, found, err = lookup(ctx, c, menu, key, want); err != nil || !found {
			return "", EnsuredUnknown, errors.Join(addErr, err)
		}
	}
	differ := differing(row, want)
	if len(differ) == 0 {
		return row.ID(), EnsuredUnchanged, nil
	}
	if err := Update(ctx, c, menu, []string{row.ID()}, differ); err != nil {
		return row.ID(), EnsuredUnknown, err
	}
	return row.ID(), EnsuredUpdated, nil
}

// lookup returns the one row of menu that has the values in key.
func lookup(ctx context.Context, c Caller, menu string, key, want Fields) (Row, bool, error) {
	query := make([]string, 0, len(key))
	for name, value := range key.All() {
		query = append(query, "?"+name+"="+value)
	}
	if len(query) == 0 || len(query) < len(key) {
		return Row{}, false, fmt.Errorf("%w: %s: a key is one or more values", ErrBadRequest, menu)
	}
	proplist := []string{".id"}
	for _, f := range merge(key, want) {
		proplist = append(proplist, f.Name)
	}
	rows, err := Print(ctx, c, menu, proplist, query...)
	if err != nil {
		return Row{}, false, err
	}
	switch len(rows) {
	case 0:
		return Row{}, false, nil
	case 1:
		return rows[0], true, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID()
	}
	return Row{}, false, fmt.Errorf("%s with %s: %w: %s", menu, key.show(menu), ErrAmbiguous, strings.Join(ids, ", "))
}

// merge returns key with want behind it, want winning.
func merge(key, want Fields) Fields {
	all := append(make(Fields, 0, len(key)+len(want)), key...)
	for _, f := range want {
		all = all.put(f)
	}
	return all
}

// differing returns the fields of want that row does not have.
func differing(row Row, want Fields) Fields {
	var out Fields
	for _, f := range want {
		got, present := row.Get(f.Name)
		same := got == f.Value && !f.None || f.None && !present
		if !same && !sameBool(got, f.Value) {
			out = append(out, f)
		}
	}
	return out
}

// sameBool reports whether two texts are the same boolean: RouterOS takes yes
// and no and prints true and false.
func sameBool(a, b string) bool {
	truth := func(s string) int {
		switch s {
		case "yes", "true":
			return 1
		case "no", "false":
			return 2
		}
		return 0
	}
	return truth(a) != 0 && truth(a) == truth(b)
}
