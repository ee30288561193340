package audit

import (
	"net/netip"
	"strings"

	"jembatan/tunnel"
)

// An End is one side of a tunnel: an EoIP interface of a router.
type End struct {
	Router *Router
	Row    *Row
	Name   string
	// Local and Remote are invalid when they are not given.
	Local, Remote netip.Addr
	RemoteName    string // a remote-address that is a DNS name
	ID            int
	Mark          string   // our mark in the comment, or ""
	Bridge        *Bridge  // the bridge that it is in, itself or through a bond; nil for none
	Port          *Row     // its bridge port, or its bond's
	Bond          *Row     // the bond that it is a slave of; nil for none
	Under         Underlay // what carries it
	Tunnel        *Tunnel
}

// String returns "router/interface".
func (e *End) String() string { return e.Router.Name + "/" + e.Name }

// off reports whether the end is disabled.
func (e *End) off() bool { return e.Row.Off() }

// newEnd reads an EoIP row.
func newEnd(r *Router, row *Row) *End {
	e := &End{Router: r, Row: row, Name: row.Get("name"), ID: row.Int("tunnel-id")}
	if a, err := netip.ParseAddr(row.Get("local-address")); err == nil && !a.IsUnspecified() {
		e.Local = a
	}
	remote, _, _ := strings.Cut(row.Get("remote-address"), "@") // "address@vrf"
	if a, err := netip.ParseAddr(remote); err == nil {
		e.Remote = a
	} else {
		e.RemoteName = remote
	}
	if scope, name, ok := tunnel.ParseMark(row.Get("comment")); ok {
		e.Mark = tunnel.Mark(scope, name)
	}
	return e
}

// A PairState is what is known of a tunnel's two ends.
type PairState uint8

// States of pairing.
const (
	PairUnknown PairState = iota
	Paired                // both ends found, and they fit
	Mismatched            // both ends found by their addresses, with different ids
	OneSided              // the other router has no such tunnel
	Foreign               // the other end belongs to no router of the audit
	Ambiguous             // several ends may be the other one
	PeerUnread            // the other router could not be read
)

// String returns the word that reports use.
func (s PairState) String() string {
	switch s {
	case Paired:
		return "paired"
	case Mismatched:
		return "mismatched"
	case OneSided:
		return "one-sided"
	case Foreign:
		return "foreign"
	case Ambiguous:
		return "ambiguous"
	case PeerUnread:
		return "peer-unread"
	case PairUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (s PairState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Tunnel is one or two ends that belong together.
type Tunnel struct {
	State PairState
	Ends  [2]*End // the second is nil unless Paired or Mismatched; sorted by name
	Why   Text    // how it was paired, or why not
	// Peer is the router at the other end when it is known though its tunnel is
	// not.
	Peer string
	// Candidates are the ends among which it cannot be told, for Ambiguous.
	Candidates []*End
}

// both reports whether both ends are known.
func (t *Tunnel) both() bool { return t.Ends[1] != nil }

// ends returns the ends that are known.
func (t *Tunnel) ends() []*End {
	if t.both() {
		return t.Ends[:]
	}
	return t.Ends[:1]
}

// Subject names the tunnel, the same in every audit of the same network.
func (t *Tunnel) Subject() string {
	if t.both() {
		return t.Ends[0].String() + " - " + t.Ends[1].String()
	}
	return t.Ends[0].String()
}

// routers returns the names of the routers at the ends.
func (t *Tunnel) routers() []string {
	var out []string
	for _, e := range t.ends() {
		out = append(out, e.Router.Name)
	}
	return out
}

// off reports whether the tunnel is disabled at every end that is known.
func (t *Tunnel) off() bool {
	for _, e := range t.ends() {
		if !e.off() {
			return false
		}
	}
	return true
}
