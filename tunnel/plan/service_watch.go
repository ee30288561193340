package plan

import (
	"slices"
	"strconv"

	"jembatan/tunnel"
)

// Routers watch the ports of a service's servers by netwatch. The controller reads
// the rows and never writes them: they are provisioned, compared and removed like
// the rest of a service.

// Delays of a row: after it is made, and after the router has booted, when tunnels
// come up first. Netwatch's own are 3 s and five minutes, in which the router would
// have no opinion (MikroTik manual, "Netwatch").
const (
	watchStart = "1s"
	watchBoot  = "10s"
)

// The delays are in the oldest command tree that is known of a release with
// connections.
const delaysMajor, delaysMinor = 7, 9

// watchObjects are the rows of one router, none if it does not watch the service.
func watchObjects(svc *tunnel.Service, router string, seen *Observed) []object {
	if !slices.Contains(svc.Watchers(), router) || !canWatch(seen) {
		return nil
	}
	var out []object
	for _, server := range svc.Servers {
		for _, port := range svc.WatchedPorts() {
			o := object{
				router: router, menu: MenuNetwatch, mark: tunnel.WatchMark(svc.Name, server.Name, port),
				props: map[string]string{
					"host": server.Address.String(), "type": "tcp-conn", "port": strconv.Itoa(int(port)),
					"interval": svc.Policy.WatchInterval().String(),
					"timeout":  svc.Policy.Timeout.String(), "disabled": "no",
				},
			}
			if known(seen) && seen.atLeast(delaysMajor, delaysMinor) {
				o.props["start-delay"], o.props["startup-delay"] = watchStart, watchBoot
			}
			out = append(out, o)
		}
	}
	return out
}

// known reports whether a router was read.
func known(seen *Observed) bool { return seen != nil && seen.Unread == "" }

// canWatch reports whether a router's netwatch opens connections. Of one that was
// not read that is believed; nothing is planned for it.
func canWatch(seen *Observed) bool {
	return !known(seen) || seen.atLeast(tunnel.WatchReleaseMajor, tunnel.WatchReleaseMinor)
}

// watchUnit is what a router has of a service that only watches its servers.
func watchUnit(t *tunnel.Topology, svc *tunnel.Service, router string) unitSpec {
	u := unitSpec{
		name: serviceUnitName(svc.Name, router), title: "service " + svc.Name + " on " + router, routers: []string{router},
	}
	if seg, bridge := segmentOn(t, svc.Segment, router); bridge != "" {
		u.after = []string{memberName(seg.Name, router)}
	}
	return u
}

// noteWatchers tells of routers that cannot watch ports.
func (d *differ) noteWatchers(svc *tunnel.Service) {
	if len(svc.WatchedPorts()) == 0 {
		return
	}
	for _, router := range svc.Watchers() {
		if o := d.seen[router]; !canWatch(o) {
			d.note(Info, svc.Name, "%s has RouterOS %s, whose netwatch opens no connections (7.4 does): it does not see that a port is closed",
				router, o.Version)
		}
	}
}
