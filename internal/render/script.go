package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jembatan/routeros/rsc"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// A Script is what a plan does on one router, and what takes that back, as
// RouterOS scripts for /import or for pasting. Each may be run by a person who
// cannot use the API; the other end of every tunnel needs its script too.
type Script struct{ Router, Do, Undo string }

// Scripts returns the scripts of a plan, one a router that it touches, in the
// order of the plan's routers. Secrets are never in them: where one belongs
// stands a placeholder that names its place, and the head of the script says so.
func Scripts(p *plan.Plan) []Script {
	inverses := p.Inverses()
	var out []Script
	for _, r := range p.Routers {
		var items []rsc.Item
		secrets := map[string]bool{}
		for i := range p.Units {
			for j := range p.Units[i].Steps {
				s := &p.Units[i].Steps[j]
				if s.Router != r.Name {
					continue
				}
				items = append(items, scriptItem(s))
				for _, ref := range s.Secrets {
					secrets[placeholder(ref)] = true
				}
			}
		}
		if len(items) == 0 {
			continue
		}
		out = append(out, Script{Router: r.Name, Do: doScript(&r, items, secrets), Undo: undoScript(&r, inverses[r.Name])})
	}
	return out
}

// doScript writes the commands of one router.
func doScript(r *plan.RouterState, items []rsc.Item, secrets map[string]bool) string {
	opts := rsc.RenderOptions{Header: []string{scriptHead(r, "what the plan does"), "Run the scripts of all routers: a tunnel needs both its ends."}}
	for _, s := range slices.Sorted(maps.Keys(secrets)) {
		opts.Header = append(opts.Header, "FILL IN before it is run: "+s)
	}
	var b strings.Builder
	if err := rsc.Render(&b, items, opts); err != nil {
		return "# " + err.Error() + "\n" // A Builder never fails.
	}
	return b.String()
}

// undoScript writes what takes them back, the last one first. It may be run
// twice, and where only some of them were done.
func undoScript(r *plan.RouterState, inverses []plan.Inverse) string {
	var b strings.Builder
	b.WriteString("# " + scriptHead(r, "what takes the plan back") + "\n")
	for i := range inverses {
		if inverses[i].Secret {
			fmt.Fprintf(&b, "# %s had a secret, which is not given back by this\n", oneLine(inverses[i].Name))
		}
		b.WriteString(guard.Statement(&inverses[i]) + "\n")
	}
	return b.String()
}

func scriptHead(r *plan.RouterState, what string) string {
	return oneLine(fmt.Sprintf("%s (%s, RouterOS %s): %s", r.Name, r.Identity, r.Version, what))
}

// oneLine makes a text of a router fit into a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// placeholder stands where a secret belongs.
func placeholder(ref plan.SecretRef) string { return "FILL-IN-" + ref.Ref().String() }

// scriptItem is one step as a command. Objects are found by what they say of
// themselves: their comment, or, before they are adopted, what they are.
func scriptItem(s *plan.Step) rsc.Item {
	it := rsc.Item{Menu: s.Menu, Verb: s.Op.String()}
	switch {
	case s.Op == plan.Add:
	case s.Adopt:
		it.ByFind, it.Find = true, scriptProperties(s.Find)
	default:
		it.ByFind, it.Find = true, []rsc.Property{{Name: "comment", Value: s.FullComment()}}
	}
	if s.Op == plan.Remove {
		return it
	}
	it.Properties = scriptProperties(s.Want)
	for _, name := range s.Unset {
		it.Properties = append(it.Properties, rsc.Property{Name: name, None: true})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		it.Properties = append(it.Properties, rsc.Property{Name: name, Value: placeholder(s.Secrets[name])})
	}
	return it
}

// scriptProperties are properties in a fixed order, names and comments first.
func scriptProperties(props map[string]string) []rsc.Property {
	names := slices.Sorted(maps.Keys(props))
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	out := make([]rsc.Property, len(names))
	for i, name := range names {
		out[i] = rsc.Property{Name: name, Value: props[name]}
	}
	return out
}

func place(name string) int {
	switch name {
	case "name", "bridge", "interface":
		return 0
	case "comment":
		return 1
	}
	return 2
}
