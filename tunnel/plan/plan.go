// Package plan compares what a topology wants with what the routers have, and
// says what would change.
//
// A [Plan] is a value: it can be read, saved, reviewed and carried out later by
// tunnel/apply, which refuses if the routers have changed since. It is made of
// [Unit]s, the things that happen wholly or not at all: a member's bridge with
// its local ports, or a link with both ends of its tunnels. The package is
// pure: it reads no router, no file and no clock, and it holds no secret.
package plan

import (
	"fmt"

	"jembatan/tunnel"
)

// An Op is what a step does to an object.
type Op uint8

// Operations.
const (
	OpUnknown Op = iota
	Add
	Set
	Remove
)

// String returns the word that plans use.
func (o Op) String() string {
	switch o {
	case Add:
		return "add"
	case Set:
		return "set"
	case Remove:
		return "remove"
	case OpUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Op) UnmarshalText(text []byte) error {
	for _, op := range []Op{Add, Set, Remove} {
		if string(text) == op.String() {
			*o = op
			return nil
		}
	}
	return fmt.Errorf("no such operation %q", text)
}

// A Phase says when a step of a unit is carried out. All steps of one phase are
// done on every router of the unit before the next phase begins.
type Phase uint8

// Phases.
const (
	// Prepare changes nothing that carries traffic: it adds objects that are
	// disabled, or that hang on disabled ones.
	Prepare Phase = iota
	// Commit makes the change take effect.
	Commit
)

// String returns the word that plans use.
func (p Phase) String() string {
	if p == Commit {
		return "commit"
	}
	return "prepare"
}

// MarshalText implements encoding.TextMarshaler.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Phase) UnmarshalText(text []byte) error {
	for _, phase := range []Phase{Prepare, Commit} {
		if string(text) == phase.String() {
			*p = phase
			return nil
		}
	}
	return fmt.Errorf("no such phase %q", text)
}

// A Step is one change of one object on one router. It carries all that is
// needed to do it, to tell whether it is done, and to undo it.
type Step struct {
	Router string `json:"router"`
	Menu   string `json:"menu"` // as in "/interface/eoip"
	Op     Op     `json:"op"`
	Phase  Phase  `json:"phase"`
	Mark   string `json:"mark"` // the object's comment
	Name   string `json:"name"` // the object as people call it
	// ID is the router's id of the object for Set and Remove, empty when an
	// earlier step of the unit adds it.
	ID string `json:"id,omitempty"`
	// Want are the properties to send; a property in Unset is cleared instead.
	Want  map[string]string `json:"want,omitempty"`
	Unset []string          `json:"unset,omitempty"`
	// Was holds what undo needs: for Set the values before (a property that was
	// absent is missing here), for Remove the whole writable row.
	Was map[string]string `json:"was,omitempty"`
	// Secrets names where the values of secret properties are kept.
	Secrets map[string]SecretRef `json:"secrets,omitempty"`
	// Comment is the object's whole comment where it says more than the mark.
	Comment string `json:"comment,omitempty"`
	// HadSecret says that a removed object had a secret, which is not in Was.
	HadSecret bool `json:"hadSecret,omitempty"`
	// Disruptive says what traffic notices; empty when nothing does.
	Disruptive string `json:"disruptive,omitempty"`
	// Adopt says that a Set gives its mark to an object that has none; Was then
	// holds the comment that the object has, which stays behind the mark.
	Adopt bool `json:"adopt,omitempty"`
	// Find are the properties by which an object to adopt is found in scripts,
	// which know no ids.
	Find map[string]string `json:"find,omitempty"`
	// Management says that the step may cut the path by which we reach the
	// router; Disruptive says why. It is carried out under a guard only.
	Management bool `json:"management,omitempty"`
}

// A SecretRef is a tunnel.SecretRef in a plan file.
type SecretRef struct {
	Env  string `json:"env,omitempty"`
	File string `json:"file,omitempty"`
}

// Ref returns the topology's form.
func (s SecretRef) Ref() tunnel.SecretRef { return tunnel.SecretRef(s) }

// A Unit is carried out wholly or not at all.
type Unit struct {
	Name    string   `json:"name"`    // unique in the plan, as in "servers/jkt-sby"
	Title   string   `json:"title"`   // for people
	Routers []string `json:"routers"` // one or two
	// After names the units that must be done before this one begins.
	After []string `json:"after,omitempty"`
	Steps []Step   `json:"steps"`
}

// A RouterState is what a plan knows about a router that it was made from.
type RouterState struct {
	Name     string `json:"name"`
	Identity string `json:"identity,omitempty"`
	Version  string `json:"version,omitempty"`
	// Fingerprint is a digest of the configuration that the plan was compared
	// with; empty for a router that could not be read.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Unread says why the router could not be read; empty when it could.
	Unread string `json:"unread,omitempty"`
}

// A Note is something that a person should know about a plan.
type Note struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"` // a unit, router or tunnel
	Text    string `json:"text"`
}

// A Level says how much a note matters.
type Level uint8

// Levels.
const (
	LevelUnknown Level = iota
	Info               // good to know
	Warning            // works, but look
	Blocked            // the subject was not planned
)

// String returns the word that plans use.
func (l Level) String() string {
	switch l {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Blocked:
		return "blocked"
	case LevelUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(text []byte) error {
	for _, level := range []Level{Info, Warning, Blocked} {
		if string(text) == level.String() {
			*l = level
			return nil
		}
	}
	return fmt.Errorf("no such level %q", text)
}

// A Plan is every change that would make the routers what the topology says.
type Plan struct {
	Format  int           `json:"format"` // FormatVersion
	Routers []RouterState `json:"routers"`
	Units   []Unit        `json:"units"`
	Notes   []Note        `json:"notes"`
	// Destroy says that the plan removes everything of ours.
	Destroy bool `json:"destroy,omitempty"`
}

// FormatVersion is the version of the plan's JSON form.
const FormatVersion = 1

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Units) == 0 }

// IsBlocked reports whether something could not be planned.
func (p *Plan) IsBlocked() bool {
	for _, n := range p.Notes {
		if n.Level == Blocked {
			return true
		}
	}
	return false
}

// Counts are the objects that a plan touches, by operation; Adopt are those that
// get our mark and are not changed otherwise.
type Counts struct{ Add, Set, Remove, Adopt int }

// Counts counts objects: enabling what the same unit adds is no change of its
// own.
func (p *Plan) Counts() Counts {
	var c Counts
	for _, u := range p.Units {
		for _, s := range u.Steps {
			switch s.Op {
			case Add:
				c.Add++
			case Set:
				switch {
				case s.onlyAdopts():
					c.Adopt++
				case s.ID != "":
					c.Set++
				}
			case Remove:
				c.Remove++
			case OpUnknown:
			}
		}
	}
	return c
}

// Only returns the plan without the units that touch a router outside routers.
// Units that a kept unit waits for are kept too when their routers allow it;
// dependencies on dropped units are forgotten, because what they would have
// made is checked by the router itself.
func (p *Plan) Only(routers map[string]bool) *Plan {
	out := *p
	out.Units = []Unit{}
	kept := map[string]bool{}
	for _, u := range p.Units {
		inside := true
		for _, r := range u.Routers {
			inside = inside && routers[r]
		}
		if inside {
			kept[u.Name] = true
			out.Units = append(out.Units, u)
		}
	}
	for i, u := range out.Units {
		var after []string
		for _, name := range u.After {
			if kept[name] {
				after = append(after, name)
			}
		}
		out.Units[i].After = after
	}
	return &out
}
