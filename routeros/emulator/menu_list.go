package emulator

// listMenus are /interface/list and its members.
func listMenus() []*menu {
	builtin := func(Version) []seed {
		out := []seed{}
		for i, x := range [][2]string{
			{"all", "contains all interfaces"},
			{"none", "contains no interfaces"},
			{"dynamic", "contains dynamic interfaces"},
			{"static", "contains static interfaces"},
		} {
			out = append(out, seed{0x2000000 + uint32(i), []string{"name", x[0], "comment", x[1]}})
		}
		return out
	}
	isBuiltin := func(r *row) bool { return r.id >= 0x2000000 && r.id < 0x2000004 }
	return []*menu{{
		path: "interface/list", key: "name", firstID: 0x2000010, clash: nameClash, rows: builtin,
		removable: func(_ *Device, r *row) error {
			if isBuiltin(r) {
				return failure("cannot remove builtin")
			}
			return nil
		},
		props: []prop{
			p("name", nonEmpty()).must(), p("include", list(ifaceList())).def(""), p("exclude", list(ifaceList())).def(""),
			ro("builtin", func(_ *Device, r *row) (string, bool) { return boolText(isBuiltin(r)), true }),
			dynamic(), comment(),
		},
	}, {
		path: "interface/list/member",
		check: func(d *Device, _, after *row) error {
			for _, r := range d.table(after.menu).rows {
				if r.id != after.id && r.get("list") == after.get("list") && r.get("interface") == after.get("interface") {
					return entryClash()
				}
			}
			return nil
		},
		props: []prop{
			p("list", ifaceList()).must(), p("interface", iface()).must(),
			dynamic(), disabled(), comment(),
		},
	}}
}
