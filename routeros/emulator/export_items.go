package emulator

import (
	"cmp"
	"slices"
	"strings"

	"jembatan/routeros/rsc"
)

// An exported row is one that an export shows, and how.
type exported struct {
	row  *row
	item rsc.Item
}

// exportItems are the commands that make a fresh device what this one is. What
// is referred to comes before what refers to it, so that a menu may come up
// twice; the rows of a menu whose order counts stay in it.
func (d *Device) exportItems(f exportForm) []rsc.Item {
	menus := d.exportOrder(f.under)
	lists := make([][]exported, len(menus))
	waiting := map[*row]bool{}
	left := 0
	for i, m := range menus {
		for at, r := range d.table(m).rows {
			if it, ok := d.exportItem(m, r, at, f); ok {
				lists[i] = append(lists[i], exported{r, it})
				waiting[r] = true
				left++
			}
		}
	}
	out := make([]rsc.Item, 0, left)
	for len(out) < left {
		before := len(out)
		for i, m := range menus {
			lists[i], out = d.exportReady(m, lists[i], waiting, out)
		}
		if len(out) > before {
			continue
		}
		for _, list := range lists { // They refer to each other in a circle.
			for _, p := range list {
				out = append(out, p.item)
			}
		}
	}
	return out
}

// exportReady appends to out what of a menu's list refers to nothing that is
// waiting, over and over until there is no more of it, and returns the rest.
func (d *Device) exportReady(m *menuAt, list []exported, waiting map[*row]bool, out []rsc.Item) ([]exported, []rsc.Item) {
	for {
		var rest []exported
		for i, p := range list {
			if d.refersTo(p.row, waiting) {
				if m.ordered {
					rest = append(rest, list[i:]...)
					break
				}
				rest = append(rest, p)
				continue
			}
			delete(waiting, p.row)
			out = append(out, p.item)
		}
		if len(rest) == len(list) || m.ordered {
			return rest, out
		}
		list = rest
	}
}

// refersTo reports whether a value of r names one of rows, itself left out.
func (d *Device) refersTo(r *row, rows map[*row]bool) bool {
	for _, c := range r.cells {
		if c.p.kind.ref == nil || c.none {
			continue
		}
		for v := range strings.SplitSeq(c.v, ",") {
			if t := d.deref(c.p, strings.TrimPrefix(v, "!")); t != nil && t != r && rows[t] {
				return true
			}
		}
	}
	return false
}

// exportOrder are the menus at and below a path that /export shows: interfaces
// first, then by the first word of the path.
func (d *Device) exportOrder(under string) []*menuAt {
	var ifaces, rest []*menuAt
	for _, path := range d.schema.order {
		m := d.schema.menus[path]
		switch {
		case m.bare, m.noSet && (m.noAdd || m.view != nil), notExported(path):
		case under != "" && path != under && !strings.HasPrefix(path, under+"/"):
		case m.iface != "":
			ifaces = append(ifaces, m)
		default:
			rest = append(rest, m)
		}
	}
	slices.SortStableFunc(rest, func(a, b *menuAt) int { return cmp.Compare(firstWord(a.path), firstWord(b.path)) })
	return slices.Concat(ifaces, rest)
}

func firstWord(path string) string {
	word, _, _ := strings.Cut(path, "/")
	return word
}

// notExported are menus whose rows /export never shows.
func notExported(path string) bool {
	return path == "user" || path == "file" || strings.HasPrefix(path, "certificate")
}
