package plan

import (
	"maps"
	"slices"
	"strings"

	"jembatan/tunnel"
)

// unwanted returns the removal of every object of ours that the topology does
// not want, by the unit that it belongs to. Routers that were not read have
// none.
func (d *differ) unwanted() map[string]*leftover {
	d.findLinks()
	gone := map[string]*leftover{}
	for _, r := range d.in.Topology.Routers {
		o, ok := d.seen[r.Name]
		if !ok || o.Unread != "" {
			continue
		}
		belongs := d.owners(r.Name)
		for _, m := range menus() {
			rows := d.ours[r.Name][m.path]
			for _, mark := range slices.Sorted(maps.Keys(rows)) {
				if d.wanted[place{r.Name, m.path, mark}] {
					continue
				}
				s := removeStep(r.Name, m.path, mark, rows[mark])
				if before := d.firstForeign(r.Name, m.path); before != "" {
					s.Was[placeBefore] = before // Where it goes if it is added again.
				}
				enter(gone, belongs(m.path, mark, rows[mark]), &s)
			}
		}
	}
	return gone
}

// enter adds a step to what goes away with a link, or with a unit of one router.
func enter(gone map[string]*leftover, of link, s *Step) {
	left := gone[of.unit]
	if left == nil {
		scope, _, _ := tunnel.ParseMark(s.Mark)
		left = &leftover{scope: scope}
		gone[of.unit] = left
	}
	left.steps = append(left.steps, *s)
	for _, router := range of.routers {
		if !slices.Contains(left.routers, router) {
			left.routers = append(left.routers, router)
		}
	}
}

// owners returns a function that says where an object on a router belongs: both
// ends of a link go together, whatever refers to a tunnel goes with it, and the
// rest goes with the bridge.
func (d *differ) owners(router string) func(path, mark string, row Row) link {
	type remote struct{ scope, dst string }
	byName, byRemote := map[string]link{}, map[remote]link{}
	tunnels := d.ours[router][MenuEoIP]
	for _, mark := range slices.Sorted(maps.Keys(tunnels)) {
		scope, _, _ := tunnel.ParseMark(mark)
		byName[tunnels[mark]["name"]] = d.links[mark]
		byRemote[remote{scope, tunnels[mark]["remote-address"] + "/32"}] = d.links[mark]
	}
	for mark, row := range d.ours[router][MenuBonding] {
		of := d.bondLink(router, mark)
		for slave := range strings.SplitSeq(row["slaves"], ",") {
			if l, ok := byName[slave]; ok {
				of = l
			}
		}
		byName[row["name"]] = of
	}
	return func(path, mark string, row Row) link {
		scope, _, _ := tunnel.ParseMark(mark)
		var of link
		switch path {
		case MenuEoIP:
			of = d.links[mark]
		case MenuBonding:
			of = byName[row["name"]]
		case MenuBridgePort:
			of = byName[row["interface"]]
		case MenuRoute:
			of = byRemote[remote{scope, row["dst-address"]}]
		case MenuVRRP, MenuAddress, MenuNAT, MenuFilter, MenuNetwatch:
			of.unit = serviceUnitName(scope, router)
		}
		if of.unit == "" {
			of.unit = memberName(scope, router)
		}
		return of
	}
}

// noteOrphans tells of objects with a mark of a segment or service that the
// topology does not have. They may belong to another file, so they are left alone.
func (d *differ) noteOrphans() {
	found := map[string]map[string]bool{}
	for name, o := range d.seen {
		for _, m := range menus() {
			for _, row := range o.Menus[m.path] {
				scope, _, ok := row.Mark()
				if !ok || d.scopes[scope] {
					continue
				}
				if found[scope] == nil {
					found[scope] = map[string]bool{}
				}
				found[scope][name] = true
			}
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(found)) {
		d.note(Info, scope, "objects of a segment or service that this file does not have are left alone on %s (--prune %s removes them)",
			strings.Join(slices.Sorted(maps.Keys(found[scope])), ", "), scope)
	}
}
