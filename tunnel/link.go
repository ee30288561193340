package tunnel

import "net/netip"

// A Link joins two members of a segment by one tunnel or by two.
type Link struct {
	Segment string
	// Routers are the two ends, the name that sorts first being first. So the
	// order, and with it every name, outlives a change of roles.
	Routers    [2]string
	Redundancy Redundancy // NoRedundancy when there is one tunnel
	Tunnels    []Tunnel   // one or two, the preferred one first
	Bonds      [2]string  // interface name of the bond on each router; empty unless Bond
}

// Mark returns the mark of the link's bond, the same one on both routers.
func (l *Link) Mark() string { return Mark(l.Segment, l.Routers[0]+"-"+l.Routers[1]) }

// A Tunnel is one EoIP pseudo-wire: one object with two ends.
type Tunnel struct {
	// Name is "router.uplink-router.uplink" in the order of Ends, unique in the
	// segment. It depends on nothing but the two ends.
	Name    string
	Segment string
	ID      uint16 // 1..65535
	MTU     int    // of the tunnel interfaces, in bytes
	// Budget is the largest MTU whose full frames cross both underlays in one
	// piece. See Fragments.
	Budget    int
	Keepalive Keepalive
	IPsec     SecretRef // zero: not encrypted
	Ends      [2]End    // in the order of the link's Routers
}

// Mark returns the mark that both ends carry.
func (t *Tunnel) Mark() string { return Mark(t.Segment, t.Name) }

// Fragments reports whether full frames travel in pieces, because the MTU was
// given and is above what the underlays carry at once. It works, at the price
// of throughput.
func (t *Tunnel) Fragments() bool { return t.MTU > t.Budget }

// End returns the end on that router.
func (t *Tunnel) End(router string) (*End, bool) {
	for i := range t.Ends {
		if t.Ends[i].Router == router {
			return &t.Ends[i], true
		}
	}
	return nil, false
}

// An End is one side of a tunnel.
type End struct {
	Router, Uplink string
	Interface      string     // name of the EoIP interface, unique on the router
	Local, Remote  netip.Addr // outer addresses; the other end has them swapped
	MAC            string     // upper case with colons; unique in the bridge domain
	Gateway        netip.Addr // next hop that keeps the tunnel on its uplink; may be invalid (none)
}
