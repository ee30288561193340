package tunnel

import (
	"cmp"
	"fmt"
	"slices"
)

// A nameWish is an interface that wants a name on a router.
type nameWish struct {
	router, mark, base string
	name               *string // where the name goes
}

// allotNames names the interfaces: eoip-SEGMENT-PEER, with the uplink of this
// end behind it when the link has two tunnels, and bond-SEGMENT-PEER. Where
// something else has that name, be it a tunnel of ours that is renamed or goes
// away, a suffix hashed from the interface's mark makes another: both stand side
// by side until the change is made. Who already bears a name keeps it, so it
// stays the same from run to run. A name that the topology gives comes before all
// others.
func (x *expansion) allotNames() {
	var wishes []nameWish
	for i := range x.links {
		wishes = append(wishes, x.links[i].nameWishes()...)
	}
	slices.SortFunc(wishes, func(a, b nameWish) int {
		return cmp.Or(cmp.Compare(a.router, b.router), cmp.Compare(a.mark, b.mark), cmp.Compare(a.base, b.base))
	})
	given := make(map[[2]string]bool)
	x.pinNames(given)
	for _, w := range wishes {
		if *w.name == "" {
			x.keepName(w, given)
		}
	}
	for _, w := range wishes {
		for try := 0; *w.name == ""; try++ {
			name := w.candidate(try)
			owner, used := x.known.Names[w.router][name]
			if !given[[2]string{w.router, name}] && (!used || owner == w.mark) {
				*w.name = name
				given[[2]string{w.router, name}] = true
			}
		}
	}
}

// pinNames gives interfaces the names that the topology asks for.
func (x *expansion) pinNames(given map[[2]string]bool) {
	pins := make(map[string]PinnedID)
	for i := range x.topology.Segments {
		s := &x.topology.Segments[i]
		for _, p := range s.Tunnels.IDs {
			pins[Mark(s.Name, p.Pair.tunnelName())] = p.sorted()
		}
	}
	for i := range x.links {
		l := &x.links[i]
		for j := range l.Tunnels {
			t := &l.Tunnels[j]
			pin := pins[t.Mark()]
			for end, router := range l.Routers {
				x.pinName(t, router, pin.Names[end], &t.Ends[end].Interface, given)
				if l.Redundancy == Bond && l.Bonds[end] != pin.Bonds[end] {
					x.pinName(t, router, pin.Bonds[end], &l.Bonds[end], given)
				}
			}
		}
	}
}

// pinName gives one interface the name that the topology asks for, if it does.
func (x *expansion) pinName(t *Tunnel, router, name string, dst *string, given map[[2]string]bool) {
	switch {
	case name == "":
		return
	case *dst != "":
		x.problem(t.Segment, t.Name, "the bond on %s is called %q and %q", router, *dst, name)
	case given[[2]string{router, name}]:
		x.problem(t.Segment, t.Name, "the name %q is given twice on %s", name, router)
	}
	*dst = name
	given[[2]string{router, name}] = true
}

// keptTries is how many of the names that an interface may have got are looked
// for: beyond the second, hashes have met.
const keptTries = 4

// keepName gives an interface the name that it bears now, if that is one of
// those that it would get.
func (x *expansion) keepName(w nameWish, given map[[2]string]bool) {
	for try := range keptTries {
		name := w.candidate(try)
		owner, used := x.known.Names[w.router][name]
		if used && owner == w.mark && !given[[2]string{w.router, name}] {
			*w.name = name
			given[[2]string{w.router, name}] = true
			return
		}
	}
}

// candidate returns the name to try for the try-th time.
func (w nameWish) candidate(try int) string {
	switch try {
	case 0:
		return w.base
	case 1:
		return fmt.Sprintf("%s-%04x", w.base, hash("name", w.mark)&0xffff)
	}
	return fmt.Sprintf("%s-%04x-%d", w.base, hash("name", w.mark)&0xffff, try)
}

func (l *Link) nameWishes() []nameWish {
	var out []nameWish
	for i, router := range l.Routers {
		peer := l.Routers[1-i]
		for j := range l.Tunnels {
			t := &l.Tunnels[j]
			base := "eoip-" + l.Segment + "-" + peer
			if len(l.Tunnels) == 2 {
				base += "-" + t.Ends[i].Uplink
				if l.Tunnels[0].Ends[i].Uplink == l.Tunnels[1].Ends[i].Uplink {
					base += "-" + t.Ends[1-i].Uplink
				}
			}
			out = append(out, nameWish{router, t.Mark(), base, &t.Ends[i].Interface})
		}
		if l.Redundancy == Bond {
			out = append(out, nameWish{router, l.Mark(), "bond-" + l.Segment + "-" + peer, &l.Bonds[i]})
		}
	}
	return out
}
