package routeros

import (
	"net/netip"
	"time"
)

// An EoIP is a row of /interface/eoip: one end of an Ethernet pseudo-wire
// inside GRE. RemoteAddress and TunnelID are mandatory; the peer must have the
// same TunnelID. Source: MikroTik manual, "EoIP".
type EoIP struct {
	ID            string     `ros:".id,ro"`
	Name          string     `ros:"name"`
	MTU           string     `ros:"mtu"` // a number or "auto"
	ActualMTU     uint32     `ros:"actual-mtu,ro"`
	L2MTU         uint32     `ros:"l2mtu,ro"`
	MACAddress    string     `ros:"mac-address"`
	LocalAddress  netip.Addr `ros:"local-address"`
	RemoteAddress string     `ros:"remote-address"` // an address or a DNS name, perhaps with a VRF
	TunnelID      uint16     `ros:"tunnel-id"`
	Keepalive     Keepalive  `ros:"keepalive,none"` // zero is off: the tunnel always runs
	DSCP          string     `ros:"dscp"`           // 0 to 63 or "inherit"
	DontFragment  string     `ros:"dont-fragment"`  // "no" or "inherit", not a boolean
	ClampTCPMSS   bool       `ros:"clamp-tcp-mss"`
	AllowFastPath bool       `ros:"allow-fast-path"` // must be false with an IPsecSecret
	IPsecSecret   Secret     `ros:"ipsec-secret,none"`
	Arp           string     `ros:"arp"`
	ArpTimeout    string     `ros:"arp-timeout"` // a time or "auto"

	LoopProtect             string        `ros:"loop-protect"` // "default", "on", "off"
	LoopProtectStatus       string        `ros:"loop-protect-status,ro"`
	LoopProtectSendInterval time.Duration `ros:"loop-protect-send-interval"`
	LoopProtectDisableTime  time.Duration `ros:"loop-protect-disable-time"`

	Running  bool   `ros:"running,ro"`
	Disabled bool   `ros:"disabled"`
	Comment  string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (EoIP) Menu() string { return "/interface/eoip" }
