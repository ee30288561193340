package routeros

import "time"

// A Bridge is a row of /interface/bridge. Changing ProtocolMode,
// VLANFiltering, IGMPSnooping or FastForward takes all its ports down for a
// moment. Source: MikroTik manual, "Bridging and switching".
type Bridge struct {
	ID            string        `ros:".id,ro"`
	Name          string        `ros:"name"`
	MTU           string        `ros:"mtu"` // a number or "auto"
	ActualMTU     uint32        `ros:"actual-mtu,ro"`
	L2MTU         uint32        `ros:"l2mtu,ro"`
	MACAddress    string        `ros:"mac-address,ro"`
	AutoMAC       bool          `ros:"auto-mac"`
	AdminMAC      string        `ros:"admin-mac"` // works only without AutoMAC
	ProtocolMode  string        `ros:"protocol-mode"`
	Priority      uint16        `ros:"priority"` // in steps of 4096
	ForwardDelay  time.Duration `ros:"forward-delay"`
	MaxMessageAge time.Duration `ros:"max-message-age"`
	AgeingTime    time.Duration `ros:"ageing-time"`
	FastForward   bool          `ros:"fast-forward"`
	VLANFiltering bool          `ros:"vlan-filtering"`
	PVID          uint16        `ros:"pvid"`
	IGMPSnooping  bool          `ros:"igmp-snooping"`
	DHCPSnooping  bool          `ros:"dhcp-snooping"`
	Arp           string        `ros:"arp"`
	PortCostMode  string        `ros:"port-cost-mode"` // from 7.13
	Running       bool          `ros:"running,ro"`
	Dynamic       bool          `ros:"dynamic,ro"`
	Disabled      bool          `ros:"disabled"`
	Comment       string        `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Bridge) Menu() string { return "/interface/bridge" }
