package adopt

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"jembatan/tunnel/plan"
)

// An end is one EoIP interface.
type end struct {
	router *router
	row    plan.Row
	name   string
	id     uint16
	// local and remote are invalid when they are not pinned, or a name.
	local, remote netip.Addr
	bridge        string   // that it, or its bond, is a port of; may be empty
	bond          plan.Row // that it is a slave of; may be nil
	port          plan.Row // of it or of its bond; may be nil

	peer   *end
	how    string // by what the two were paired; empty when that leaves no doubt
	uplink int    // index of its uplink on the router
}

// String returns "eoip-tunnel1 on jkt".
func (e *end) String() string { return e.name + " on " + e.router.name }

// iface is what is the bridge's port: the end or its bond.
func (e *end) iface() string {
	if e.bond != nil {
		return e.bond["name"]
	}
	return e.name
}

// findEnds reads the tunnels of every router.
func (n *network) findEnds() {
	for _, r := range n.routers {
		names, ids := map[string]bool{}, map[uint16]bool{}
		for _, row := range r.rows(plan.MenuEoIP) {
			e := &end{router: r, row: row, name: row["name"], uplink: -1}
			e.local, e.remote = outer(row["local-address"]), outer(row["remote-address"])
			id, err := strconv.ParseUint(row["tunnel-id"], 10, 16)
			e.id = uint16(id)
			switch {
			case isMarked(row):
				n.leave(e, "it carries the mark of a topology: %s", row["comment"])
			case err != nil || id == 0:
				n.leave(e, "its tunnel-id is %q; a topology has 1 to 65535", row["tunnel-id"])
			case !isWritable(e.name):
				n.leave(e, "a topology cannot hold its name")
			case names[e.name] || ids[e.id]:
				n.leave(e, "another tunnel of the router has its name or its id %d", e.id)
			default:
				names[e.name], ids[e.id] = true, true
				e.place()
				n.ends = append(n.ends, e)
			}
		}
	}
}

// place finds the bond and the bridge that an end is in.
func (e *end) place() {
	for _, row := range e.router.rows(plan.MenuBonding) {
		if slices.Contains(strings.Split(row["slaves"], ","), e.name) {
			e.bond = row
		}
	}
	for _, row := range e.router.rows(plan.MenuBridgePort) {
		if row["interface"] == e.iface() {
			e.bridge, e.port = row["bridge"], row
		}
	}
}

// outer parses an outer address; it is invalid for what no host can have.
func outer(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a.As4()[0] >= 240 {
		return netip.Addr{}
	}
	return a
}

// isWritable reports whether a topology file can hold the name of an interface.
func isWritable(name string) bool {
	const longest = 64
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= longest &&
		!strings.ContainsFunc(name, func(c rune) bool {
			return c < ' ' || c >= 0x7f && c < 0xa0 || c == '\ufeff' || c >= 0xfffe && c <= 0xffff
		})
}

// points reports whether e sends to an address of f.
func (e *end) points(f *end) bool {
	return e.remote.IsValid() && (f.local == e.remote || f.router.own[e.remote])
}

// sameSubnet reports whether two ends, or the bridges that they are in, have
// addresses of one subnet.
func sameSubnet(e, f *end) bool {
	for _, a := range e.subnets() {
		if slices.Contains(f.subnets(), a) {
			return true
		}
	}
	return false
}

func (e *end) subnets() []netip.Prefix {
	out := e.router.subnets(e.name)
	if e.bridge != "" {
		out = append(out, e.router.subnets(e.bridge)...)
	}
	return out
}

// Sizes that the subnet of a segment may have.
const widest, narrowest = 8, 30

// subnets are the IPv4 networks of the addresses on an interface.
func (r *router) subnets(iface string) []netip.Prefix {
	var out []netip.Prefix
	for _, row := range r.Observed.Menus[plan.MenuAddress] {
		p, err := netip.ParsePrefix(row["address"])
		if err == nil && row["interface"] == iface && p.Addr().Is4() && p.Bits() >= widest && p.Bits() <= narrowest {
			out = append(out, p.Masked())
		}
	}
	return out
}
