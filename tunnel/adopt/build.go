package adopt

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// topology is the segment as the topology has it.
func (s *segment) topology(names map[string]bool, used *subnets) tunnel.Segment {
	var bridges []string
	for _, at := range s.sites {
		bridges = append(bridges, at.bridge)
	}
	out := tunnel.Segment{Shape: s.form, Adopt: true}
	out.Bridge, _ = common(bridges)
	out.Name = unused(cleanName(trimBridge(out.Bridge), "segment"), names)
	out.Subnet = s.subnet(out.Name, used)
	for _, at := range s.sites {
		m := tunnel.Member{Router: at.router.name, Ports: s.ports(at, out.Name)}
		if at.bridge != out.Bridge {
			m.Bridge = at.bridge
		}
		if p, ok := s.parents[at]; ok {
			m.Parent = p.router.name
		}
		out.Members = append(out.Members, m)
	}
	if s.form == tunnel.Hub {
		out.Hubs = s.hubs()
	}
	out.Tunnels = s.settings(out.Name)
	return out
}

// trimBridge takes off a bridge's name what says no more than that it is one.
func trimBridge(name string) string {
	for _, prefix := range []string{"br-", "bridge-", "br_", "bridge_"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			return rest
		}
	}
	return name
}

// hubs are the root and whatever has others below it.
func (s *segment) hubs() []string {
	hubs := []string{s.root.router.name}
	for _, at := range s.sites {
		for _, p := range s.parents {
			if p == at && at != s.root && !slices.Contains(hubs, at.router.name) {
				hubs = append(hubs, at.router.name)
			}
		}
	}
	return hubs
}

// ports are the local ports of a bridge: all that lead into no tunnel.
func (s *segment) ports(at site, name string) []string {
	var out []string
	tunnels := map[string]bool{}
	for _, row := range at.router.rows(plan.MenuEoIP) {
		tunnels[row["name"]] = true
	}
	for _, row := range at.router.rows(plan.MenuBonding) {
		if slices.ContainsFunc(strings.Split(row["slaves"], ","), func(slave string) bool { return tunnels[slave] }) {
			tunnels[row["name"]] = true
		}
	}
	for _, row := range at.router.rows(plan.MenuBridgePort) {
		port := row["interface"]
		switch {
		case row["bridge"] != at.bridge || tunnels[port] || slices.Contains(out, port):
		case isMarked(row) || !isWritable(port):
			s.network.note("segments."+name+".members."+at.router.name, "left alone: port %q: it carries a mark, or its name cannot be written", port)
		default:
			out = append(out, port)
		}
	}
	return out
}

// settings are those of the tunnels: what most of them have, which is what new
// ones get.
func (s *segment) settings(name string) tunnel.TunnelSettings {
	out := tunnel.TunnelSettings{Redundancy: tunnel.NoRedundancy}
	for _, kind := range []tunnel.Redundancy{tunnel.RSTP, tunnel.Bond} {
		if s.has(kind) {
			out.Redundancy = kind
		}
	}
	var mtus, keepalives []string
	secret := false
	for _, l := range s.links {
		for i, t := range l.tunnels {
			out.Pairs = append(out.Pairs, tunnel.UplinkPair{t[0].ref(), t[1].ref()})
			pin := tunnel.PinnedID{Pair: tunnel.UplinkPair{t[0].ref(), t[1].ref()}, ID: t[0].id, Names: [2]string{t[0].name, t[1].name}}
			if l.kind == tunnel.Bond && i == 0 {
				pin.Bonds = [2]string{t[0].iface(), t[1].iface()}
			}
			out.IDs = append(out.IDs, pin)
			for _, e := range t {
				mtus = append(mtus, e.row["mtu"])
				keepalives = append(keepalives, e.row["keepalive"])
				secret = secret || e.row["ipsec-secret"] != "" || plan.HidesSecret(plan.MenuEoIP, e.row)
			}
		}
	}
	mtu, _ := common(mtus)
	alive, _ := common(keepalives)
	out.MTU, out.Keepalive = parseMTU(mtu), parseKeepalive(alive)
	if secret {
		s.network.note("segments."+name+".tunnels", "some of these tunnels are encrypted, and stay so; for new ones say ipsec: {secret: {env: NAME}}")
	}
	return out
}

// parseMTU reads an interface's MTU; zero, for auto, is also what a topology
// cannot hold.
func parseMTU(s string) int {
	const least, most = 68, 65535
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0
	}
	return n
}

// parseKeepalive reads "10s,10" or "1m30s,10"; anything else, as the absence of
// it, is off.
func parseKeepalive(s string) tunnel.Keepalive {
	const longest, most = 99999 * time.Second, 9999
	interval, retries, ok := strings.Cut(s, ",")
	every, err := time.ParseDuration(interval)
	n, err2 := strconv.Atoi(retries)
	if !ok || err != nil || err2 != nil || every < time.Second || every > min(longest, 24*time.Hour) || every%time.Second != 0 || n < 1 || n > most {
		return tunnel.Keepalive{}
	}
	return tunnel.Keepalive{Interval: every, Retries: n}
}

// subnets are what may not lie in the subnet of a segment, or overlap it.
type subnets struct {
	uplinks []netip.Addr
	taken   []netip.Prefix
}

func (u *subnets) free(p netip.Prefix) bool {
	return !slices.ContainsFunc(u.taken, p.Overlaps) && !slices.ContainsFunc(u.uplinks, p.Contains)
}

// subnet is the network of the addresses on the bridges, or a placeholder.
func (s *segment) subnet(name string, used *subnets) netip.Prefix {
	path := "segments." + name
	var found []string
	for _, at := range s.sites {
		for _, p := range at.router.subnets(at.bridge) {
			if used.free(p) {
				found = append(found, p.String())
			}
		}
	}
	if best, ok := common(found); ok {
		for _, other := range slices.Compact(slices.Sorted(slices.Values(found))) {
			if other != best {
				s.network.note(path, "%s is on its bridges as well", other)
			}
		}
		p := netip.MustParsePrefix(best) // It is one that was printed above.
		used.taken = append(used.taken, p)
		return p
	}
	for i := 0; ; i++ {
		p := netip.MustParsePrefix(fmt.Sprintf("198.%d.%d.0/24", 18+i/256%2, i%256))
		if used.free(p) || i >= 512 {
			used.taken = append(used.taken, p)
			s.network.open(path, "subnet: FILL IN, %s is a placeholder: no bridge of it has an address of a subnet of its own", p)
			return p
		}
	}
}

// prunePairs leaves out the pairs of uplinks of segments whose tunnels are the
// same without them.
func (n *network) prunePairs(t *tunnel.Topology) {
	for i := range t.Segments {
		s := &t.Segments[i]
		one := tunnel.Topology{Routers: t.Routers, Segments: []tunnel.Segment{*s}}
		with, err := tunnel.Expand(&one, tunnel.Known{})
		if err != nil {
			continue // spec.Parse says why.
		}
		one.Segments[0].Tunnels.Pairs = nil
		without, err := tunnel.Expand(&one, tunnel.Known{})
		if err == nil && slices.Equal(tunnelNames(with), tunnelNames(without)) {
			s.Tunnels.Pairs = nil
		}
	}
}

func tunnelNames(links []tunnel.Link) []string {
	var out []string
	for _, l := range links {
		for i := range l.Tunnels {
			out = append(out, l.Tunnels[i].Name)
		}
	}
	return out
}
