package nat

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"jembatan/failover/actuator"
	"jembatan/routeros"
)

// converge makes one router as wanted, once:
//
//  1. read the rules and the connections; a higher epoch ends it here;
//  2. in one write: read the rules again, write what differs, read it back,
//     remove the stale connections, list them again;
//  3. while the listing shows stale ones: remove and list.
//
// Removal comes after the rewrite or under a standing block, never before: an
// entry that is deleted earlier would be made again to the old server.
func (a *Actuator) converge(ctx context.Context, router string, w wanted, gate *actuator.Gate) actuator.RouterReport {
	p, err := a.connect(ctx, router)
	if err != nil {
		gate.Leave(router)
		return actuator.Lost(router, err)
	}
	v, trips, why := a.look(ctx, p, router, w, false)
	if why != nil {
		gate.Leave(router)
		return why.report(router, trips)
	}
	r := a.describe(router, &v, w)
	r.Trips = trips
	if seen := gate.Pass(ctx, router, v.epoch()); seen > w.epoch {
		r.State, r.Reason, r.Epoch = actuator.Refused, actuator.HigherEpoch, max(seen, r.Epoch)
		r.Err = fmt.Errorf("epoch %d is higher than %d", seen, w.epoch)
		return r
	}
	if ctx.Err() != nil {
		return late(ctx, r)
	}
	for first := true; first || len(a.stale(&v, w)) > 0; first = false {
		if ctx.Err() != nil {
			return late(ctx, r)
		}
		trip := a.round(ctx, p, router, &v, w)
		r.Trips, r.Removed = r.Trips+1, r.Removed+trip.removed
		switch {
		case trip.why != nil:
			r.State, r.Reason, r.Err = actuator.Behind, trip.why.reason, trip.why.err
			return r
		case trip.prior.epoch() > w.epoch:
			return a.putBack(ctx, p, &trip, r, w)
		}
		v = trip.now
	}
	return a.judge(ctx, router, &v, w, r)
}

// late is the report of a router for which the time was not enough.
func late(ctx context.Context, r actuator.RouterReport) actuator.RouterReport {
	r.State, r.Reason, r.Err = actuator.Behind, actuator.EntriesLeft, context.Cause(ctx)
	if r.Stale == 0 {
		r.Reason = actuator.Unreachable
	}
	return r
}

func (p *problem) report(router string, trips int) actuator.RouterReport {
	return actuator.RouterReport{Router: router, State: actuator.Behind, Reason: p.reason, Err: p.err, Trips: trips}
}

// writes are the sentences that make the rules as wanted; none when they are.
// Blocks come on before the rewrite and go off after it.
func (a *Actuator) writes(v *view, w wanted) []routeros.Request {
	var on, off []routeros.Request
	for _, s := range a.service.Servers {
		block := v.blocks[s.Name]
		wantOn, asked := w.blocks[s.Name]
		if !asked || block.disabled != wantOn && (!wantOn || block.epoch == w.epoch) {
			continue
		}
		set := routeros.Request{Path: menuFilter + "/set", Fields: routeros.FieldsOf(
			".id", block.id, "disabled", yesNo(!wantOn), "comment", actuator.Stamp(block.comment, w.epoch))}
		if wantOn {
			on = append(on, set)
		} else {
			off = append(off, set)
		}
	}
	if w.server.IsValid() && (v.target.to != w.server.String() || v.target.epoch != w.epoch || v.target.disabled) {
		on = append(on, routeros.Request{Path: menuNAT + "/set", Fields: routeros.FieldsOf(
			".id", v.target.id, "to-addresses", w.server.String(), "disabled", "no", "comment", actuator.Stamp(v.target.comment, w.epoch))})
	}
	return append(on, off...)
}

// A trip is what came of one write to a router.
type trip struct {
	prior, now view // the rules just before and behind our changes
	wrote      bool
	removed    int
	why        *problem
}

// round is one write to the router and all its answers: the rules as they were
// just before, the changes, the rules as they are, the removals, and the
// connections that are left.
func (a *Actuator) round(ctx context.Context, p actuator.Pipeliner, router string, v *view, w wanted) (t trip) {
	reads, sets, stale := readRules(v.ids()), a.writes(v, w), a.stale(v, w)
	if len(sets)+len(stale) > 0 && !a.opts.May() {
		t.why = trouble(actuator.NotLeading, "it may no longer act")
		return t
	}
	reqs := append(append(slices.Clone(reads), sets...), reads...)
	rules := len(reqs)
	reqs = append(append(reqs, removals(stale)...), a.readEntries(router, w))
	results := p.Pipeline(ctx, reqs...)
	t.wrote = len(sets) > 0
	entries := results[len(results)-1]

	removal := routeros.Result{Err: refused(results[rules : len(results)-1])}
	if err := actuator.Failed(append(results[:rules:rules], removal, entries)); err != nil {
		t.why = lost(err)
		if errors.Is(err, routeros.ErrNotFound) {
			t.why.reason = actuator.NotReadBack // The rule went while we wrote; look again.
		}
		return t
	}
	if t.prior, t.why = a.rulesOf(router, results[0].Reply.Rows, results[1].Reply.Rows); t.why == nil {
		back := results[len(reads)+len(sets):]
		t.now, t.why = a.rulesOf(router, back[0].Reply.Rows, back[1].Reply.Rows)
	}
	if t.why != nil {
		t.why.reason = actuator.NotReadBack
		return t
	}
	t.now.entries = a.entriesOf(router, entries.Reply.Rows)
	for _, id := range stale {
		if !slices.ContainsFunc(t.now.entries, func(e entry) bool { return e.id == id }) {
			t.removed++
		}
	}
	return t
}

// refused is the first error of removals that is one: an entry that had gone by
// itself is not.
func refused(results []routeros.Result) error {
	for _, r := range results {
		if r.Err != nil && !errors.Is(r.Err, routeros.ErrNotFound) {
			return r.Err
		}
	}
	return nil
}

// putBack undoes what we wrote over a higher epoch, which came between our
// reading and our writing: the rules get what they had just before. What the
// router says after it is not waited for by anybody; the report is a refusal
// either way.
func (a *Actuator) putBack(ctx context.Context, p actuator.Pipeliner, t *trip, r actuator.RouterReport, w wanted) actuator.RouterReport {
	r.State, r.Reason, r.Epoch = actuator.Refused, actuator.HigherEpoch, t.prior.epoch()
	r.Err = fmt.Errorf("epoch %d came while epoch %d wrote", r.Epoch, w.epoch)
	if !t.wrote {
		return r
	}
	var sets []routeros.Request
	for name, was := range t.prior.blocks {
		if was != t.now.blocks[name] {
			sets = append(sets, routeros.Request{Path: menuFilter + "/set", Fields: routeros.FieldsOf(
				".id", was.id, "disabled", yesNo(was.disabled), "comment", was.comment)})
		}
	}
	if t.prior.target != t.now.target {
		sets = append(sets, routeros.Request{Path: menuNAT + "/set", Fields: routeros.FieldsOf(
			".id", t.prior.target.id, "to-addresses", t.prior.target.to, "disabled", yesNo(t.prior.target.disabled), "comment", t.prior.target.comment)})
	}
	// Whoever cancels us must not leave a lower epoch above a higher one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.opts.Timeout)
	defer cancel()
	r.Trips++
	r.Err = errors.Join(fmt.Errorf("%w; it was put back", r.Err), actuator.Failed(p.Pipeline(ctx, sets...)))
	return r
}

// describe is what a view says of a router.
func (a *Actuator) describe(router string, v *view, w wanted) actuator.RouterReport {
	r := actuator.RouterReport{Router: router, State: actuator.Proven, Epoch: v.epoch(), Stale: len(a.stale(v, w))}
	r.Server, _ = netip.ParseAddr(v.target.to)
	for _, s := range a.service.Servers {
		if !v.blocks[s.Name].disabled {
			r.Blocked = append(r.Blocked, s.Address)
		}
	}
	slices.SortFunc(r.Blocked, netip.Addr.Compare)
	return r
}

// judge compares what was read back with what was wanted.
func (a *Actuator) judge(ctx context.Context, router string, v *view, w wanted, sofar actuator.RouterReport) actuator.RouterReport {
	r := a.describe(router, v, w)
	r.Trips, r.Removed = sofar.Trips, sofar.Removed
	fail := func(why actuator.Reason, err error) actuator.RouterReport {
		r.State, r.Reason, r.Err = actuator.Behind, why, err
		return r
	}
	if left := a.writes(v, w); len(left) > 0 {
		return fail(actuator.NotReadBack, fmt.Errorf("after the write %v is still to do", left[0]))
	}
	if v.target.invalid {
		return fail(actuator.RuleChanged, errors.New("the router calls the dst-nat rule invalid"))
	}
	if a.opts.Probe != nil && w.server.IsValid() {
		if err := a.opts.Probe(ctx, router, a.public(router)); err != nil {
			return fail(actuator.ProbeFailed, err)
		}
	}
	return r
}
