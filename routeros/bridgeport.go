package routeros

// A BridgePort is a row of /interface/bridge/port: an interface in a bridge.
// Bridge prints as an id ("*1C") after its bridge has been removed. A port
// moves to another bridge by setting Bridge.
type BridgePort struct {
	ID               string `ros:".id,ro"`
	NextID           string `ros:".nextid,ro"` // the row behind this one
	Bridge           string `ros:"bridge"`
	Interface        string `ros:"interface"`
	PathCost         string `ros:"path-cost"` // a number; absent in some releases when automatic
	InternalPathCost string `ros:"internal-path-cost"`
	Priority         uint8  `ros:"priority"` // in steps of 16
	Horizon          string `ros:"horizon"`  // a number or "none": equal ones never forward to each other
	Edge             string `ros:"edge"`     // "auto", "yes", "no", "yes-discover", "no-discover"
	PointToPoint     string `ros:"point-to-point"`
	Learn            string `ros:"learn"`
	HW               bool   `ros:"hw"`
	PVID             uint16 `ros:"pvid"`
	FrameTypes       string `ros:"frame-types"`
	IngressFiltering bool   `ros:"ingress-filtering"`
	BPDUGuard        bool   `ros:"bpdu-guard"`
	AutoIsolate      bool   `ros:"auto-isolate"`
	RestrictedRole   bool   `ros:"restricted-role"`
	RestrictedTCN    bool   `ros:"restricted-tcn"`
	BroadcastFlood   bool   `ros:"broadcast-flood"`
	Role             string `ros:"role,ro"`
	Status           string `ros:"status,ro"` // "in-bridge", "inactive", "disabled"
	Inactive         bool   `ros:"inactive,ro"`
	Dynamic          bool   `ros:"dynamic,ro"`
	Disabled         bool   `ros:"disabled"`
	Comment          string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (BridgePort) Menu() string { return "/interface/bridge/port" }
