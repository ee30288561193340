package plan

import (
	"fmt"
	"maps"
	"slices"

	"jembatan/tunnel"
)

// A leftover is a unit whose objects the topology does not want any more.
type leftover struct {
	scope string
	steps []Step
	// routers are those that the unit's link joins, or may join; empty when it
	// is no link.
	routers []string
}

// leftoverUnit plans what goes away, or says why it must not yet. Both ends of a
// link go, or none. In a tree a link that goes may have others in its place:
// it waits for all links of its segment that are not there yet, because the path
// that replaces it may lead over any of them. In a mesh no link replaces
// another, and the old one beside the new ones can be a loop.
func (d *differ) leftoverUnit(name string, l *leftover, specs []unitSpec, blocked map[string]bool) (u Unit, reason string) {
	u = Unit{Name: name, Title: "no longer wanted", Steps: l.steps}
	for _, router := range l.routers {
		if why := d.unread(router); d.known[router] && why != "" {
			return u, fmt.Sprintf("%s: %s", router, why)
		}
	}
	if len(l.routers) == 0 || d.in.Destroy || !d.isTree(l.scope) {
		return u, ""
	}
	for i := range specs {
		s := &specs[i]
		if s.segment != l.scope || len(s.routers) < 2 || d.stands(s) {
			continue
		}
		if blocked[s.name] {
			return u, fmt.Sprintf("it goes when all new links of its segment are there, and %s is not planned", s.name)
		}
		u.After = append(u.After, s.name)
	}
	return u, ""
}

// leftovers plans the units that have nothing but what goes away.
func (d *differ) leftovers(gone map[string]*leftover, specs []unitSpec, blocked map[string]bool) []Unit {
	var units []Unit
	kept := map[string]*leftover{}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		u, reason := d.leftoverUnit(name, gone[name], specs, blocked)
		if reason != "" {
			kept[name] = gone[name]
			d.note(Blocked, name, "no longer wanted, and its removal is not planned: %s", reason)
			continue
		}
		units = append(units, d.finish(u))
	}
	return slices.DeleteFunc(units, func(u Unit) bool {
		reason := d.keepsBridge(&u, gone[u.Name], kept)
		if reason != "" {
			d.note(Blocked, u.Name, "no longer wanted, and its removal is not planned: %s", reason)
		}
		return reason != ""
	})
}

// isTree reports whether a scope is a segment with a tree of hubs.
func (d *differ) isTree(scope string) bool {
	for i := range d.in.Topology.Segments {
		if s := &d.in.Topology.Segments[i]; s.Name == scope {
			return s.Shape == tunnel.Hub
		}
	}
	return false
}

// stands reports whether all that a link carries traffic with is there and
// enabled, as far as its routers were read.
func (d *differ) stands(u *unitSpec) bool {
	for i := range u.objects {
		o := &u.objects[i]
		if o.menu == MenuRoute || d.unread(o.router) != "" {
			continue
		}
		if row, exists := d.ours[o.router][o.menu][o.mark]; !exists || row.is("disabled") {
			return false
		}
	}
	return true
}

// keepsBridge says why a bridge that goes away must stay: a link on its router
// that goes away too is not planned.
func (d *differ) keepsBridge(u *Unit, l *leftover, kept map[string]*leftover) string {
	if !removesBridge(*u) {
		return ""
	}
	for i := range u.Steps {
		for _, name := range slices.Sorted(maps.Keys(kept)) {
			if kept[name].scope == l.scope && touches(kept[name].steps, u.Steps[i].Router) {
				return "the link " + name + " stays on it"
			}
		}
	}
	return ""
}

func touches(steps []Step, router string) bool {
	for i := range steps {
		if steps[i].Router == router {
			return true
		}
	}
	return false
}
