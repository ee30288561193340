package routeros

// A Service is a row of /ip/service. From about RouterOS 7.20 live connections
// are listed too, as dynamic rows.
type Service struct {
	ID          string   `ros:".id,ro"`
	Name        string   `ros:"name,ro"` // "api", "api-ssl", "ssh"
	Port        uint16   `ros:"port"`
	Address     []string `ros:"address"` // who may connect; empty is everybody
	Certificate string   `ros:"certificate"`
	TLSVersion  string   `ros:"tls-version"`  // "any" or "only-1.2"
	MaxSessions uint32   `ros:"max-sessions"` // from 7.16
	VRF         string   `ros:"vrf"`
	Invalid     bool     `ros:"invalid,ro"`
	Dynamic     bool     `ros:"dynamic,ro"`
	Disabled    bool     `ros:"disabled"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Service) Menu() string { return "/ip/service" }
