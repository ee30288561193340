package plan

import (
	"fmt"
	"maps"
	"slices"

	"jembatan/tunnel"
)

// HasMark reports whether the row's comment carries that mark.
func (r Row) HasMark(mark string) bool {
	scope, name, ok := r.Mark()
	return ok && tunnel.Mark(scope, name) == mark
}

// Mismatch says how a row differs from what a step wants of it, or "" when the
// step is done. Secrets are not compared: not every user may read them back.
func Mismatch(s *Step, row map[string]string) string {
	m := menuOf(s.Menu)
	for _, p := range m.properties {
		want, ok := s.Want[p.name]
		if !ok || p.kind == secret {
			continue
		}
		have, present := row[p.name]
		if !present {
			have = p.absent
		}
		if !p.same(want, have) {
			return fmt.Sprintf("%s is %q, not %q", p.name, have, want)
		}
	}
	for _, name := range slices.Sorted(slices.Values(s.Unset)) {
		if have := row[name]; have != "" && !IsSecret(s.Menu, name) {
			return fmt.Sprintf("%s is %q and should be cleared", name, have)
		}
	}
	return ""
}

// Proplist returns the properties to ask for when a menu's objects are read.
func Proplist(path string) []string { return append([]string{".id"}, Writable(path)...) }

// Writable returns the properties of a menu that plans write.
func Writable(path string) []string {
	m := menuOf(path)
	names := make([]string, len(m.properties))
	for i, p := range m.properties {
		names[i] = p.name
	}
	return names
}

// Absent returns what a row of the menu without the property means, and
// whether the property is known.
func Absent(path, name string) (value string, known bool) {
	m := menuOf(path)
	for _, p := range m.properties {
		if p.name == name {
			return p.absent, true
		}
	}
	return "", false
}

// HasDefault reports whether a new object gets a value for a property that is not
// given, so that having none must be asked for.
func HasDefault(path, name string) bool { return path == MenuEoIP && name == "keepalive" }

// HidesSecret reports whether a row looks as if it had a secret that the API
// user may not read: a tunnel without fast path and without a secret.
func HidesSecret(path string, row map[string]string) bool {
	if path != MenuEoIP || row["ipsec-secret"] != "" {
		return false
	}
	return row["allow-fast-path"] == "false" || row["allow-fast-path"] == "no"
}

// Secrets returns every secret that a plan needs, each once.
func (p *Plan) Secrets() []tunnel.SecretRef {
	found := map[tunnel.SecretRef]bool{}
	for _, u := range p.Units {
		for _, s := range u.Steps {
			for _, ref := range s.Secrets {
				found[ref.Ref()] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b tunnel.SecretRef) int {
		switch {
		case a.String() < b.String():
			return -1
		case a.String() > b.String():
			return 1
		}
		return 0
	})
}
