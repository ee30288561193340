// Package adopt makes a topology out of networks that were built by hand.
//
// [From] takes what was read of several routers, pairs the ends of their EoIP
// tunnels by addresses and ids, groups the bridges that paired tunnels join into
// segments, and keeps names, ids, bonds and addresses, so that a plan of the
// result changes nothing but comments. What it could not pair, or what a
// topology cannot say, is left out and told in a note with its reason. It is
// pure, and whatever the rows hold, the topology is one that spec.Parse accepts.
package adopt

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// A Source is what was read of one router.
type Source struct {
	Where string // the file or address that it was read from, for notes
	// Time is when that was, for exports; zero means unknown. Live sources are
	// newer than all exports.
	Time time.Time
	// Live says that the rows come from the router itself, so that what is
	// missing in them is not there.
	Live bool
	// Name is what the router is called when it does not say, or says only what
	// every new router says.
	Name string
	// Address is where its API answers, "host:port"; empty when that is not
	// known.
	Address     string
	Credentials tunnel.Credentials
	Observed    *plan.Observed
}

// A Note is something that a person should know about the topology.
type Note struct {
	// Path is the place that it is about: "routers.jkt",
	// "segments.servers.subnet"; empty for the whole.
	Path string
	Text string
	// Open says that the person must fill something in.
	Open bool
}

// String returns "routers.jkt: text".
func (n Note) String() string {
	if n.Path == "" {
		return n.Text
	}
	return n.Path + ": " + n.Text
}

// From returns the topology of the network that the sources are of, routers in
// their order, and what there is to say about it. Every segment of it adopts.
func From(sources []Source) (*tunnel.Topology, []Note) {
	n := &network{owners: map[netip.Addr]*router{}, apis: map[string]bool{}}
	for i := range sources {
		n.read(&sources[i])
	}
	n.nameRouters()
	n.findEnds()
	n.pair()
	n.findUplinks()
	t := &tunnel.Topology{}
	segments := n.segments()
	for _, r := range n.routers {
		t.Routers = append(t.Routers, n.topologyRouter(r))
	}
	t.Segments = segments
	if len(n.owners) > 0 {
		n.note("routers", "uplinks are assumed to carry %d bytes; give mtu where a path carries less", underlayMTU)
	}
	n.prunePairs(t)
	slices.SortStableFunc(n.notes, func(a, b Note) int { return cmp.Compare(a.Path, b.Path) })
	return t, slices.Compact(n.notes)
}

// A network is the routers and what is known of how they hang together.
type network struct {
	routers []*router
	ends    []*end
	links   []*link
	owners  map[netip.Addr]*router // of uplink addresses
	apis    map[string]bool        // addresses of APIs that are given out
	notes   []Note
}

func (n *network) note(path, format string, args ...any) {
	n.notes = append(n.notes, Note{Path: path, Text: fmt.Sprintf(format, args...)})
}

// open notes what a person must fill in.
func (n *network) open(path, format string, args ...any) {
	n.notes = append(n.notes, Note{Path: path, Text: fmt.Sprintf(format, args...), Open: true})
}

// leave notes that a tunnel's end is left alone, and why.
func (n *network) leave(e *end, format string, args ...any) {
	n.note("", "left alone: %s: %s", e, fmt.Sprintf(format, args...))
}
