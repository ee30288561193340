package nat

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"jembatan/failover/actuator"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// The menus that the actuator reads and writes.
const (
	menuNAT        = "/ip/firewall/nat"
	menuFilter     = "/ip/firewall/filter"
	menuConnection = "/ip/firewall/connection"
)

// ids are where a router has the service's rules.
type ids struct {
	target string
	blocks map[string]string // by server
}

// A rule is one of ours as a router has it.
type rule struct {
	id       string
	comment  string
	epoch    uint64
	to       string // to-addresses
	address  string // dst-address
	ports    string // dst-port
	disabled bool
	invalid  bool
}

// A view is what one router has of the service.
type view struct {
	target  rule
	blocks  map[string]rule // by server
	entries []entry         // connections of clients of the service
}

// epoch is the highest one on any of the rules.
func (v *view) epoch() uint64 {
	top := v.target.epoch
	for _, b := range v.blocks {
		top = max(top, b.epoch)
	}
	return top
}

// A problem is why a view cannot be used.
type problem struct {
	reason actuator.Reason
	err    error
}

func trouble(reason actuator.Reason, format string, args ...any) *problem {
	return &problem{reason, fmt.Errorf(format, args...)}
}

// lost is the problem of a pipeline that failed.
func lost(err error) *problem { return &problem{actuator.Classify(err), err} }

// readRules are the two sentences that read the service's rules: by their ids
// when those are known, else everything, since queries know no patterns
// (MikroTik manual, "API", queries).
func readRules(known ids) []routeros.Request {
	proplist := ".id,comment,to-addresses,dst-address,dst-port,disabled,invalid"
	nat := routeros.Request{Path: menuNAT + "/print", Fields: routeros.FieldsOf(".proplist", proplist)}
	filter := routeros.Request{Path: menuFilter + "/print", Fields: routeros.FieldsOf(".proplist", strings.Replace(proplist, "to-addresses,", "", 1))}
	if known.target != "" {
		nat.Query = anyOf(".id", []string{known.target})
		blocks := make([]string, 0, len(known.blocks))
		for _, id := range known.blocks {
			blocks = append(blocks, id)
		}
		slices.Sort(blocks)
		filter.Query = anyOf(".id", blocks)
	}
	return []routeros.Request{nat, filter}
}

// anyOf is a query for rows of which name has one of the values.
func anyOf(name string, values []string) []string {
	var q []string
	for i, v := range values {
		if q = append(q, "?"+name+"="+v); i > 0 {
			q = append(q, "?#|")
		}
	}
	return q
}

// rulesOf finds the service's rules among the answers to readRules.
func (a *Actuator) rulesOf(router string, nat, filter []routeros.Row) (view, *problem) {
	v := view{blocks: map[string]rule{}}
	target, why := one(nat, tunnel.TargetMark(a.service.Name))
	if why != nil {
		return v, why
	}
	v.target = target
	for _, s := range a.service.Servers {
		block, why := one(filter, tunnel.BlockMark(a.service.Name, s.Name))
		if why != nil {
			return v, why
		}
		v.blocks[s.Name] = block
		if !sameAddress(block.address, s.Address) || !a.samePorts(block.ports) {
			return v, trouble(actuator.RuleChanged, "the block rule of %s is for %s:%s", s.Name, block.address, block.ports)
		}
	}
	if !sameAddress(target.address, a.public(router)) || !a.samePorts(target.ports) {
		return v, trouble(actuator.RuleChanged, "the dst-nat rule is for %s:%s", target.address, target.ports)
	}
	return v, nil
}

// one returns the only row with that mark.
func one(rows []routeros.Row, mark string) (rule, *problem) {
	var found []rule
	for _, row := range rows {
		comment, _ := row.Get("comment")
		if !actuator.HasMark(comment, mark) {
			continue
		}
		epoch, ok := actuator.EpochOf(comment)
		if !ok {
			return rule{}, trouble(actuator.EpochUnreadable, "comment %q", comment)
		}
		get := func(name string) string { v, _ := row.Get(name); return v }
		found = append(found, rule{
			id: row.ID(), comment: comment, epoch: epoch, to: get("to-addresses"), address: get("dst-address"), ports: get("dst-port"),
			disabled: row.Bool("disabled"), invalid: row.Bool("invalid"),
		})
	}
	switch len(found) {
	case 0:
		return rule{}, trouble(actuator.NoRule, "no row %q", mark)
	case 1:
		return found[0], nil
	}
	return rule{}, trouble(actuator.TwoRules, "%d rows %q", len(found), mark)
}

// sameAddress compares an address as a rule prints it, perhaps with its /32.
func sameAddress(printed string, want netip.Addr) bool {
	return strings.TrimSuffix(printed, "/32") == want.String()
}

// samePorts compares a rule's list of ports with the service's.
func (a *Actuator) samePorts(printed string) bool {
	have := strings.Split(printed, ",")
	want := make([]string, len(a.service.Ports))
	for i, p := range a.service.Ports {
		want[i] = strconv.Itoa(int(p))
	}
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want)
}

// public is the address that clients use on a router.
func (a *Actuator) public(router string) netip.Addr {
	for _, r := range a.service.Routers {
		if r.Name == router {
			return r.Public
		}
	}
	return netip.Addr{}
}

// look reads a router's rules and connections in one round trip, two when the
// rules are not where they were. Fresh looks through all rules, and so finds a
// second one with our mark.
func (a *Actuator) look(ctx context.Context, p actuator.Pipeliner, router string, w wanted, fresh bool) (v view, trips int, why *problem) {
	a.mu.Lock()
	known := a.ids[router]
	a.mu.Unlock()
	if fresh {
		known = ids{}
	}
	for {
		trips++
		results := p.Pipeline(ctx, append(readRules(known), a.readEntries(router, w))...)
		if err := actuator.Failed(results); err != nil {
			return v, trips, lost(err)
		}
		v, why = a.rulesOf(router, results[0].Reply.Rows, results[1].Reply.Rows)
		if why != nil && known.target != "" {
			known = ids{} // Somebody has removed and added them: look everywhere.
			continue
		}
		v.entries = a.entriesOf(router, results[2].Reply.Rows)
		if why != nil {
			v = view{} // No ids: everything is looked through next time too.
		}
		a.remember(router, &v)
		return v, trips, why
	}
}

// ids are where the rules of a view are.
func (v *view) ids() ids {
	known := ids{target: v.target.id, blocks: map[string]string{}}
	for name, b := range v.blocks {
		known.blocks[name] = b.id
	}
	return known
}

// remember keeps the ids of the rules that were found.
func (a *Actuator) remember(router string, v *view) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[router] = v.ids()
}
