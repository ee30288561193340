package routeros

// A NAT is a row of /ip/firewall/nat, an ordered menu whose first match wins.
// A change affects new connections only: see Connection. Source: MikroTik
// manual, "NAT".
type NAT struct {
	ID             string `ros:".id,ro"`
	Chain          string `ros:"chain"`
	Action         string `ros:"action"`
	Protocol       string `ros:"protocol"`
	SrcAddress     string `ros:"src-address"`
	DstAddress     string `ros:"dst-address"`
	SrcAddressList string `ros:"src-address-list"`
	DstAddressList string `ros:"dst-address-list"`
	SrcPort        string `ros:"src-port"` // "80,443,8000-8010"
	DstPort        string `ros:"dst-port"`
	InInterface    string `ros:"in-interface"`
	OutInterface   string `ros:"out-interface"`
	InList         string `ros:"in-interface-list"`
	OutList        string `ros:"out-interface-list"`
	ToAddresses    string `ros:"to-addresses"` // an address, a range or a prefix
	ToPorts        string `ros:"to-ports"`
	JumpTarget     string `ros:"jump-target"`
	ConnectionMark string `ros:"connection-mark"`
	Log            bool   `ros:"log"`
	LogPrefix      string `ros:"log-prefix"`
	Bytes          uint64 `ros:"bytes,ro"`
	Packets        uint64 `ros:"packets,ro"`
	Invalid        bool   `ros:"invalid,ro"`
	Dynamic        bool   `ros:"dynamic,ro"`
	Disabled       bool   `ros:"disabled"`
	Comment        string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (NAT) Menu() string { return "/ip/firewall/nat" }
