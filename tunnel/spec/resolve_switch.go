package spec

import (
	"fmt"
	"net/netip"
	"strings"

	"jembatan/tunnel"
)

func (r *resolver) nat(raw *rawNAT) *tunnel.NATSwitch {
	out := &tunnel.NATSwitch{To: make(map[string]netip.Addr, len(raw.to.value))}
	to := byName(raw.to.value)
	on := make(map[string]place)
	for _, g := range raw.on.value {
		if !g.set || !unique(r, on, g.value, g.place, fmt.Sprintf("router %s is given twice", g.value)) {
			continue
		}
		out.On = append(out.On, g.value)
		if r.knownRouter(g.place, g.value) && to[g.value] == nil && raw.to.set {
			r.problem(g.place, `no address for %s in "to"`, g.value)
		}
	}
	for _, e := range raw.to.value {
		if _, ok := on[e.name]; !ok && raw.on.set {
			r.problem(e.at, `%s is not in "on"%s`, quote(e.name), didYouMean(e.name, out.On))
		}
		out.To[e.name] = e.value
	}
	return out
}

func (r *resolver) vrrp(s *rawService, raw *rawVRRP, seg *entry[rawSegment]) *tunnel.VRRPSwitch {
	out := &tunnel.VRRPSwitch{
		Address: raw.address.value, VRID: raw.vrid.value, Interval: raw.interval.or(defaultVRRPInterval),
	}
	if raw.address.set {
		r.inside(seg, raw.address)
		for _, server := range s.servers.value {
			if server.value.address.set && server.value.address.value == raw.address.value {
				r.problem(raw.address.place, "%s is the address of server %s", raw.address.value, server.value.name.value)
			}
		}
	}
	on := make(map[string]place)
	for _, g := range raw.on.value {
		if !g.set || !unique(r, on, g.value, g.place, fmt.Sprintf("router %s is given twice", g.value)) {
			continue
		}
		out.On = append(out.On, g.value)
		if r.knownRouter(g.place, g.value) && seg != nil {
			r.knownMember(seg, g.place, g.value)
		}
	}
	return out
}

func (r *resolver) policy(raw *rawPolicy) tunnel.Policy {
	profile := string(raw.profile.or(tunnel.DefaultProfile))
	out, _ := tunnel.ProfilePolicy(profile)
	out.Interval = raw.interval.or(out.Interval)
	out.Misses = raw.misses.or(out.Misses)
	out.Rises = raw.rises.or(out.Rises)
	out.Quorum = raw.quorum.or(out.Quorum)
	out.Failback = raw.failback.or(out.Failback)
	out.Window = raw.window.value
	out.Hold = raw.hold.or(out.Hold)
	observers := 1 + len(r.raw.routers.value)
	if raw.quorum.set && raw.quorum.value > observers && r.raw.routers.set {
		r.problem(raw.quorum.place, "%d can never agree: there are the controller and %d routers", raw.quorum.value, observers-1)
	}
	window := out.Failback == tunnel.FailbackWindow
	switch {
	case window && raw.window.line == 0:
		r.problem(raw.failback.place, `failback window needs "window"`)
	case !window && raw.window.line > 0 && (raw.failback.set || raw.failback.line == 0):
		r.problem(raw.window.place, "a window is for failback: window")
	}
	return out
}

// profilesDoc tells what the profiles stand for.
func profilesDoc() string {
	var profiles []string
	for _, name := range tunnel.Profiles() {
		p, _ := tunnel.ProfilePolicy(name)
		profiles = append(profiles, fmt.Sprintf("%s (interval %v, misses %d, rises %d, quorum %d)",
			name, p.Interval, p.Misses, p.Rises, p.Quorum))
	}
	return "How fast to act: " + strings.Join(profiles, "; ") + "."
}
