package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/journal"
)

// errLive is an apply that a process of this host is carrying out.
var errLive = errors.New("it is still at work")

// An Unrecovered is an apply that is not at its end yet.
type Unrecovered struct {
	Title   string
	Routers []string // on which it is not; empty means that any may be one
	Err     error
}

// An UnrecoveredError lists applies that are not at their end yet.
type UnrecoveredError struct{ Applies []Unrecovered }

// Error has a line for each.
func (e *UnrecoveredError) Error() string {
	lines := make([]string, len(e.Applies))
	for i, u := range e.Applies {
		lines[i] = fmt.Sprintf("%s: %v", u.Title, u.Err)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the reasons.
func (e *UnrecoveredError) Unwrap() []error {
	errs := make([]error, len(e.Applies))
	for i, u := range e.Applies {
		errs[i] = u.Err
	}
	return errs
}

// On returns only those applies that are not at their end on one of the
// routers; nil when there is none.
func (e *UnrecoveredError) On(routers []string) error {
	var on UnrecoveredError
	for _, u := range e.Applies {
		if len(u.Routers) == 0 || slices.ContainsFunc(u.Routers, func(r string) bool { return slices.Contains(routers, r) }) {
			on.Applies = append(on.Applies, u)
		}
	}
	if len(on.Applies) == 0 {
		return nil
	}
	return &on
}

// pendingOn are the routers on which an apply is not at its end because of err.
func pendingOn(s *journal.Story, err error) []string {
	if p, ok := errors.AsType[*apply.PendingError](err); ok {
		return nameList(p.Routers)
	}
	return nameList(s.Begin.Addresses)
}

// gone says what to do about routers that are no longer in the file.
func (a *App) gone(err error) error {
	p, ok := errors.AsType[*apply.PendingError](err)
	if !ok {
		return err
	}
	for router, why := range p.Routers {
		if errors.Is(why, routeros.ErrUnknownRouter) {
			p.Routers[router] = fmt.Errorf(
				"it is no longer in the file (put it back, or give it up with: jembatan recover -f %s --forget %s): %w", a.file, router, why)
		}
	}
	return err
}

// knowsAll refuses to forget a router that no interrupted apply is about.
func knowsAll(pending []*journal.Story, forget []string) error {
	for _, router := range forget {
		if !slices.ContainsFunc(pending, func(s *journal.Story) bool { _, ok := s.Begin.Addresses[router]; return ok }) {
			return fmt.Errorf("--forget: no interrupted apply is about a router %q", router)
		}
	}
	return nil
}

func nameList[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
