package tunnel

import (
	"fmt"
	"strings"
)

// Known is what is already true on the routers. Expand keeps the identity of
// tunnels that exist and stays clear of what belongs to others. The zero value
// means that nothing is known.
//
// All maps are by router name. Values are the mark of the owner, "" when the
// object is not ours. Expand reads the maps and keeps none of them.
type Known struct {
	IDs   map[string]map[uint16]string // tunnel ids in use
	MACs  map[string]map[string]string // interface MAC addresses in use, upper case
	Names map[string]map[string]string // interface names in use
	// Tunnels holds the tunnels of ours that exist, by mark.
	Tunnels map[string]KnownTunnel
}

// A KnownTunnel is the identity of a tunnel that exists. Zero fields are not
// known and are allotted anew.
type KnownTunnel struct {
	ID   uint16
	MACs [2]string // by end, in the order of Tunnel.Ends
}

// An ExpandError lists everything that keeps a topology from being expanded.
type ExpandError struct{ Problems []ExpandProblem }

// Error lists the problems, one a line.
func (e *ExpandError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// An ExpandProblem is one reason why a segment cannot be expanded.
type ExpandProblem struct {
	Segment string
	Tunnel  string // name of the tunnel; empty when the whole segment is meant
	Msg     string
}

// String returns "segment servers: tunnel a.x-b.y: message".
func (p ExpandProblem) String() string {
	if p.Tunnel == "" {
		return fmt.Sprintf("segment %s: %s", p.Segment, p.Msg)
	}
	return fmt.Sprintf("segment %s: tunnel %s: %s", p.Segment, p.Tunnel, p.Msg)
}
