package tunnel

// tunnelName returns the name of the tunnel that joins the two uplinks.
func (p UplinkPair) tunnelName() string {
	p = p.sorted()
	return p[0].String() + "-" + p[1].String()
}

// sorted returns p with the router that sorts first in front.
func (p UplinkPair) sorted() UplinkPair {
	if p[0].Router > p[1].Router {
		p[0], p[1] = p[1], p[0]
	}
	return p
}

// pairsByRouters groups pairs by their two routers, sorted, in the given order.
func pairsByRouters(pairs []UplinkPair) map[[2]string][]UplinkPair {
	out := make(map[[2]string][]UplinkPair)
	for _, p := range pairs {
		p = p.sorted()
		key := [2]string{p[0].Router, p[1].Router}
		out[key] = append(out[key], p)
	}
	return out
}

// choosePairs returns the uplink pairs between a and b, best first: the given
// ones, else uplinks of the same name in the order of a, else the first of
// each. Both routers have an uplink.
func choosePairs(given []UplinkPair, a, b *Router) []UplinkPair {
	if len(given) > 0 {
		return given
	}
	var out []UplinkPair
	for _, u := range a.Uplinks {
		if _, ok := b.Uplink(u.Name); ok {
			out = append(out, UplinkPair{{a.Name, u.Name}, {b.Name, u.Name}})
		}
	}
	if len(out) == 0 {
		out = append(out, UplinkPair{{a.Name, a.Uplinks[0].Name}, {b.Name, b.Uplinks[0].Name}})
	}
	return out
}
