package routeros

// An Ethernet is a row of /interface/ethernet.
type Ethernet struct {
	ID          string `ros:".id,ro"`
	Name        string `ros:"name"`
	DefaultName string `ros:"default-name,ro"`
	MTU         string `ros:"mtu"`
	L2MTU       uint32 `ros:"l2mtu"`
	MACAddress  string `ros:"mac-address"`
	OrigMAC     string `ros:"orig-mac-address,ro"`
	Arp         string `ros:"arp"`
	Running     bool   `ros:"running,ro"`
	Slave       bool   `ros:"slave,ro"`
	Disabled    bool   `ros:"disabled"`
	Comment     string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Ethernet) Menu() string { return "/interface/ethernet" }
