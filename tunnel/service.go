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
	Policy      Policy
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

// A DatabaseEngine is the family of a replicated database.
type DatabaseEngine uint8

// Database engines.
const (
	EngineUnknown DatabaseEngine = iota
	MariaDB
	MySQL
)

// String returns the word that topology files use.
func (e DatabaseEngine) String() string {
	switch e {
	case MariaDB:
		return "mariadb"
	case MySQL:
		return "mysql"
	case EngineUnknown:
	}
	return "unknown"
}

// Replication says how to ask whether a server may be promoted.
type Replication struct {
	Engine   DatabaseEngine
	User     string
	Password SecretRef
	// AllowedLoss is how old the last "in sync" may be at a failover; zero
	// means none.
	AllowedLoss time.Duration
}

// A Switch is how clients reach the active server. Exactly one of its fields is
// set.
type Switch struct {
	NAT  *NATSwitch
	VRRP *VRRPSwitch
}

// A NATSwitch rewrites dst-nat rules.
type NATSwitch struct {
	On []string              // routers that hold the rules
	To map[string]netip.Addr // the public address on each of them
}

// A VRRPSwitch moves a virtual address.
type VRRPSwitch struct {
	Address  netip.Addr
	VRID     int // 1..255
	On       []string
	Interval time.Duration // 10 ms..255 s
}

// A Failback is how a service returns to its preferred server.
type Failback uint8

// Failbacks.
const (
	FailbackUnknown Failback = iota
	FailbackManual
	FailbackAuto
	FailbackWindow
)

// String returns the word that topology files use.
func (f Failback) String() string {
	switch f {
	case FailbackManual:
		return "manual"
	case FailbackAuto:
		return "auto"
	case FailbackWindow:
		return "window"
	case FailbackUnknown:
	}
	return "unknown"
}

// A Policy holds the numbers of detection and failback.
type Policy struct {
	Profile  string // lan, metro or wan
	Interval time.Duration
	Misses   int
	Rises    int
	Quorum   int
	Failback Failback
	Window   string // for FailbackWindow: a cron expression in UTC
	Hold     time.Duration
}
