package plan

import (
	"maps"
	"slices"
	"strings"

	"jembatan/tunnel"
)

// A link is what an object of ours says about the two routers that it joins.
type link struct {
	unit string // the name of the unit that it is carried out in
	// routers are the routers of the topology that it has, or may have where the
	// mark does not say which of several it means.
	routers []string
}

// linkName names the unit of a link, "segment/a-b". Where routers have dashes in
// their names and that could also be a member or another link, it is
// "segment/a+b".
func linkName(known map[string]bool, segment, a, b string) string {
	name := a + "-" + b
	other := known[name]
	for i := range len(name) {
		if name[i] == '-' && i != len(a) {
			other = other || known[name[:i]] && known[name[i+1:]]
		}
	}
	if other {
		name = a + "+" + b
	}
	return segment + "/" + name
}

// routerNames are the names of a topology's routers.
func routerNames(t *tunnel.Topology) map[string]bool {
	known := make(map[string]bool, len(t.Routers))
	for i := range t.Routers {
		known[t.Routers[i].Name] = true
	}
	return known
}

// findLinks finds out, for every tunnel of ours that the topology does not have,
// which link it is of.
func (d *differ) findLinks() {
	bearers, bonds := map[string][]string{}, map[string]string{}
	for i := range d.in.Topology.Routers {
		router := d.in.Topology.Routers[i].Name
		bondOf := map[string]string{}
		for mark, row := range d.ours[router][MenuBonding] {
			for slave := range strings.SplitSeq(row["slaves"], ",") {
				bondOf[slave] = mark
			}
		}
		for mark, row := range d.ours[router][MenuEoIP] {
			bearers[mark] = append(bearers[mark], router)
			if bond := bondOf[row["name"]]; bond != "" {
				bonds[mark] = bond
			}
		}
	}
	for mark, routers := range bearers {
		if _, wanted := d.links[mark]; !wanted {
			d.links[mark] = d.linkOf(mark, routers, bonds[mark])
		}
	}
}

// linkOf takes the mark of a tunnel apart. In "a.x-b.y" it is plain where a ends,
// because no name has a dot, but each of the dashes may be the one before b. So b
// is the other router that bears the mark, else the one in the mark "a-b" of the
// bond over the tunnel, else the one router of the topology that the mark may
// name. If it is none of these, the tunnel is a unit of its own.
func (d *differ) linkOf(mark string, bearers []string, bond string) link {
	scope, name, _ := tunnel.ParseMark(mark)
	a, rest, _ := strings.Cut(name, ".")
	middle := rest[:max(0, strings.LastIndex(rest, "."))]
	isSecond := func(b string) bool {
		return b > a && len(middle) > len(b)+1 && strings.HasSuffix(middle, "-"+b)
	}
	var found []string
	for _, b := range bearers {
		if isSecond(b) {
			found = append(found, b)
		}
	}
	_, joined, _ := tunnel.ParseMark(bond)
	if b, ok := strings.CutPrefix(joined, a+"-"); ok && len(found) != 1 && isSecond(b) {
		found = []string{b}
	}
	if len(found) != 1 {
		found = slices.DeleteFunc(slices.Sorted(maps.Keys(d.known)), func(b string) bool { return !isSecond(b) })
	}
	if len(found) == 1 {
		return d.linkBetween(scope, a, found[0])
	}
	return link{unit: scope + "/" + name, routers: append([]string{a}, found...)}
}

// linkBetween is the link of the two routers.
func (d *differ) linkBetween(scope, a, b string) link {
	return link{unit: linkName(d.known, scope, a, b), routers: []string{a, b}}
}

// bondLink is the link of a bond without tunnels of ours: its mark is "a-b", and
// one of the two is the router that it is on.
func (d *differ) bondLink(router, mark string) link {
	scope, name, _ := tunnel.ParseMark(mark)
	b, first := strings.CutPrefix(name, router+"-")
	a, second := strings.CutSuffix(name, "-"+router)
	switch {
	case first && (!second || d.known[b]):
		return d.linkBetween(scope, router, b)
	case second:
		return d.linkBetween(scope, a, router)
	}
	return link{unit: scope + "/" + name, routers: []string{router}}
}
