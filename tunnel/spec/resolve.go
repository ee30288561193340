package spec

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
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
	t := &tunnel.Topology{}
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
		t.Services = append(t.Services, r.service(&r.raw.services.value[i]))
	}
	r.compareServices()
	if len(r.problems) == 0 {
		r.expand(t)
	}
	return t
}

// expand reports what only shows when the tunnels are made.
func (r *resolver) expand(t *tunnel.Topology) {
	links, err := tunnel.Expand(t, tunnel.Known{})
	var all *tunnel.ExpandError
	if errors.As(err, &all) {
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

func (r *resolver) router(e *entry[rawRouter]) tunnel.Router {
	raw := &e.value
	out := tunnel.Router{Name: e.name, Site: raw.site.or("")}
	switch {
	case raw.credentials.set:
		out.Credentials = r.credentials(&raw.credentials.value)
	case r.raw.credentials.set:
		out.Credentials = r.credentials(&r.raw.credentials.value)
	case e.set && raw.credentials.line == 0 && r.raw.credentials.line == 0:
		r.problem(e.at, "no credentials, and there are none for all routers")
	}
	if raw.address.set {
		out.Address = apiAddress(raw.address.value, out.Credentials.TLS.Off)
	}
	for i := range raw.uplinks.value {
		out.Uplinks = append(out.Uplinks, r.uplink(&raw.uplinks.value[i]))
	}
	return out
}

func apiAddress(a hostPort, plain bool) string {
	port := a.port
	switch {
	case port != "":
	case plain:
		port = apiPort
	default:
		port = apiTLSPort
	}
	return net.JoinHostPort(a.host, port)
}

func (r *resolver) credentials(raw *rawCredentials) tunnel.Credentials {
	tls := raw.tls.value
	return tunnel.Credentials{
		User:     raw.user.or(""),
		Password: r.secret(raw.password),
		TLS: tunnel.TLS{
			Off:         tls.off,
			CAFile:      r.path(tls.ca.or("")),
			Fingerprint: strings.ToLower(tls.fingerprint.or("")),
		},
	}
}

func (r *resolver) secret(raw given[rawSecret]) tunnel.SecretRef {
	return tunnel.SecretRef{Env: raw.value.env.or(""), File: r.path(raw.value.file.or(""))}
}

// path joins a relative path to the folder of the topology file.
func (r *resolver) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(r.file), p)
}

func (r *resolver) uplink(e *entry[rawUplink]) tunnel.Uplink {
	raw := &e.value
	mtu := raw.mtu.or(defaultUplinkMTU)
	if raw.pppoe.or(false) && mtu > 1492 {
		mtu -= 8
	}
	if raw.gateway.set && raw.address.set && raw.gateway.value == raw.address.value {
		r.problem(raw.gateway.place, "the gateway is the uplink's own address")
	}
	return tunnel.Uplink{
		Name: e.name, Address: raw.address.value, MTU: mtu,
		NAT: raw.nat.or(false), Gateway: raw.gateway.value,
	}
}

// compareRouters finds routers and uplinks that share an address.
func (r *resolver) compareRouters() {
	apis := make(map[string]place)
	outer := make(map[netip.Addr]place)
	for i := range r.raw.routers.value {
		raw := &r.raw.routers.value[i].value
		login := raw.credentials
		if !login.set {
			login = r.raw.credentials
		}
		if raw.address.set {
			api := apiAddress(raw.address.value, login.value.tls.value.off)
			unique(r, apis, api, raw.address.place, fmt.Sprintf("another router has the address %s", api))
		}
		for _, u := range raw.uplinks.value {
			if a := u.value.address; a.set {
				unique(r, outer, a.value, a.place, fmt.Sprintf("another uplink has the address %s", a.value))
			}
		}
	}
}
