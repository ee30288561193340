package vrrp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"jembatan/failover/actuator"
	"jembatan/routeros"
	"jembatan/tunnel"
)

const menu = "/interface/vrrp"

// An instance is a service's VRRP interface as one router has it.
type instance struct {
	id       string
	comment  string
	epoch    uint64
	priority int
	preempts bool
	disabled bool
	// adverts is what every member must have in common, or it discards the
	// others' adverts (RFC 5798, 7.1; MikroTik manual, "VRRP").
	adverts string
	master  bool
	invalid bool
}

// A view is what is known of one router.
type view struct {
	instance

	why actuator.Reason // why the instance is not known; zero when it is
	err error
}

// A place is what the configuration of an instance should be.
type place struct {
	priority int
	preempts bool
	disabled bool
}

func (i *instance) place() place { return place{i.priority, i.preempts, i.disabled} }

// read is the sentence that reads the service's instance.
func read() routeros.Request {
	return routeros.Request{Path: menu + "/print", Fields: routeros.FieldsOf(".proplist",
		".id,comment,vrid,version,interval,priority,preemption-mode,master,invalid,disabled")}
}

// set is the sentence that puts an instance in a place under an epoch.
func (i *instance) set(p place, comment string) routeros.Request {
	yesNo := map[bool]string{true: "yes", false: "no"}
	return routeros.Request{Path: menu + "/set", Fields: routeros.FieldsOf(
		".id", i.id, "priority", strconv.Itoa(p.priority), "preemption-mode", yesNo[p.preempts], "disabled", yesNo[p.disabled], "comment", comment)}
}

// find returns the service's instance among a router's.
func (a *Actuator) find(rows []routeros.Row) view {
	var found []instance
	for _, row := range rows {
		get := func(name string) string { v, _ := row.Get(name); return v }
		if !actuator.HasMark(get("comment"), tunnel.VRRPMark(a.service.Name)) {
			continue
		}
		epoch, ok := actuator.EpochOf(get("comment"))
		if !ok {
			return view{why: actuator.EpochUnreadable, err: fmt.Errorf("comment %q", get("comment"))}
		}
		priority, _ := strconv.Atoi(get("priority"))
		interval := get("interval")
		if d, err := routeros.ParseDuration(interval); err == nil {
			interval = d.String()
		}
		found = append(found, instance{
			id: row.ID(), comment: get("comment"), epoch: epoch, priority: priority,
			preempts: row.Bool("preemption-mode"), disabled: row.Bool("disabled"), master: row.Bool("master"), invalid: row.Bool("invalid"),
			adverts: fmt.Sprintf("version %s, vrid %s, every %s", get("version"), get("vrid"), interval),
		})
	}
	switch {
	case len(found) == 0:
		return view{why: actuator.NoRule, err: errors.New("the VRRP interface is not there")}
	case len(found) > 1:
		return view{why: actuator.TwoRules, err: fmt.Errorf("%d VRRP interfaces carry its mark", len(found))}
	case found[0].invalid:
		return view{instance: found[0], why: actuator.NotAble, err: errors.New("the router calls the VRRP interface invalid")}
	}
	return view{instance: found[0]}
}

// ask reads one router.
func (a *Actuator) ask(ctx context.Context, router string) view {
	p, err := a.connect(ctx, router)
	if err != nil {
		return view{why: actuator.Classify(err), err: err}
	}
	r := p.Pipeline(ctx, read())
	if err := actuator.Failed(r); err != nil {
		return view{why: actuator.Classify(err), err: err}
	}
	return a.find(r[0].Reply.Rows)
}

// put brings one router's instance to a place, in one write: read, set, read
// back. What a higher epoch wrote in the meantime is put back. The view is what
// the router has afterwards.
func (a *Actuator) put(ctx context.Context, router string, was instance, to place, epoch uint64) view {
	if was.place() == to && was.epoch == epoch {
		return view{instance: was}
	}
	p, err := a.connect(ctx, router)
	if err != nil {
		return view{why: actuator.Classify(err), err: err}
	}
	r := p.Pipeline(ctx, read(), was.set(to, actuator.Stamp(was.comment, epoch)), read())
	if err := actuator.Failed(r); err != nil {
		return view{instance: was, why: actuator.Classify(err), err: err}
	}
	prior, now := a.find(r[0].Reply.Rows), a.find(r[2].Reply.Rows)
	switch {
	case prior.why == 0 && prior.epoch > epoch:
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.opts.Timeout)
		defer cancel()
		err := actuator.Failed(p.Pipeline(ctx, prior.set(prior.place(), prior.comment)))
		prior.why, prior.err = actuator.HigherEpoch, errors.Join(fmt.Errorf("epoch %d came while epoch %d wrote; it was put back", prior.epoch, epoch), err)
		return prior
	case now.why == 0 && (now.place() != to || now.epoch != epoch):
		now.why, now.err = actuator.NotReadBack, fmt.Errorf("reads back %+v, want %+v", now.place(), to)
	}
	return now
}

// standing is the place of a router when nothing moves. Only the chosen one
// preempts: a router that comes back waits until it is chosen.
func (a *Actuator) standing(router, chosen string) place {
	if router == chosen {
		return place{priority: tunnel.VRRPChosen, preempts: true}
	}
	return place{priority: tunnel.VRRPPriority(slices.Index(a.service.Routers, router))}
}
