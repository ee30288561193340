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
func (d *differ) unwanted() map[string][]Step {
	gone := map[string][]Step{}
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
				unit := belongs(m.path, mark, rows[mark])
				s := removeStep(r.Name, m.path, mark, rows[mark])
				if before := d.firstForeign(r.Name, m.path); before != "" {
					s.Was[placeBefore] = before // Where it goes if it is added again.
				}
				gone[unit] = append(gone[unit], s)
			}
		}
	}
	return gone
}

// owners returns a function that names the unit of an object on a router: both
// ends of a link go together, whatever refers to a tunnel goes with it, and the
// rest goes with the bridge.
func (d *differ) owners(router string) func(path, mark string, row Row) string {
	byName, byRemote := map[string]string{}, map[string]string{}
	group := func(mark string) string {
		scope, name, _ := tunnel.ParseMark(mark)
		key := linkKey(scope, name)
		if unit, ok := d.groups[key]; ok {
			return unit
		}
		return key
	}
	for mark, row := range d.ours[router][MenuEoIP] {
		byName[row["name"]] = group(mark)
		byRemote[row["remote-address"]+"/32"] = group(mark)
	}
	for _, row := range d.ours[router][MenuBonding] {
		for slave := range strings.SplitSeq(row["slaves"], ",") {
			if unit, ok := byName[slave]; ok {
				byName[row["name"]] = unit
			}
		}
	}
	return func(path, mark string, row Row) string {
		scope, name, _ := tunnel.ParseMark(mark)
		key := ""
		switch path {
		case MenuEoIP:
			return group(mark)
		case MenuBonding:
			key = byName[row["name"]]
			if key == "" {
				key = scope + "/" + name
			}
		case MenuBridgePort:
			key = byName[row["interface"]]
		case MenuRoute:
			key = byRemote[row["dst-address"]]
		case MenuVRRP, MenuAddress, MenuNAT, MenuFilter, MenuNetwatch:
			return serviceUnitName(scope, router)
		}
		if key == "" {
			key = memberName(scope, router)
		}
		return key
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
