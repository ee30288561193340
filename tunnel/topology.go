// Package tunnel is the topology: routers, uplinks, segments, the tunnels that
// they expand to, and the services that run over them.
//
// It is pure: values in, values out. tunnel/spec makes a Topology from a file,
// Expand makes the tunnels of its segments, tunnel/plan compares them with what
// the routers have.
package tunnel

import (
	"net/netip"
	"time"
)

// A Topology is one checked topology file. Routers, segments and services stand
// in the order of the file. A Topology from spec.Parse is consistent: every
// name resolves, every address parses, nothing is given twice.
type Topology struct {
	Controller Controller
	Routers    []Router
	Segments   []Segment
	Services   []Service
	Alerts     *Alerts // nil for none
}

// Router returns the router of that name.
func (t *Topology) Router(name string) (*Router, bool) {
	for i := range t.Routers {
		if t.Routers[i].Name == name {
			return &t.Routers[i], true
		}
	}
	return nil, false
}

// routersByName is for those who ask for every router.
func (t *Topology) routersByName() map[string]*Router {
	out := make(map[string]*Router, len(t.Routers))
	for i := range t.Routers {
		out[t.Routers[i].Name] = &t.Routers[i]
	}
	return out
}

// A Router is a RouterOS device that is managed over its API.
type Router struct {
	Name string
	Site string // free text for people; may be empty
	// Address is where its API answers, "host:port"; the port is always there
	// (8729 with TLS, 8728 without, unless the file says otherwise).
	Address     string
	Credentials Credentials
	Uplinks     []Uplink // in the order of the file; may be empty for a router without tunnels
}

// Uplink returns the uplink of that name.
func (r *Router) Uplink(name string) (*Uplink, bool) {
	for i := range r.Uplinks {
		if r.Uplinks[i].Name == name {
			return &r.Uplinks[i], true
		}
	}
	return nil, false
}

// Credentials say how to log in to a router.
type Credentials struct {
	User     string
	Password SecretRef
	TLS      TLS
}

// TLS says how a router proves who it is. The zero value means the system's
// roots. At most one of the fields is set.
type TLS struct {
	Off         bool   // plaintext API
	CAFile      string // PEM file, relative paths already joined to the topology file's folder
	Fingerprint string // "sha256:" and 64 hexadecimal digits of the leaf certificate
}

// A SecretRef names where a secret is kept; the secret itself is never part of
// a topology. The zero value means "no secret given".
type SecretRef struct {
	Env  string // environment variable
	File string // path, relative paths already joined to the topology file's folder
}

// IsZero reports whether no secret is named.
func (s SecretRef) IsZero() bool { return s == SecretRef{} }

// String names the place of the secret, as in "env:JEMBATAN_IPSEC".
func (s SecretRef) String() string {
	switch {
	case s.Env != "":
		return "env:" + s.Env
	case s.File != "":
		return "file:" + s.File
	}
	return ""
}

// An Uplink is one WAN path of a router.
type Uplink struct {
	Name    string
	Address netip.Addr // outer IPv4 address of tunnels
	// MTU is the largest IP packet that the path carries, 576..65535 bytes. With
	// PPPoE it is already reduced.
	MTU     int
	NAT     bool       // a NAT lies in the path, so IPsec needs UDP encapsulation
	Gateway netip.Addr // next hop for routes that keep a tunnel on this uplink; may be invalid (none)
}

// A Shape is how the members of a segment are joined.
type Shape uint8

// Shapes.
const (
	ShapeUnknown Shape = iota
	Hub                // a tree: every member has one way to the root
	Mesh               // a tunnel between every two members, with split horizon
)

// String returns the word that topology files use.
func (s Shape) String() string {
	switch s {
	case Hub:
		return "hub"
	case Mesh:
		return "mesh"
	case ShapeUnknown:
	}
	return "unknown"
}

// A Redundancy is what two tunnels between the same two routers are for.
type Redundancy uint8

// Redundancies.
const (
	RedundancyUnknown Redundancy = iota
	NoRedundancy                 // one tunnel, over the first pair of uplinks
	Bond                         // both in one active-backup bond
	RSTP                         // both are bridge ports, spanning tree blocks one
)

// String returns the word that topology files use.
func (r Redundancy) String() string {
	switch r {
	case NoRedundancy:
		return "none"
	case Bond:
		return "bond"
	case RSTP:
		return "rstp"
	case RedundancyUnknown:
	}
	return "unknown"
}

// A Segment is one layer-2 subnet stretched over several sites.
type Segment struct {
	Name    string
	Subnet  netip.Prefix
	Bridge  string // interface name of the bridge on every member that has no other; see BridgeOn
	Shape   Shape
	Hubs    []string // router names; the first is the root of the tree; empty for a mesh
	Members []Member // in the order of the file
	Tunnels TunnelSettings
	// Adopt says that objects which exist without a mark, exactly where the
	// topology says, become ours as they are: nothing that the topology does not
	// find an object by is changed on objects that exist.
	Adopt bool
}

// BridgeOn returns the interface name of the segment's bridge on router.
func (s *Segment) BridgeOn(router string) string {
	if m, ok := s.Member(router); ok && m.Bridge != "" {
		return m.Bridge
	}
	return s.Bridge
}

// Member returns the member that is router name.
func (s *Segment) Member(name string) (*Member, bool) {
	for i := range s.Members {
		if s.Members[i].Router == name {
			return &s.Members[i], true
		}
	}
	return nil, false
}

// A Member is a router's part in a segment.
type Member struct {
	Router string
	// Parent is the member one step nearer to the root of a hub tree; empty for
	// the root and in a mesh.
	Parent string
	Ports  []string // local interfaces that join the bridge
	Bridge string   // interface name of the bridge here; empty when it is the segment's
}

// TunnelSettings hold for all tunnels of a segment.
type TunnelSettings struct {
	// MTU of the tunnel interfaces in bytes; zero means planned from the
	// underlays (see PlanMTU).
	MTU        int
	Keepalive  Keepalive
	IPsec      SecretRef // zero: not encrypted
	Redundancy Redundancy
	Pairs      []UplinkPair // which uplink talks to which; pairs of routers not named here take the default
	IDs        []PinnedID   // tunnel ids that are not left to Expand
}

// A PinnedID gives the tunnel between two uplinks a fixed id, and perhaps its
// interfaces fixed names.
type PinnedID struct {
	Pair UplinkPair
	ID   uint16 // 1..65535
	// Names are the interfaces of the tunnel and Bonds those of the bond that it
	// is in, in the order of Pair; both ends are given or none.
	Names, Bonds [2]string
}

// sorted returns p with the router that sorts first in front.
func (p PinnedID) sorted() PinnedID {
	if p.Pair[0].Router > p.Pair[1].Router {
		p.Pair[0], p.Pair[1] = p.Pair[1], p.Pair[0]
		p.Names[0], p.Names[1] = p.Names[1], p.Names[0]
		p.Bonds[0], p.Bonds[1] = p.Bonds[1], p.Bonds[0]
	}
	return p
}

// Keepalive is EoIP's interval and retries. The zero value means switched off:
// the interface then always counts as running.
type Keepalive struct {
	Interval time.Duration // whole seconds, >= 1 s
	Retries  int           // >= 1
}

// An UplinkPair names the two uplinks that one tunnel joins.
type UplinkPair [2]UplinkRef

// An UplinkRef is "router.uplink".
type UplinkRef struct{ Router, Uplink string }

// String returns "router.uplink".
func (u UplinkRef) String() string { return u.Router + "." + u.Uplink }
