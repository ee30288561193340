package spec

import (
	"fmt"
	"strings"
	"time"

	"jembatan/tunnel"
)

func (r *resolver) policy(service *rawService, svc *tunnel.Service) tunnel.Policy {
	raw := &service.policy.value
	out, _ := tunnel.ProfilePolicy(string(raw.profile.or(tunnel.DefaultProfile)))
	interval := raw.interval.or(out.Interval)
	out.Timeout = raw.timeout.or(tunnel.UsualTimeout(out, interval))
	out.Interval = interval
	out.Misses = raw.misses.or(out.Misses)
	out.Rises = raw.rises.or(out.Rises)
	out.Quorum = raw.quorum.or(out.Quorum)
	out.Automatic = raw.automatic.or(out.Automatic)
	out.LoadFails = raw.loadFails.or(out.LoadFails)
	out.PerHour = raw.perHour.or(out.PerHour)
	out.PerDay = raw.perDay.or(out.PerDay)
	out.SiteLoss = raw.siteLoss.or(out.SiteLoss)
	if out.SiteLoss == tunnel.SiteLossLease {
		usual := tunnel.DefaultLease()
		out.Lease = tunnel.Lease{TTL: raw.lease.value.ttl.or(usual.TTL), Margin: raw.lease.value.margin.or(usual.Margin)}
	}
	out.Failback = raw.failback.or(out.Failback)
	out.Window = raw.window.value
	out.Hold = raw.hold.or(out.Hold)
	r.comparePolicy(raw, out)
	r.compareLease(service, raw)
	if at := service.replication.value.semiSync; raw.automatic.value && at.set && !at.value && svc.Replication.AllowedLoss == 0 {
		r.problem(at.place, "nothing may be lost, and without semi_sync nobody can tell: no failover would ever be automatic")
	}
	return out
}

// comparePolicy finds numbers that do not go together.
func (r *resolver) comparePolicy(raw *rawPolicy, p tunnel.Policy) {
	if raw.timeout.set && p.Timeout > p.Interval && (raw.interval.set || raw.interval.line == 0) {
		r.problem(raw.timeout.place, "%s is longer than the interval %s", short(p.Timeout), short(p.Interval))
	}
	if p.PerHour > p.PerDay && (raw.perHour.set || raw.perDay.set) {
		at := raw.perHour.place
		if !raw.perHour.set {
			at = raw.perDay.place
		}
		r.problem(at, "%d an hour are more than %d a day", p.PerHour, p.PerDay)
	}
	window := p.Failback == tunnel.FailbackWindow
	switch {
	case window && raw.window.line == 0:
		r.problem(raw.failback.place, `failback window needs "window"`)
	case !window && raw.window.line > 0 && (raw.failback.set || raw.failback.line == 0):
		r.problem(raw.window.place, "a window is for failback: window")
	}
}

// compareLease finds leases of nothing.
func (r *resolver) compareLease(service *rawService, raw *rawPolicy) {
	lease := raw.siteLoss.value == tunnel.SiteLossLease
	switch ttl := raw.lease.value.ttl; {
	case lease && service.replication.line == 0:
		r.problem(raw.siteLoss.place, `a lease is the database's own, and "replication" is missing`)
	case !lease && raw.lease.line > 0 && (raw.siteLoss.set || raw.siteLoss.line == 0):
		r.problem(raw.lease.place, "a lease is for site_loss: lease")
	case ttl.set && ttl.value%time.Second != 0:
		r.problem(ttl.place, "%s are no whole seconds: the database looks once a second", ttl.value)
	}
}

// compareQuorum finds quorums that cannot be reached.
func (r *resolver) compareQuorum(raw *rawService, svc *tunnel.Service) {
	quorum := raw.policy.value.quorum
	peers := 0
	if raw.replication.line > 0 {
		peers = max(len(svc.Servers)-1, 0)
	}
	if !quorum.set || !r.raw.routers.set || quorum.value <= 1+len(svc.Vantages)+peers {
		return
	}
	who := fmt.Sprintf("the controller and %d routers", len(svc.Vantages))
	if peers > 0 {
		who = fmt.Sprintf("the controller, %d routers and the databases of %d other servers", len(svc.Vantages), peers)
	}
	r.problem(quorum.place, "%d can never agree: there are %s", quorum.value, who)
}

// vantages are those of the file; none: the default.
func (r *resolver) vantages(raw *rawService) []string {
	var out []string
	seen := make(map[string]place)
	for _, g := range raw.vantages.value {
		if g.set && unique(r, seen, g.value, g.place, fmt.Sprintf("router %s is given twice", g.value)) && r.knownRouter(g.place, g.value) {
			out = append(out, g.value)
		}
	}
	return out
}

func (r *resolver) controller() tunnel.Controller {
	beside := r.raw.controller.value.beside
	if beside.set {
		r.knownRouter(beside.place, beside.value)
	}
	return tunnel.Controller{Beside: beside.value}
}

// profilesDoc tells what the profiles stand for.
func profilesDoc() string {
	var profiles []string
	for _, name := range tunnel.Profiles() {
		p, _ := tunnel.ProfilePolicy(name)
		profiles = append(profiles, fmt.Sprintf("%s (interval %v, timeout %v, misses %d, rises %d, quorum %d)",
			name, p.Interval, p.Timeout, p.Misses, p.Rises, p.Quorum))
	}
	return "How fast to act: " + strings.Join(profiles, "; ") + "."
}
