package audit

import "strings"

// Differ compares a saved export with the live router that it is of: tunnels,
// bridges, ports, bonds, VRRP, addresses and NAT. Ok is false when they are the
// same.
func Differ(saved, live *Router) (d Doubt, ok bool) {
	d = Doubt{Kind: DoubtDifferent, Router: live.Name, File: saved.Source.Where}
	for _, c := range []struct{ menu, key string }{
		{MenuEoIP, "name"},
		{MenuBridge, "name"},
		{MenuPort, "interface"},
		{MenuBonding, "name"},
		{MenuVRRP, "name"},
		{MenuAddress, "address"},
		{MenuNAT, "comment"},
	} {
		if _, known := live.Menus[c.menu]; !known || live.Unread[c.menu] != "" || !saved.covers(c.menu) {
			continue
		}
		d.Evidence = append(d.Evidence, differMenu(saved, live, c.menu, c.key)...)
	}
	if len(d.Evidence) == 0 {
		return d, false
	}
	d.Say = say("%s: %d differences", "%s: %d perbedaan", saved.Source.Where, len(d.Evidence))
	return d, true
}

// covers reports whether an export tells all of a menu.
func (r *Router) covers(menu string) bool {
	return r.Scope == "/" || menu == r.Scope || r.Scope != "" && strings.HasPrefix(menu, r.Scope+"/")
}

// differMenu compares the rows of a menu by a key; rows without one are left
// out.
func differMenu(saved, live *Router, menu, key string) []Evidence {
	var out []Evidence
	there := map[string]*Row{}
	for i := range live.Menus[menu] {
		row := &live.Menus[menu][i]
		if !row.Is("dynamic") && row.Get(key) != "" {
			there[row.Get(key)] = row
		}
	}
	for i := range saved.Menus[menu] {
		row := &saved.Menus[menu][i]
		k := row.Get(key)
		now := there[k]
		if k == "" {
			continue
		}
		delete(there, k)
		if now == nil {
			e := saved.note(menu, row, key, say("in the export, gone from the router", "ada di ekspor, hilang dari router"))
			e.Router = live.Name
			out = append(out, e)
			continue
		}
		for _, f := range row.Fields {
			got := now.Get(f.Name)
			if !now.Has(f.Name) || f.None || equalValues(f.Value, got) || secretField(menu, f.Name) && f.Value == got {
				continue
			}
			e := saved.note(menu, row, f.Name, say("%s in the export, %s now", "%s di ekspor, %s sekarang", f.Value, got))
			if secretField(menu, f.Name) || strings.HasPrefix(f.Name, "on-") { // Scripts may hold anything.
				e.Value = say("another one than in the export", "lain dari yang di ekspor")
			}
			e.Router = live.Name
			out = append(out, e)
		}
	}
	for _, k := range sortedKeys(there) {
		out = append(out, live.note(menu, there[k], key, say("on the router, not in the export", "ada di router, tidak di ekspor")))
	}
	return out
}

// equalValues compares two spellings of a value.
func equalValues(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	x, ok1 := duration(a)
	y, ok2 := duration(b)
	if ok1 && ok2 {
		return x == y
	}
	ai, ar, aok := strings.Cut(a, ",")
	bi, br, bok := strings.Cut(b, ",")
	return aok && bok && ar == br && equalValues(ai, bi)
}
