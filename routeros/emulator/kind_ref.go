package emulator

import "strings"

// interfaces stands for every menu of interfaces in a reference.
const interfaces = "interface"

// ref takes the name or the id of a row of one of the menus and is stored as
// its id, so that a rename is seen everywhere. The id of a row that is gone
// prints as it is stored: bridge=*1C.
func ref(menus ...string) kind {
	return kind{
		ref: menus,
		parse: func(a arg, s string) (string, error) {
			for _, m := range menus {
				if r := a.d.lookup(m, s); r != nil {
					return idText(r.id), nil
				}
			}
			if len(menus) == 1 {
				return "", noMatch(a.name)
			}
			return "", noMatchOfAny(a.name, menus)
		},
		show: func(d *Device, v string) string {
			if !strings.HasPrefix(v, "*") {
				return v
			}
			id, ok := parseID(v)
			if !ok {
				return v
			}
			for _, m := range menus {
				if r := d.byID(m, id); r != nil {
					return r.name()
				}
			}
			return v
		},
	}
}

// iface takes an interface of any type.
func iface() kind { return ref(interfaces) }

// ifaceList takes an interface list.
func ifaceList() kind { return ref("interface/list") }

// noMatchOfAny refuses a name that could have been of several types.
func noMatchOfAny(name string, menus []string) *TrapError {
	var b strings.Builder
	b.WriteString("invalid value for argument " + name + ":")
	for _, m := range menus {
		b.WriteString("\n    input does not match any value of " + strings.ReplaceAll(m, "/", "-"))
	}
	return &TrapError{Category: NoCategory, Message: b.String()}
}
