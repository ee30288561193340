package actuator

import (
	"context"
	"errors"
	"fmt"

	"jembatan/routeros"
)

// A Pipeliner is a router that takes several commands in one write. A
// routeros.Session is one.
type Pipeliner interface {
	Pipeline(ctx context.Context, reqs ...routeros.Request) []routeros.Result
}

// Connect returns the live connection of a router. It is called before each
// attempt, so it returns a new connection when the last one has ended.
type Connect func(ctx context.Context, router string) (Pipeliner, error)

// Over connects through a fleet.
func Over(f *routeros.Fleet) Connect {
	return func(ctx context.Context, router string) (Pipeliner, error) {
		s, err := f.Session(ctx, router)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

// Classify names what an error of a router means.
func Classify(err error) Reason {
	_, trapped := errors.AsType[*routeros.TrapError](err)
	switch {
	case err == nil:
		return ReasonUnknown
	case trapped:
		return Trapped
	case errors.Is(err, routeros.ErrOutcomeUnknown):
		return OutcomeUnknown
	}
	return Unreachable
}

// Failed returns the first error of a pipeline, those of reads that were lost
// with a write standing behind that of the write: its outcome is what matters.
func Failed(results []routeros.Result) error {
	var first error
	for _, r := range results {
		if errors.Is(r.Err, routeros.ErrOutcomeUnknown) {
			return r.Err
		}
		if first == nil {
			first = r.Err
		}
	}
	return first
}

// Lost is the report of a router whose attempt failed with err.
func Lost(router string, err error) RouterReport {
	return RouterReport{Router: router, State: Behind, Reason: Classify(err), Err: err}
}

// Refuse is the report of a router that is left as it is.
func Refuse(router string, why Reason, format string, args ...any) RouterReport {
	return RouterReport{Router: router, State: Refused, Reason: why, Err: fmt.Errorf(format, args...)}
}
