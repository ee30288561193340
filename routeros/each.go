package routeros

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A FleetError is what went wrong on which router. It is whatever any of the
// errors is.
type FleetError struct {
	ByRouter map[string]error // never empty, no nil values
}

// Error implements error: one line a router, in the order of their names.
func (e *FleetError) Error() string {
	lines := make([]string, 0, len(e.ByRouter))
	for _, name := range slices.Sorted(maps.Keys(e.ByRouter)) {
		text := e.ByRouter[name].Error()
		if !strings.HasPrefix(text, "router "+name+":") {
			text = fmt.Sprintf("router %s: %s", name, text)
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors in the order of the routers' names.
func (e *FleetError) Unwrap() []error {
	errs := make([]error, 0, len(e.ByRouter))
	for _, name := range slices.Sorted(maps.Keys(e.ByRouter)) {
		errs = append(errs, e.ByRouter[name])
	}
	return errs
}

// Each runs do for every named router at once, each on its live session, and
// waits for all. Nil names mean every router. One router's failure does not
// stop the others. The error is nil or a *FleetError.
func (f *Fleet) Each(ctx context.Context, names []string, do func(ctx context.Context, name string, s *Session) error) error {
	if names == nil {
		names = f.Names()
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed = make(map[string]error)
	)
	for _, name := range names {
		wg.Go(func() {
			s, err := f.Session(ctx, name)
			if err == nil {
				err = do(ctx, name, s)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[name] = errors.Join(failed[name], err)
			}
		})
	}
	wg.Wait()
	if len(failed) == 0 {
		return nil
	}
	return &FleetError{ByRouter: failed}
}
