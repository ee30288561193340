package routeros

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// A Resource is a typed row of a menu: a struct with `ros` tags. Its zero
// fields are properties that are not set. Every resource of this package has
// an Extra for properties that it does not name; they are kept and never sent.
type Resource interface {
	// Menu returns the menu, "/interface/eoip".
	Menu() string
}

// List returns the rows of T's menu that satisfy query ("?name=eoip1"; none
// means all), asking for exactly the properties that T has. A value that does
// not fit its field is an error that names the row and the property.
func List[T Resource](ctx context.Context, c Caller, query ...string) ([]T, error) {
	var zero T
	s := shapeOf[T]()
	rows, err := Print(ctx, c, zero.Menu(), s.ask, query...)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		if err := s.decode(reflect.ValueOf(&out[i]).Elem(), row); err != nil {
			return nil, fmt.Errorf("%s %s: %w", zero.Menu(), row.ID(), err)
		}
	}
	return out, nil
}

// Decode returns row as a T.
func Decode[T Resource](row Row) (T, error) {
	var v T
	if err := shapeOf[T]().decode(reflect.ValueOf(&v).Elem(), row); err != nil {
		return v, fmt.Errorf("%s %s: %w", v.Menu(), row.ID(), err)
	}
	return v, nil
}

// Get returns the one row of T's menu that satisfies query; a menu without
// rows of its own (/system/identity) needs none. It returns ErrNotFound or
// ErrAmbiguous, wrapped, if there is not exactly one.
func Get[T Resource](ctx context.Context, c Caller, query ...string) (T, error) {
	var zero T
	all, err := List[T](ctx, c, query...)
	if err != nil {
		return zero, err
	}
	switch len(all) {
	case 0:
		return zero, fmt.Errorf("%s: %w", zero.Menu(), ErrNotFound)
	case 1:
		return all[0], nil
	}
	return zero, fmt.Errorf("%s: %w: %d rows", zero.Menu(), ErrAmbiguous, len(all))
}

// Add adds v to its menu and returns the id. It sends the properties named in
// names, or without names those that are not zero: to send a false or a zero,
// name it. See Create about errors, and Ensure.
func Add[T Resource](ctx context.Context, c Caller, v T, names ...string) (id string, err error) {
	fields, err := fieldsOf(ctx, c, v, names)
	if err != nil {
		return "", err
	}
	return Create(ctx, c, v.Menu(), fields)
}

// Set changes the row that id names: exactly the properties in names, to what
// v says. A zero value clears a text ("=comment=") or switches off what has an
// off ("=!keepalive="). The id may be a name where RouterOS takes one, and is
// empty for a menu without rows of its own.
func Set[T Resource](ctx context.Context, c Caller, id string, v T, names ...string) error {
	if len(names) == 0 {
		return fmt.Errorf("%w: %s: no property to set", ErrBadRequest, v.Menu())
	}
	fields, err := fieldsOf(ctx, c, v, names)
	if err != nil {
		return err
	}
	var ids []string
	if id != "" {
		ids = []string{id}
	}
	return Update(ctx, c, v.Menu(), ids, fields)
}

// Unset takes properties of a row away with the menu's own unset command, one
// after the other. Not every menu has one; Set with a zero value is the way
// elsewhere.
func Unset[T Resource](ctx context.Context, c Caller, id string, names ...string) error {
	var zero T
	for _, name := range names {
		_, err := Command(ctx, c, zero.Menu()+"/unset", FieldsOf("numbers", id, "value-name", name))
		if err != nil {
			return err
		}
	}
	return nil
}

// Remove removes the rows that ids name. See Delete.
func Remove[T Resource](ctx context.Context, c Caller, ids ...string) error {
	var zero T
	return Delete(ctx, c, zero.Menu(), ids...)
}

// Move puts the row id of an ordered menu before the row that before names; an
// empty before is the end.
func Move[T Resource](ctx context.Context, c Caller, id, before string) error {
	var zero T
	fields := FieldsOf("numbers", id)
	if before != "" {
		fields = fields.With("destination", before)
	}
	_, err := Command(ctx, c, zero.Menu()+"/move", fields)
	return err
}

// Enable and Disable switch rows of any menu that has the commands.
func Enable[T Resource](ctx context.Context, c Caller, ids ...string) error {
	return switchRows[T](ctx, c, "/enable", ids)
}

// Disable is the opposite of Enable.
func Disable[T Resource](ctx context.Context, c Caller, ids ...string) error {
	return switchRows[T](ctx, c, "/disable", ids)
}

func switchRows[T Resource](ctx context.Context, c Caller, verb string, ids []string) error {
	var zero T
	if len(ids) == 0 {
		return nil
	}
	_, err := Command(ctx, c, zero.Menu()+verb, FieldsOf(".id", strings.Join(ids, ",")))
	return err
}
