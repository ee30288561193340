package routeros

// A Route is a row of /ip/route.
type Route struct {
	ID           string `ros:".id,ro"`
	DstAddress   string `ros:"dst-address"`
	Gateway      string `ros:"gateway"` // an address, an interface, or several
	ImmediateGW  string `ros:"immediate-gw,ro"`
	Distance     uint8  `ros:"distance"`
	Scope        uint8  `ros:"scope"`
	TargetScope  uint8  `ros:"target-scope"`
	PrefSrc      string `ros:"pref-src"`
	CheckGateway string `ros:"check-gateway"` // "none", "ping", "arp", "bfd"
	RoutingTable string `ros:"routing-table@7.1|routing-mark"`
	Blackhole    bool   `ros:"blackhole"`
	Active       bool   `ros:"active,ro"`
	Static       bool   `ros:"static,ro"`
	Dynamic      bool   `ros:"dynamic,ro"`
	Disabled     bool   `ros:"disabled"`
	Comment      string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Route) Menu() string { return "/ip/route" }
