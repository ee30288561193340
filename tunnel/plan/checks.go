package plan

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"jembatan/tunnel"
)

// conflict says why an object cannot be made on its router, or "".
func (d *differ) conflict(o *object) string {
	if d.twice[place{o.router, o.menu, o.mark}] {
		return fmt.Sprintf("%s: two rows of %s carry the mark %q; remove one of them or its comment", o.router, o.menu, o.mark)
	}
	switch o.menu {
	case MenuBridge:
		return d.nameConflict(o)
	case MenuEoIP, MenuBonding:
		return d.givenConflict(o)
	case MenuBridgePort:
		return d.portConflict(o)
	case MenuVRRP:
		return d.vrrpConflict(o)
	case MenuAddress:
		return d.addressConflict(o)
	case MenuNAT:
		return d.apiConflict(o)
	}
	return ""
}

// nameConflict says whether something that is not ours has the bridge's name.
func (d *differ) nameConflict(o *object) string {
	for _, row := range d.seen[o.router].Menus[MenuInterface] {
		if row["name"] != o.props["name"] {
			continue
		}
		own, exists := d.ours[o.router][MenuBridge][o.mark]
		if exists && own["name"] == row["name"] {
			continue
		}
		return fmt.Sprintf("%s already has an interface %q that is not ours", o.router, row["name"])
	}
	return ""
}

// portConflict says whether a local port is missing or taken.
func (d *differ) portConflict(o *object) string {
	if d.adopted[place{o.router, o.menu, o.mark}] {
		return ""
	}
	iface := o.props["interface"]
	seen := d.seen[o.router]
	for _, row := range seen.Menus[MenuBridgePort] {
		if row["interface"] != iface || row.is("dynamic") {
			continue
		}
		if scope, name, ok := row.Mark(); ok && d.scopes[scope] && (tunnel.Mark(scope, name) == o.mark || !d.wanted[place{o.router, MenuBridgePort, tunnel.Mark(scope, name)}]) {
			continue
		}
		return fmt.Sprintf("%s on %s is already a port of bridge %q, and not by us", iface, o.router, row["bridge"])
	}
	if d.made[o.router][iface] {
		return ""
	}
	var names []string
	for _, row := range seen.Menus[MenuInterface] {
		if row["name"] == iface {
			return ""
		}
		names = append(names, row["name"])
	}
	const shown = 12
	slices.Sort(names)
	if len(names) > shown {
		names = append(names[:shown], "…")
	}
	return fmt.Sprintf("%s has no interface %q (it has %s)", o.router, iface, strings.Join(names, ", "))
}

// noteLinks tells of tunnels whose frames travel in pieces, and of ends that
// will be made and will not run.
func (d *differ) noteLinks(links []tunnel.Link) {
	fragments, least := map[string]int{}, map[string]int{}
	for _, l := range links {
		for i := range l.Tunnels {
			tun := &l.Tunnels[i]
			for j := range tun.Ends {
				d.noteAddress(tun, &tun.Ends[j])
			}
			if tun.Fragments() {
				if fragments[l.Segment] == 0 || tun.Budget < least[l.Segment] {
					least[l.Segment] = tun.Budget
				}
				fragments[l.Segment]++
			}
		}
	}
	for _, segment := range slices.Sorted(maps.Keys(fragments)) {
		d.note(Info, segment, "full frames travel in pieces: tunnels whose underlays carry less at once: %d, the least %d bytes (mtu: auto avoids it)",
			fragments[segment], least[segment])
	}
}

// noteAddress warns when a tunnel's source address is on no interface.
func (d *differ) noteAddress(tun *tunnel.Tunnel, end *tunnel.End) {
	o, ok := d.seen[end.Router]
	if !ok || o.Unread != "" || !localAddress(d.in.Topology, end).IsGlobalUnicast() {
		return
	}
	if d.keepsSource(tun, end) {
		return
	}
	for _, row := range o.Menus[MenuAddress] {
		if prefix, err := netip.ParsePrefix(row["address"]); err == nil && prefix.Addr() == end.Local {
			return
		}
	}
	d.note(Warning, tun.Name, "%s is on no interface of %s: this end will not run (for an uplink behind NAT say nat: true)",
		end.Local, end.Router)
}

// disruption says what traffic notices of a step, or "", and marks the step when
// it may cut our own path.
func (d *differ) disruption(s *Step) string {
	if s.isEnable() || s.onlyAdopts() || s.Menu == MenuNetwatch {
		return "" // Nothing passes through what only watches.
	}
	if why := d.managementPath(s); why != "" {
		s.Management = true
		return why
	}
	if s.Menu == MenuBridgePort && s.Op == Add {
		if addr := d.addressOn(s.Router, s.Want["interface"]); addr != "" {
			return fmt.Sprintf("%s carries %s, which stops answering on a bridge port", s.Want["interface"], addr)
		}
		return ""
	}
	if s.Op == Remove {
		return "traffic over it stops"
	}
	if s.Op != Set {
		return ""
	}
	if why := bridgeDisruption(s); why != "" {
		return why
	}
	for _, name := range []string{"mtu", "tunnel-id", "remote-address", "local-address", "mac-address", "slaves", "mode", "allow-fast-path"} {
		if _, ok := s.Want[name]; ok {
			return "the tunnel is interrupted (" + name + ")"
		}
	}
	if len(s.Secrets) > 0 {
		return "the tunnel is interrupted (ipsec-secret)"
	}
	return ""
}

// bridgeDisruption says what changing a bridge does to its ports, or "".
func bridgeDisruption(s *Step) string {
	if s.Menu != MenuBridge {
		return ""
	}
	for _, name := range []string{"protocol-mode", "admin-mac", "auto-mac", "disabled"} {
		if _, ok := s.Want[name]; ok {
			return "the bridge's ports go down for a moment (" + name + ")"
		}
	}
	if _, ok := s.Want["priority"]; ok {
		return "spanning tree elects its root anew"
	}
	return ""
}

// addressOn returns an address that an interface carries, or "".
func (d *differ) addressOn(router, iface string) string {
	for _, row := range d.seen[router].Menus[MenuAddress] {
		if row["interface"] == iface && !row.is("disabled") {
			return row["address"]
		}
	}
	return ""
}
