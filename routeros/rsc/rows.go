package rsc

import "slices"

// A Row is an object of a menu as the API would print it, without defaults.
type Row struct {
	Line, Last int
	Verb       string // the command that made it: add or set
	Fields     []Property
}

// Get returns the value of a field; ok is false when it is not there or
// switched off.
func (r *Row) Get(name string) (value string, ok bool) {
	for i := range r.Fields {
		if r.Fields[i].Name == name {
			return r.Fields[i].Value, !r.Fields[i].None
		}
	}
	return "", false
}

// Rows returns the objects of a menu in the order of the script. An "add" makes
// one. A "set" changes the rows before it that its find or target names; if
// there are none it makes one, for an object that every router has (a port, a
// service, the settings of the menu), with the find's conditions and the
// target's name as fields. Booleans are "true" and "false", as the API says
// them; see Word.
func (s *Script) Rows(menu string) []Row {
	var rows []Row
	for i := range s.Items {
		it := &s.Items[i]
		if it.Menu != menu {
			continue
		}
		switch it.Verb {
		case "add":
			rows = append(rows, rowOf(it))
		case "set":
			rows = it.set(rows)
		case "remove":
			rows = slices.DeleteFunc(rows, func(r Row) bool { return it.names(&r) })
		case "enable", "disable":
			for j := range rows {
				if it.names(&rows[j]) {
					rows[j].put(Property{Name: "disabled", Value: word("", "disabled", yesNo(it.Verb == "disable"))})
				}
			}
		}
	}
	return rows
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func rowOf(it *Item) Row {
	r := Row{Line: it.Line, Last: it.Last, Verb: it.Verb, Fields: make([]Property, 0, len(it.Properties)+len(it.Find)+1)}
	if it.Target != "" {
		switch {
		case it.Target[0] == '*':
			r.Fields = append(r.Fields, Property{Name: ".id", Value: it.Target})
		case isNumber(it.Target):
			r.Fields = append(r.Fields, Property{Name: ".number", Value: it.Target})
		default:
			r.Fields = append(r.Fields, Property{Name: "name", Value: it.Target})
		}
	}
	for _, p := range it.Find {
		r.put(Property{Name: p.Name, Value: word(it.Menu, p.Name, p.Value), None: p.None})
	}
	for _, p := range it.Properties {
		r.put(Property{Name: p.Name, Value: word(it.Menu, p.Name, p.Value), None: p.None})
	}
	return r
}

func (r *Row) put(p Property) {
	if i := slices.IndexFunc(r.Fields, func(x Property) bool { return x.Name == p.Name }); i >= 0 {
		r.Fields[i] = p
		return
	}
	r.Fields = append(r.Fields, p)
}

// set changes the rows that it names, or makes one.
func (it *Item) set(rows []Row) []Row {
	found := false
	for j := range rows {
		if (it.ByFind || it.Target != "") && it.names(&rows[j]) {
			found = true
			for _, p := range it.Properties {
				rows[j].put(Property{Name: p.Name, Value: word(it.Menu, p.Name, p.Value), None: p.None})
			}
		}
	}
	if found || it.ByFind && len(it.Find) == 0 {
		return rows
	}
	return append(rows, rowOf(it))
}

// names reports whether the item's find or target means the row.
func (it *Item) names(r *Row) bool {
	if it.ByFind {
		for _, c := range it.Find {
			v, ok := r.Get(c.Name)
			if ok == c.None || !c.None && v != word(it.Menu, c.Name, c.Value) {
				return false
			}
		}
		return true
	}
	for _, name := range []string{"name", ".id", ".number"} {
		if v, ok := r.Get(name); ok && v == it.Target {
			return true
		}
	}
	return false
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// word is a value as the API prints it: yes and no are true and false, except
// where they are two words of more than two.
func word(menu, name, value string) string {
	if value != "yes" && value != "no" || isSecret(name) {
		return value
	}
	switch name {
	case "name", "comment", "source", "on-event", "contents", "chain", "list", "address-list", "log-prefix", "user", "from":
		return value // Texts.
	case "dont-fragment", "edge", "learn", "point-to-point", "generate-policy", "rp-filter",
		"tls", "check-certificate", "certificate-verification", "use-compression", "use-encryption", "use-mpls",
		"change-tcp-mss", "only-one", "use-upnp", "use-ipv6", "use-ip-firewall-mode", "add-default-route",
		"use-peer-dns", "enabled-mode", "starttls", "start-tls", "pfs", "auth", "verify-peer", "use-lan":
		return value
	case "enabled":
		if menu == "/ip/firewall/connection/tracking" {
			return value
		}
	}
	if value == "yes" {
		return "true"
	}
	return "false"
}
