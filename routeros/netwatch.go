package routeros

import "time"

// A Netwatch is a row of /tool/netwatch: a probe that the router makes. RouterOS
// 6 knows only the simple type. Scripts run as the system user with read,
// write, test and reboot. Source: MikroTik manual, "Netwatch".
type Netwatch struct {
	ID           string        `ros:".id,ro"`
	Name         string        `ros:"name"`
	Host         string        `ros:"host"`
	Type         string        `ros:"type"` // "simple", "icmp", "tcp-conn", "http-get", "https-get", "dns"
	Port         uint16        `ros:"port"`
	Interval     time.Duration `ros:"interval"`
	Timeout      time.Duration `ros:"timeout"`
	StartDelay   time.Duration `ros:"start-delay"`
	StartupDelay time.Duration `ros:"startup-delay"` // after a boot, five minutes by default
	PacketCount  uint32        `ros:"packet-count"`
	SrcAddress   string        `ros:"src-address"` // from 7.11
	UpScript     string        `ros:"up-script"`
	DownScript   string        `ros:"down-script"`
	TestScript   string        `ros:"test-script"`
	Status       string        `ros:"status,ro"` // "unknown", "up", "down"
	Since        string        `ros:"since,ro"`  // a date in the router's own form
	Disabled     bool          `ros:"disabled"`
	Comment      string        `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Netwatch) Menu() string { return "/tool/netwatch" }
