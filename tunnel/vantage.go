package tunnel

import "slices"

// A Controller says where the process stands that watches and acts.
type Controller struct {
	// Beside is the router that stands beside it and fails with it; empty: none
	// does.
	Beside string
}

// DefaultVantages returns the routers that ping the servers of a service whose
// file names none: those of its switch, those at the sites of its servers, and
// the first other member of its segment, which serves nobody and so is the
// third who has seen it.
func DefaultVantages(t *Topology, s *Service) []string {
	var out []string
	add := func(router string) bool {
		if router == "" || slices.Contains(out, router) {
			return false
		}
		out = append(out, router)
		return true
	}
	for _, router := range s.Switch.Routers() {
		add(router)
	}
	for _, server := range s.Servers {
		add(server.Router)
	}
	seg := slices.IndexFunc(t.Segments, func(g Segment) bool { return g.Name == s.Segment })
	if seg < 0 {
		return out
	}
	for _, m := range t.Segments[seg].Members {
		if add(m.Router) {
			break
		}
	}
	return out
}
