package plan

import (
	"cmp"
	"maps"
	"slices"
)

// objectSteps returns what makes one object what it should be.
func (d *differ) objectSteps(unit string, o *object) []Step {
	row, exists := d.ours[o.router][o.menu][o.mark]
	if !exists {
		return addSteps(o, d.firstForeign(o.router, o.menu))
	}
	m := menuOf(o.menu)
	change := Step{
		Router: o.router, Menu: o.menu, Op: Set, Phase: Commit, Mark: o.mark, Name: o.name(), ID: row.ID(),
		Want: map[string]string{}, Was: map[string]string{}, Secrets: map[string]SecretRef{},
		Comment: beyondMark(row["comment"], o.mark),
	}
	if d.adopted[place{o.router, o.menu, o.mark}] {
		change.adopt(row)
	}
	for _, p := range m.properties {
		d.compare(unit, o, row, p, &change)
	}
	if len(change.Want)+len(change.Unset)+len(change.Secrets) == 0 {
		return nil
	}
	for _, name := range o.replace {
		if _, differs := change.Want[name]; differs {
			return append([]Step{removeStep(o.router, o.menu, o.mark, row)}, addSteps(o, "")...)
		}
	}
	return []Step{change}
}

// compare enters the difference of one property into change.
func (d *differ) compare(unit string, o *object, row Row, p property, change *Step) {
	have, present := row[p.name]
	if !present {
		have = p.absent
	}
	if o.adopt && o.keeps(p.name, have) || slices.Contains(o.initial, p.name) {
		return
	}
	was := func() {
		if present {
			change.Was[p.name] = have
		}
	}
	if ref, ok := o.secrets[p.name]; ok {
		switch {
		case !present && row["allow-fast-path"] != "true" && row["allow-fast-path"] != "yes":
			d.note(Warning, unit, "%s on %s: %s cannot be read back and was not compared (the API user lacks the policy sensitive)",
				o.name(), o.router, p.name)
		case have != d.in.Tokens[ref]:
			change.Secrets[p.name] = SecretRef(ref)
			was()
		}
		return
	}
	if slices.Contains(o.unset, p.name) {
		if present && have != "" {
			change.Unset = append(change.Unset, p.name)
			was()
		}
		return
	}
	want, ok := o.props[p.name]
	if !ok || p.same(want, have) {
		return
	}
	change.Want[p.name] = want
	was()
}

// addSteps adds an object, in an ordered menu before the row of that id. A
// tunnel end is added disabled, and enabled when both ends are there.
func addSteps(o *object, before string) []Step {
	want := maps.Clone(o.props)
	want["comment"] = o.mark
	if o.first && before != "" {
		want[placeBefore] = before
	}
	secrets := map[string]SecretRef{}
	for name, ref := range o.secrets {
		secrets[name] = SecretRef(ref)
	}
	add := Step{
		Router: o.router, Menu: o.menu, Op: Add, Phase: Commit, Mark: o.mark, Name: o.name(),
		Want: want, Secrets: secrets,
	}
	for _, name := range o.unset {
		if HasDefault(o.menu, name) {
			add.Unset = append(add.Unset, name)
		}
	}
	if o.menu != MenuEoIP {
		return []Step{add}
	}
	want["disabled"] = "yes"
	add.Phase = Prepare
	enable := Step{
		Router: o.router, Menu: o.menu, Op: Set, Phase: Commit, Mark: o.mark, Name: o.name(),
		Want: map[string]string{"disabled": "no"}, Was: map[string]string{"disabled": "yes"},
	}
	return []Step{add, enable}
}

// removeStep removes a row of ours and remembers all that adding it again needs.
func removeStep(router, path, mark string, row Row) Step {
	s := Step{
		Router: router, Menu: path, Op: Remove, Phase: Commit, Mark: mark,
		Name: displayName(path, row), ID: row.ID(), Was: map[string]string{},
	}
	m := menuOf(path)
	for _, p := range m.properties {
		if v, ok := row[p.name]; ok && p.kind != secret {
			s.Was[p.name] = v
		}
	}
	s.HadSecret = row["ipsec-secret"] != "" || HidesSecret(path, row)
	return s
}

// beyondMark is a comment that says more than its mark, else "".
func beyondMark(comment, mark string) string {
	if comment == mark {
		return ""
	}
	return comment
}

// isEnable reports whether a step enables what an earlier step of its unit adds.
func (s *Step) isEnable() bool { return s.Op == Set && s.ID == "" }

// Ranks of the steps of one phase on one router: what refers to an object goes
// before it goes, and comes after it has come.
const (
	rankRemoveUser  = iota // ports, then bonds
	rankSet                // bridges and tunnels that stay
	rankAdd                // in the order of dependence
	rankEnable             // tunnel ends
	rankRemoveOwner        // routes, tunnels, bridges
)

func stepRank(s *Step) (group, within int) {
	depth := rank(s.Menu)
	switch {
	case s.isEnable():
		return rankEnable, 0
	case s.Op == Remove && (s.Menu == MenuBridgePort || s.Menu == MenuBonding):
		return rankRemoveUser, -depth
	case s.Op == Remove:
		return rankRemoveOwner, -depth
	case s.Op == Set && (s.Menu == MenuBridge || s.Menu == MenuEoIP):
		return rankSet, depth
	}
	return rankAdd, depth
}

// arrange gives every step its phase and puts the steps in order. What a new
// link adds on a router is prepared there; where objects of ours already carry
// traffic, everything but new, disabled tunnel ends waits for the commit.
func arrange(steps []Step) []Step {
	fresh := map[string]bool{} // routers on which nothing exists yet
	for i := range steps {
		s := &steps[i]
		if s.Op == Add && s.Menu == MenuEoIP {
			if _, seen := fresh[s.Router]; !seen {
				fresh[s.Router] = true
			}
		}
		if s.Op == Remove || s.Op == Set && !s.isEnable() {
			fresh[s.Router] = false
		}
	}
	for i := range steps {
		s := &steps[i]
		if s.Op == Add && (fresh[s.Router] || s.Menu == MenuBridge || s.Menu == MenuRoute) {
			s.Phase = Prepare
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int {
		ga, wa := stepRank(&a)
		gb, wb := stepRank(&b)
		return cmp.Or(cmp.Compare(a.Phase, b.Phase), cmp.Compare(ga, gb), cmp.Compare(wa, wb))
	})
	return steps
}
