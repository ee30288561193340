package spec

import (
	"errors"
	"fmt"
	"time"

	"jembatan/tunnel"
)

// Values of what a file leaves out.
const (
	defaultUplinkMTU = 1500
	defaultTunnelMTU = 1500
	apiPort          = "8728"
	apiTLSPort       = "8729"

	defaultVRRPInterval = time.Second
	defaultDatabasePort = 3306
)

// A resolver turns raw values into a topology: it looks names up, compares
// what must differ and fills in what is left out. It works with whatever could
// be decoded; the topology is right when there is no problem.
type resolver struct {
	*decoder
	file     string
	raw      *rawTopology
	routers  map[string]*entry[rawRouter]
	segments map[string]*entry[rawSegment]
	members  map[*entry[rawSegment]]map[string]*entry[rawMember]
}

func (r *resolver) topology() *tunnel.Topology {
	r.routers = byName(r.raw.routers.value)
	r.segments = byName(r.raw.segments.value)
	r.members = make(map[*entry[rawSegment]]map[string]*entry[rawMember], len(r.segments))
	for _, e := range r.segments {
		r.members[e] = byName(e.value.members.value)
	}
	t := &tunnel.Topology{Controller: r.controller()}
	for i := range r.raw.routers.value {
		t.Routers = append(t.Routers, r.router(&r.raw.routers.value[i]))
	}
	r.compareRouters()
	for i := range r.raw.segments.value {
		t.Segments = append(t.Segments, r.segment(&r.raw.segments.value[i]))
	}
	r.compareSegments()
	r.compareIDs()
	for i := range r.raw.services.value {
		svc := r.service(&r.raw.services.value[i])
		if len(svc.Vantages) == 0 {
			svc.Vantages = tunnel.DefaultVantages(t, &svc)
		}
		r.compareQuorum(&r.raw.services.value[i].value, &svc)
		t.Services = append(t.Services, svc)
	}
	r.compareServices()
	t.Alerts = r.alerts()
	if len(r.problems) == 0 {
		r.expand(t)
	}
	return t
}

// expand reports what only shows when the tunnels are made.
func (r *resolver) expand(t *tunnel.Topology) {
	links, err := tunnel.Expand(t, tunnel.Known{})
	if all, ok := errors.AsType[*tunnel.ExpandError](err); ok {
		for _, p := range all.Problems {
			msg := p.Msg
			if p.Tunnel != "" {
				msg = fmt.Sprintf("tunnel %s: %s", p.Tunnel, p.Msg)
			}
			r.problem(r.tunnelPlace(p.Segment, p.Tunnel), "%s", msg)
		}
		return
	}
	type between struct{ segment, a, b string }
	linked := make(map[between]bool, len(links))
	for i := range links {
		linked[between{links[i].Segment, links[i].Routers[0], links[i].Routers[1]}] = true
	}
	for i := range t.Segments {
		s := &t.Segments[i]
		for j, p := range s.Tunnels.Pairs {
			p = sortedPair(p)
			if !linked[between{s.Name, p[0].Router, p[1].Router}] {
				at := r.segments[s.Name].value.tunnels.value.pairs.value[j].place
				r.problem(at, "no tunnel runs between %s and %s", p[0].Router, p[1].Router)
			}
		}
	}
}

// tunnelPlace returns where the file speaks of a tunnel: at its pinned id, else
// at its segment.
func (r *resolver) tunnelPlace(segment, name string) place {
	e := r.segments[segment]
	for _, id := range e.value.tunnels.value.ids.value {
		if b := id.value.between.value; len(b) == 2 && name != "" {
			p := sortedPair(tunnel.UplinkPair{b[0].value, b[1].value})
			if p[0].String()+"-"+p[1].String() == name {
				return id.value.between.place
			}
		}
	}
	return e.at
}

func byName[T any](entries []entry[T]) map[string]*entry[T] {
	out := make(map[string]*entry[T], len(entries))
	for i := range entries {
		out[entries[i].name] = &entries[i]
	}
	return out
}

func names[T any](entries []entry[T]) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = entries[i].name
	}
	return out
}

// knownRouter reports whether a name that stands at a place is a router, and
// complains when it is not.
func (r *resolver) knownRouter(at place, name string) bool {
	if r.routers[name] != nil {
		return true
	}
	if r.raw.routers.set && !r.full() {
		r.problem(at, "no router %s%s", quote(name), didYouMean(name, names(r.raw.routers.value)))
	}
	return false
}

// unique complains about a second value. seen keeps where the first one was.
func unique[K comparable](r *resolver, seen map[K]place, key K, at place, what string) bool {
	if first, again := seen[key]; again {
		r.problem(at, "%s (also in line %d)", what, first.line)
		return false
	}
	seen[key] = at
	return true
}
