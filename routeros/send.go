package routeros

import (
	"context"
	"fmt"
	"reflect"
)

// FieldsFrom returns the properties of v as fields for release ver: those in
// names, or without names those that are not zero.
func FieldsFrom[T Resource](v T, ver Version, names ...string) (Fields, error) {
	s, value := shapeOf[T](), reflect.ValueOf(v)
	chosen, err := s.choose(v.Menu(), value, names)
	if err != nil {
		return nil, err
	}
	fields := make(Fields, 0, len(chosen))
	for _, i := range chosen {
		p := &s.props[i]
		f := value.Field(p.field)
		name := p.spelled(ver)
		if p.none && f.IsZero() {
			fields = append(fields, Field{Name: name, None: true})
			continue
		}
		text, err := p.codec.encode(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", v.Menu(), name, err)
		}
		fields = append(fields, Field{Name: name, Value: text})
	}
	return fields, nil
}

// fieldsOf is FieldsFrom for the device behind c, whose release it asks for
// only if a property is spelled differently between releases.
func fieldsOf[T Resource](ctx context.Context, c Caller, v T, names []string) (Fields, error) {
	s := shapeOf[T]()
	chosen, err := s.choose(v.Menu(), reflect.ValueOf(v), names)
	if err != nil {
		return nil, err
	}
	var ver Version
	for _, i := range chosen {
		if vc, ok := c.(Versioner); ok && len(s.props[i].spellings) > 1 {
			if ver, err = vc.Version(ctx); err != nil {
				return nil, err
			}
			break
		}
	}
	return FieldsFrom(v, ver, names...)
}

// choose returns the places of the properties to send.
func (s *shape) choose(menu string, v reflect.Value, names []string) ([]int, error) {
	var chosen []int
	for _, name := range names {
		i, ok := s.named[name]
		if !ok || s.props[i].readOnly {
			return nil, fmt.Errorf("%w: %s: %s cannot be set", ErrBadRequest, menu, name)
		}
		chosen = append(chosen, i)
	}
	if len(names) > 0 {
		return chosen, nil
	}
	for i, p := range s.props {
		if !p.readOnly && !v.Field(p.field).IsZero() {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}
