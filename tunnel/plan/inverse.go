package plan

import (
	"maps"
	"slices"
)

// An Inverse is one change that takes a step back. It finds its object by what
// it says of itself, never by an id, and does nothing where nothing is to be
// taken back: it may be done before its step, after it, and twice.
type Inverse struct {
	Router string `json:"router"`
	Menu   string `json:"menu"`
	// Op is Remove for a step that added, Set for one that set, and Add for one
	// that removed: then only when no object has the comment.
	Op   Op     `json:"op"`
	Mark string `json:"mark"`
	Name string `json:"name"`
	// Where are the properties by which the object is found: its whole comment,
	// and what tells it from another with the same one.
	Where map[string]string `json:"where"`
	// Want are the properties to give; those in Unset are cleared.
	Want  map[string]string `json:"want,omitempty"`
	Unset []string          `json:"unset,omitempty"`
	// Secret says that the object had a secret, which nobody writes down: it
	// cannot be given back by this alone.
	Secret bool `json:"secret,omitempty"`
}

// Inverses returns what takes a whole plan back, the last step first, of one
// router after the other in the order of the plan's states.
func (p *Plan) Inverses() map[string][]Inverse {
	out := map[string][]Inverse{}
	for i := range p.Units {
		steps := p.Units[i].Steps
		for j := range steps {
			if inv, ok := inverse(&steps[j], steps[:j]); ok {
				out[inv.Router] = append(out[inv.Router], inv)
			}
		}
	}
	for router := range out {
		slices.Reverse(out[router])
	}
	return out
}

// inverse takes one step back; ok is false when the inverse of an earlier step
// of the unit does it.
func inverse(s *Step, before []Step) (inv Inverse, ok bool) {
	inv = Inverse{
		Router: s.Router, Menu: s.Menu, Mark: s.Mark, Name: s.Name,
		Where: map[string]string{"comment": s.FullComment()}, Secret: s.holdsSecret(),
	}
	switch s.Op {
	case Add:
		inv.Op, inv.Secret = Remove, false
		// A step that replaces an object gives the new one the mark of the old.
		replaced := slices.ContainsFunc(before, func(b Step) bool {
			return b.Op == Remove && b.Router == s.Router && b.Menu == s.Menu && b.Mark == s.Mark
		})
		if replaced && s.Menu == MenuBridgePort {
			inv.Where["interface"] = s.Want["interface"]
		}
	case Set:
		if s.isEnable() {
			return inv, false
		}
		inv.Op, inv.Want = Set, map[string]string{}
		names := slices.Sorted(maps.Keys(s.Want))
		names = append(names, s.Unset...)
		for _, name := range slices.AppendSeq(names, maps.Keys(s.Secrets)) {
			inv.giveBack(name, s.Was)
		}
	case Remove:
		inv.Op, inv.Want = Add, map[string]string{}
		for name, value := range s.Was {
			if value != "" && !IsSecret(s.Menu, name) {
				inv.Want[name] = spell(s.Menu, name, value)
			}
		}
		inv.Where["comment"] = s.Was["comment"]
		if _, alive := s.Was["keepalive"]; s.Menu == MenuEoIP && !alive {
			inv.Unset = []string{"keepalive"} // Or it would get the default.
		}
	case OpUnknown:
		return inv, false
	}
	return inv, true
}

// giveBack enters the value that a property had.
func (inv *Inverse) giveBack(name string, was map[string]string) {
	if IsSecret(inv.Menu, name) && was[name] != "" {
		return // Secret says so.
	}
	value, had := was[name]
	if absent, known := Absent(inv.Menu, name); !had && known {
		value = absent
	}
	if value == "" && name != "comment" {
		inv.Unset = append(inv.Unset, name)
		return
	}
	inv.Want[name] = spell(inv.Menu, name, value)
}

// spell writes a value as both scripts and the API take it: booleans are yes
// and no.
func spell(path, name, value string) string {
	for _, p := range menuOf(path).properties {
		if p.name == name && p.kind == boolean {
			if canonical(boolean, value) == "true" {
				return "yes"
			}
			return "no"
		}
	}
	return value
}

// FullComment is the whole comment of the object that a step adds or changes,
// after it was adopted, or removes.
func (s *Step) FullComment() string {
	if s.Op == Remove {
		return s.Was["comment"]
	}
	if s.Comment != "" {
		return s.Comment
	}
	return s.Mark
}

// holdsSecret reports whether taking a Set or Remove back needs a secret.
func (s *Step) holdsSecret() bool {
	if s.Op == Remove {
		return s.HadSecret
	}
	for name := range s.Secrets {
		if s.Was[name] != "" {
			return true
		}
	}
	return slices.ContainsFunc(s.Unset, func(name string) bool { return IsSecret(s.Menu, name) && s.Was[name] != "" })
}
