package routeros

import "time"

// A Bonding is a row of /interface/bonding. Source: MikroTik manual,
// "Bonding".
type Bonding struct {
	ID                 string        `ros:".id,ro"`
	Name               string        `ros:"name"`
	Slaves             []string      `ros:"slaves"` // at least one
	Mode               string        `ros:"mode"`
	Primary            string        `ros:"primary"`         // an interface or "none"
	LinkMonitoring     string        `ros:"link-monitoring"` // "mii", "arp", "none"
	MIIInterval        time.Duration `ros:"mii-interval"`
	ARPInterval        time.Duration `ros:"arp-interval"`
	ARPIPTargets       []string      `ros:"arp-ip-targets"`
	UpDelay            time.Duration `ros:"up-delay"`
	DownDelay          time.Duration `ros:"down-delay"`
	MinLinks           uint32        `ros:"min-links"`
	TransmitHashPolicy string        `ros:"transmit-hash-policy"`
	LACPRate           string        `ros:"lacp-rate"` // "30secs", "1sec"
	LACPMode           string        `ros:"lacp-mode"` // from 7.19
	ForcedMAC          string        `ros:"forced-mac-address,none"`
	MTU                string        `ros:"mtu"`
	MACAddress         string        `ros:"mac-address,ro"`
	Running            bool          `ros:"running,ro"`
	Disabled           bool          `ros:"disabled"`
	Comment            string        `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Bonding) Menu() string { return "/interface/bonding" }
