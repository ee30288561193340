package routeros

// An Interface is a row of /interface: any kind of interface, with what all
// kinds share.
type Interface struct {
	ID          string `ros:".id,ro"`
	Name        string `ros:"name"`
	DefaultName string `ros:"default-name,ro"` // Ethernet only
	Type        string `ros:"type,ro"`         // "ether", "eoip", "bridge", "vrrp"
	MTU         string `ros:"mtu"`             // a number or "auto"
	ActualMTU   uint32 `ros:"actual-mtu,ro"`
	L2MTU       uint32 `ros:"l2mtu"`
	MACAddress  string `ros:"mac-address,ro"`
	Running     bool   `ros:"running,ro"`
	Slave       bool   `ros:"slave,ro"`
	Dynamic     bool   `ros:"dynamic,ro"`
	Disabled    bool   `ros:"disabled"`
	Comment     string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Interface) Menu() string { return "/interface" }
