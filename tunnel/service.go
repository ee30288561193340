package tunnel

import (
	"net/netip"
	"time"
)

// A Service is what clients use: ordered servers behind one switch.
type Service struct {
	Name        string
	Segment     string
	Servers     []Server // in order of preference, at least one
	Ports       []uint16
	Probes      []Probe
	Replication Replication // Engine EngineUnknown: none given
	Switch      Switch
	// Vantages are the routers that ping the servers, each once; see
	// DefaultVantages.
	Vantages []string
	Policy   Policy
}

// A Server is one host that can serve.
type Server struct {
	Name    string
	Address netip.Addr // inside the segment's subnet
	Router  string     // the router at its site
}

// A ProbeType is what a probe does.
type ProbeType uint8

// Probe types.
const (
	ProbeUnknown ProbeType = iota
	ProbeICMP
	ProbeTCP
	ProbeHTTP
	ProbeHTTPS
	ProbeMySQL
)

// String returns the word that topology files use.
func (p ProbeType) String() string {
	switch p {
	case ProbeICMP:
		return "icmp"
	case ProbeTCP:
		return "tcp"
	case ProbeHTTP:
		return "http"
	case ProbeHTTPS:
		return "https"
	case ProbeMySQL:
		return "mysql"
	case ProbeUnknown:
	}
	return "unknown"
}

// A Probe is one check of every server of a service.
type Probe struct {
	Type   ProbeType
	Port   uint16 // zero for icmp
	Path   string // http and https
	Expect int    // http status, 100..599; zero means any below 400
}

// A Switch is how clients reach the active server. Exactly one of its fields is
// set.
type Switch struct {
	NAT  *NATSwitch
	VRRP *VRRPSwitch
}

// A NATSwitch rewrites dst-nat rules.
type NATSwitch struct {
	On     []string              // routers that hold the rules
	To     map[string]netip.Addr // the public address on each of them
	Source NATSource
}

// A NATSource is whose address a server at another site than the router's sees as
// that of a client. A server at the router's own site sees the client's.
type NATSource uint8

// NAT sources.
const (
	SourceUnknown NATSource = iota
	// SourceRouter: the address of the router that the client came by, so that
	// the answer returns there whatever the server's default gateway is.
	SourceRouter
	// SourceClient: the client's own. Answers must then find the router that the
	// client came by, and by default they do not.
	SourceClient
)

// String returns the word that topology files use.
func (n NATSource) String() string {
	switch n {
	case SourceRouter:
		return "router"
	case SourceClient:
		return "client"
	case SourceUnknown:
	}
	return "unknown"
}

// A VRRPSwitch moves a virtual address.
type VRRPSwitch struct {
	Address  netip.Addr
	VRID     int // 1..255
	On       []string
	Interval time.Duration // 10 ms..255 s
}
