package plan

import (
	"fmt"
	"maps"
	"slices"

	"jembatan/tunnel"
)

// Input is what Diff compares.
type Input struct {
	Topology *tunnel.Topology
	// Observed has one entry for every router of the topology; a router that
	// is missing counts as unread.
	Observed []*Observed
	// Tokens holds, for every secret that the topology names, the token that
	// stands for its value in Observed.
	Tokens map[tunnel.SecretRef]string
	// Destroy plans the removal of everything of ours in the topology's segments
	// and services.
	Destroy bool
	// Prune names segments and services that are no longer in the topology and whose objects
	// are to be removed.
	Prune []string
}

// Diff returns the changes that make the routers what the topology wants. What
// cannot be planned is in the plan's notes with level Blocked, and everything
// else is planned. The error is for a topology that cannot be expanded.
func Diff(in Input) (*Plan, error) {
	seen := map[string]*Observed{}
	for _, o := range in.Observed {
		seen[o.Router] = o
	}
	links, err := tunnel.Expand(in.Topology, Known(in.Observed))
	if err != nil {
		return nil, err
	}
	d := &differ{
		in: in, seen: seen, scopes: map[string]bool{}, wanted: map[place]bool{}, adopted: map[place]bool{},
		made: map[string]map[string]bool{}, known: routerNames(in.Topology), links: map[string]link{},
	}
	for _, s := range in.Topology.Segments {
		d.scopes[s.Name] = true
	}
	for _, s := range in.Topology.Services {
		d.scopes[s.Name] = true
	}
	for _, s := range in.Prune {
		d.scopes[s] = true
	}
	d.index()

	p := &Plan{Format: FormatVersion, Destroy: in.Destroy, Routers: d.routerStates()}
	specs := desired(in.Topology, links, seen)
	d.adopt(specs)
	if !in.Destroy {
		d.noteLinks(links)
		d.noteServices()
	}
	p.Units = d.units(specs)
	d.noteOrphans()
	p.Notes = append([]Note{}, d.notes...) // An empty list in JSON, not null.
	return p, nil
}

// A place is where a marked object lives.
type place struct{ router, menu, mark string }

// differ holds what one Diff works with.
type differ struct {
	in     Input
	seen   map[string]*Observed
	scopes map[string]bool // segments and services whose objects are compared
	ours   map[string]map[string]map[string]Row
	twice  map[place]bool
	// adopted are places of objects that are in ours without our mark: the plan
	// gives it to them.
	adopted map[place]bool
	wanted  map[place]bool
	made    map[string]map[string]bool // interfaces that the topology makes, by router
	known   map[string]bool            // the routers of the topology
	links   map[string]link            // of every tunnel, by mark
	notes   []Note
}

// index sorts every router's rows by mark.
func (d *differ) index() {
	d.ours = map[string]map[string]map[string]Row{}
	d.twice = map[place]bool{}
	for name, o := range d.seen {
		d.ours[name] = map[string]map[string]Row{}
		for _, m := range menus() {
			rows, twice := o.ours(m.path, d.scopes)
			d.ours[name][m.path] = rows
			for mark := range twice {
				d.twice[place{name, m.path, mark}] = true
			}
		}
	}
}

func (d *differ) note(level Level, subject, format string, args ...any) {
	d.notes = append(d.notes, Note{Level: level, Subject: subject, Text: fmt.Sprintf(format, args...)})
}

// routerStates describes the routers of the topology, in its order.
func (d *differ) routerStates() []RouterState {
	var states []RouterState
	for _, r := range d.in.Topology.Routers {
		o, ok := d.seen[r.Name]
		switch {
		case !ok:
			states = append(states, RouterState{Name: r.Name, Unread: "not read"})
		case o.Unread != "":
			states = append(states, RouterState{Name: r.Name, Identity: o.Identity, Version: o.Version, Unread: o.Unread})
		default:
			states = append(states, RouterState{
				Name: r.Name, Identity: o.Identity, Version: o.Version, Fingerprint: o.Fingerprint(),
			})
		}
	}
	return states
}

// unread says why a router cannot be planned for, or "".
func (d *differ) unread(router string) string {
	o, ok := d.seen[router]
	if !ok {
		return "not read"
	}
	return o.Unread
}

// units compares every wanted unit and adds what is to go away.
func (d *differ) units(specs []unitSpec) []Unit {
	for _, u := range specs {
		d.register(u)
	}
	gone := d.unwanted()
	blocked := map[string]bool{}
	var units []Unit
	for _, spec := range specs {
		u := Unit{Name: spec.name, Title: spec.title, Routers: spec.routers, After: spec.after}
		reason := d.blockedBy(spec, blocked)
		if reason == "" && !d.in.Destroy {
			u.Steps, reason = d.unitSteps(spec)
		}
		left := gone[spec.name]
		delete(gone, spec.name)
		if reason != "" {
			blocked[spec.name] = true
			d.note(Blocked, spec.name, "not planned: %s", reason)
			continue
		}
		if left != nil {
			u.Steps = append(u.Steps, left.steps...)
		}
		if len(u.Steps) > 0 {
			units = append(units, d.finish(u))
		}
	}
	return orderUnits(append(units, d.leftovers(gone, specs, blocked)...))
}

// register enters a wanted unit's objects, so that they are not taken for
// leftovers, and its tunnels' group.
func (d *differ) register(u unitSpec) {
	for _, o := range u.objects {
		if !d.in.Destroy {
			d.wanted[place{o.router, o.menu, o.mark}] = true
		}
		if o.menu == MenuEoIP || o.menu == MenuBonding {
			if d.made[o.router] == nil {
				d.made[o.router] = map[string]bool{}
			}
			d.made[o.router][o.props["name"]] = true
		}
		if o.menu == MenuEoIP {
			d.links[o.mark] = link{unit: u.name, routers: u.routers}
		}
	}
}

// blockedBy says why a unit cannot be planned at all, or "".
func (d *differ) blockedBy(u unitSpec, blocked map[string]bool) string {
	for _, router := range u.routers {
		if why := d.unread(router); why != "" {
			return fmt.Sprintf("%s: %s", router, why)
		}
	}
	for _, name := range u.after {
		if blocked[name] {
			return name + " is not planned"
		}
	}
	return ""
}

// unitSteps compares the objects of one unit. The reason is not empty when the
// unit must not be planned.
func (d *differ) unitSteps(u unitSpec) (steps []Step, reason string) {
	for i := range u.objects {
		o := &u.objects[i]
		if reason := d.conflict(o); reason != "" {
			return nil, reason
		}
		steps = append(steps, d.objectSteps(u.name, o)...)
	}
	return steps, ""
}

// finish puts the steps of a unit in order and fills what follows from them: no
// step is on a router that the unit does not name.
func (d *differ) finish(u Unit) Unit {
	u.Steps = arrange(u.Steps)
	routers := map[string]bool{}
	for i := range u.Steps {
		s := &u.Steps[i]
		routers[s.Router] = true
		s.Disruptive = d.disruption(s)
	}
	u.Routers = slices.Clone(u.Routers)
	for _, router := range slices.Sorted(maps.Keys(routers)) {
		if !slices.Contains(u.Routers, router) {
			u.Routers = append(u.Routers, router)
		}
	}
	return u
}

// orderUnits makes bridges that go away wait for the links on them, forgets
// dependencies on units that have nothing to do, and puts units behind those
// that they wait for.
func orderUnits(units []Unit) []Unit {
	names := map[string]bool{}
	for _, u := range units {
		names[u.Name] = true
	}
	first, last := []Unit{}, []Unit{} // An empty list in JSON, not null.
	for _, u := range units {
		u.After = slices.DeleteFunc(slices.Clone(u.After), func(n string) bool { return !names[n] })
		if removesBridge(u) {
			last = append(last, u)
		} else {
			first = append(first, u)
		}
	}
	going := map[string]bool{}
	for _, u := range last {
		going[u.Name] = true
	}
	for i, u := range first {
		first[i].After = slices.DeleteFunc(u.After, func(n string) bool { return going[n] })
	}
	for i := range last {
		for _, u := range first {
			if sharesRouter(u, last[i]) {
				last[i].After = append(last[i].After, u.Name)
			}
		}
	}
	return append(first, last...)
}

func removesBridge(u Unit) bool {
	return slices.ContainsFunc(u.Steps, func(s Step) bool { return s.Menu == MenuBridge && s.Op == Remove })
}

func sharesRouter(a, b Unit) bool {
	return slices.ContainsFunc(a.Routers, func(r string) bool { return slices.Contains(b.Routers, r) })
}
