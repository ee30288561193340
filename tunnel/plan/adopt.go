package plan

import (
	"cmp"
	"fmt"
	"net/netip"

	"jembatan/tunnel"
)

// adopt finds, for every wanted object that is not on its router with our mark,
// the row without one that is exactly where the topology says, and takes it for
// ours. Rows with a mark of whatever scope are never taken.
func (d *differ) adopt(specs []unitSpec) {
	if d.in.Destroy {
		return
	}
	for _, spec := range specs {
		for i := range spec.objects {
			o := &spec.objects[i]
			rows := d.ours[o.router][o.menu]
			if _, exists := rows[o.mark]; !o.adopt || exists || rows == nil {
				continue
			}
			if row, found := d.adoptable(o); found && d.misfit(o, row) == "" {
				rows[o.mark] = row
				d.adopted[place{o.router, o.menu, o.mark}] = true
			}
		}
	}
}

// adoptable returns the row without a mark that an object is found by: an
// interface by its name, a port by its bridge and interface. Routes are never
// adopted.
func (d *differ) adoptable(o *object) (Row, bool) {
	by := identity(o.menu)
	if by == nil {
		return nil, false
	}
rows:
	for _, row := range d.seen[o.router].Menus[o.menu] {
		if _, _, marked := row.Mark(); marked || row.is("dynamic") {
			continue
		}
		for _, name := range by {
			if row[name] != o.props[name] {
				continue rows
			}
		}
		return row, true
	}
	return nil, false
}

// identity are the properties by which objects without a mark are found; nil
// for menus where nothing is adopted.
func identity(path string) []string {
	switch path {
	case MenuBridge, MenuEoIP, MenuBonding:
		return []string{"name"}
	case MenuBridgePort:
		return []string{"bridge", "interface"}
	}
	return nil
}

// misfit says why a row of an object's name is another object, or "".
func (d *differ) misfit(o *object, row Row) string {
	if o.menu != MenuEoIP {
		return ""
	}
	m := menuOf(o.menu)
	for _, p := range m.properties {
		if p.name != "tunnel-id" && p.name != "remote-address" || o.keeps(p.name, row[p.name]) {
			continue
		}
		if !p.same(o.props[p.name], row[p.name]) {
			return fmt.Sprintf("%s on %s has %s %s, not %s, and is not adopted", row["name"], o.router, p.name, row[p.name], o.props[p.name])
		}
	}
	return ""
}

// givenConflict says what is in the way of an interface whose name or id the
// topology gives; of others Expand has seen to that.
func (d *differ) givenConflict(o *object) string {
	at := place{o.router, o.menu, o.mark}
	if d.adopted[at] {
		return ""
	}
	if row, found := d.adoptable(o); found && o.adopt {
		return d.misfit(o, row)
	}
	if reason := d.heldByOurs(o); reason != "" {
		return reason
	}
	for _, row := range d.seen[o.router].Menus[o.menu] {
		_, _, marked := row.Mark()
		if !marked && o.menu == MenuEoIP && row["tunnel-id"] == o.props["tunnel-id"] {
			return fmt.Sprintf("tunnel id %s is in use on %s by %q, which is not ours", row["tunnel-id"], o.router, row["name"])
		}
	}
	for _, path := range []string{MenuBridge, MenuEoIP, MenuBonding} {
		for _, row := range d.seen[o.router].Menus[path] {
			if _, _, marked := row.Mark(); marked && row["name"] == o.props["name"] {
				return "" // It is ours and will be renamed, or it is this one.
			}
		}
	}
	return d.nameConflict(o)
}

// heldByOurs says which object of ours, that does not stay what it is, still has
// the name or id that the topology gives, or "". A router refuses to give either
// twice, and an object goes away only after what replaces it is there.
func (d *differ) heldByOurs(o *object) string {
	for _, path := range []string{MenuBridge, MenuEoIP, MenuBonding} {
		for _, row := range d.seen[o.router].Menus[path] {
			scope, name, marked := row.Mark()
			mark := tunnel.Mark(scope, name)
			if !marked || path == o.menu && mark == o.mark || d.wanted[place{o.router, path, mark}] {
				continue
			}
			var what string
			switch {
			case row["name"] == o.props["name"]:
				what = fmt.Sprintf("the name %q", row["name"])
			case path == MenuEoIP && o.menu == MenuEoIP && row["tunnel-id"] == o.props["tunnel-id"]:
				what = "tunnel id " + row["tunnel-id"]
			default:
				continue
			}
			return fmt.Sprintf("%s is still that of %q on %s (%s), which the topology does not have any more; "+
				"take it out of tunnels.ids, apply, and then give it again", what, row["name"], o.router, mark)
		}
	}
	return ""
}

// keeps reports whether an object of a segment that adopts keeps the value that
// it has: everything but what the topology finds it by. A tunnel also keeps a
// source address that is not pinned, or that a NAT hides, and a destination that
// is a name.
func (o *object) keeps(property, have string) bool {
	switch o.menu {
	case MenuBridge:
		return property != "name"
	case MenuBridgePort:
		return property != "bridge" && property != "interface"
	case MenuBonding:
		return property != "name" && property != "slaves"
	case MenuEoIP:
		unset := netip.IPv4Unspecified().String()
		switch property {
		case "name", "tunnel-id":
			return false
		case "remote-address":
			_, err := netip.ParseAddr(have)
			return err != nil
		case "local-address":
			return have == unset || o.props[property] == unset
		}
		return true
	}
	return false
}

// keepsSource reports whether an end exists and keeps another source address
// than the topology's.
func (d *differ) keepsSource(tun *tunnel.Tunnel, end *tunnel.End) bool {
	row, exists := d.ours[end.Router][MenuEoIP][tun.Mark()]
	for i := range d.in.Topology.Segments {
		if s := &d.in.Topology.Segments[i]; exists && s.Adopt && s.Name == tun.Segment {
			o := object{menu: MenuEoIP, props: map[string]string{"local-address": end.Local.String()}}
			return o.keeps("local-address", cmp.Or(row["local-address"], netip.IPv4Unspecified().String()))
		}
	}
	return false
}

// adopt makes a step give the object its mark; the comment that it has stays
// behind the mark.
func (s *Step) adopt(row Row) {
	s.Adopt, s.Find = true, map[string]string{}
	for _, name := range identity(s.Menu) {
		s.Find[name] = row[name]
	}
	s.Want["comment"] = s.Mark
	if comment := row["comment"]; comment != "" {
		s.Was["comment"] = comment
		s.Want["comment"] += " " + comment
	}
	s.Comment = beyondMark(s.Want["comment"], s.Mark)
}

// onlyAdopts reports whether a step changes nothing but the comment.
func (s *Step) onlyAdopts() bool {
	return s.Adopt && len(s.Want) == 1 && len(s.Unset)+len(s.Secrets) == 0
}

// Owns reports whether a row is the object that a step was planned for: it has
// the step's mark, or, where the step adopts, no mark and the comment that it
// had.
func (s *Step) Owns(row Row) bool {
	if row.HasMark(s.Mark) {
		return true
	}
	_, _, marked := tunnel.ParseMark(row["comment"])
	return s.Adopt && !marked && row["comment"] == s.Was["comment"]
}
