package actuator

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Errors that callers branch on, with errors.Is. What they mean in detail is in
// the Report beside them.
var (
	// ErrSuperseded: a higher epoch was seen. The caller is no longer who acts.
	ErrSuperseded = errors.New("a higher epoch was seen")
	// ErrHeld: nothing was changed, because what was found forbids it.
	ErrHeld = errors.New("held")
	// ErrBehind: some routers are not proven yet; they are tried for ever.
	ErrBehind = errors.New("some routers are behind")
)

// A RouterReport is what is known of one router.
type RouterReport struct {
	Router string
	State  State
	Reason Reason
	Err    error // for people; may be nil

	Epoch   uint64       // the highest that was seen there
	Server  netip.Addr   // to whom it leads; not valid when unknown
	Blocked []netip.Addr // servers that are blocked there, sorted
	Master  bool         // VRRP: it is master
	Stale   int          // connection entries to other servers, by the last listing
	Removed int          // connection entries to other servers that went
	Trips   int          // round trips that it took
}

// String is one line for people.
func (r RouterReport) String() string {
	s := r.Router + ": " + r.State.String()
	if r.Reason != ReasonUnknown {
		s += " (" + r.Reason.String() + ")"
	}
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

// A Report is what became of a call, router by router.
type Report struct {
	Target  Target
	Routers []RouterReport // sorted by name, one for each router of the service
}

// NewReport sorts the routers' reports.
func NewReport(t Target, routers []RouterReport) Report {
	slices.SortFunc(routers, func(a, b RouterReport) int { return cmp.Compare(a.Router, b.Router) })
	return Report{Target: t, Routers: routers}
}

// Proven reports whether every router is.
func (r Report) Proven() bool {
	return len(r.Routers) > 0 && !slices.ContainsFunc(r.Routers, func(x RouterReport) bool { return x.State != Proven })
}

// Router returns the report of one router.
func (r Report) Router(name string) RouterReport {
	for _, x := range r.Routers {
		if x.Router == name {
			return x
		}
	}
	return RouterReport{Router: name}
}

// HighestEpoch is the highest epoch that was seen.
func (r Report) HighestEpoch() uint64 {
	var top uint64
	for _, x := range r.Routers {
		top = max(top, x.Epoch)
	}
	return top
}

// Err is nil when every router is proven; otherwise it is ErrSuperseded,
// ErrHeld or ErrBehind, the first that fits, with the routers' lines.
func (r Report) Err() error {
	if r.Proven() {
		return nil
	}
	kind := ErrBehind
	var lines []string
	for _, x := range r.Routers {
		if x.State == Proven {
			continue
		}
		lines = append(lines, x.String())
		switch {
		case x.Reason == HigherEpoch:
			kind = ErrSuperseded
		case x.State == Refused && !errors.Is(kind, ErrSuperseded):
			kind = ErrHeld
		}
	}
	return fmt.Errorf("service %s, epoch %d: %w: %s", r.Target.Service, r.Target.Epoch, kind, strings.Join(lines, "; "))
}
