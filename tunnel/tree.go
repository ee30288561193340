package tunnel

import "fmt"

// treeProblems says why the members of a hub segment are not one tree.
func treeProblems(s *Segment) []ExpandProblem {
	var out []ExpandProblem
	add := func(format string, args ...any) {
		out = append(out, ExpandProblem{Segment: s.Name, Msg: fmt.Sprintf(format, args...)})
	}
	if len(s.Hubs) == 0 {
		add("no hub")
		return out
	}
	parents := make(map[string]string, len(s.Members))
	for _, m := range s.Members {
		parents[m.Router] = m.Parent
	}
	for _, m := range s.Members {
		switch _, ok := parents[m.Parent]; {
		case m.Parent == "" && m.Router != s.Hubs[0]:
			add("member %s hangs below no other", m.Router)
		case m.Parent != "" && m.Router == s.Hubs[0]:
			add("the root %s hangs below %s", m.Router, m.Parent)
		case m.Parent != "" && !ok:
			add("the hub %s of %s is no member", m.Parent, m.Router)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, loop := range s.Loops() {
		add("loop in the tree of hubs: %v", loop)
	}
	return out
}

// Loops returns the cycles in the members' parents, each as the routers on it in
// the order from child to parent. There are none in a tree.
func (s *Segment) Loops() [][]string {
	parents := make(map[string]string, len(s.Members))
	for _, m := range s.Members {
		parents[m.Router] = m.Parent
	}
	var loops [][]string
	walk := make(map[string]int, len(s.Members)) // member → number of the walk that reached it
	for i, m := range s.Members {
		at := m.Router
		for at != "" && walk[at] == 0 {
			walk[at] = i + 1
			at = parents[at]
		}
		if at == "" || walk[at] != i+1 {
			continue
		}
		loop := []string{at}
		for next := parents[at]; next != at; next = parents[next] {
			loop = append(loop, next)
		}
		loops = append(loops, loop)
	}
	return loops
}
