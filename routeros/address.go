package routeros

import "net/netip"

// An Address is a row of /ip/address.
type Address struct {
	ID              string       `ros:".id,ro"`
	Address         netip.Prefix `ros:"address"`
	Network         string       `ros:"network"`
	Interface       string       `ros:"interface"`
	ActualInterface string       `ros:"actual-interface,ro"`
	Dynamic         bool         `ros:"dynamic,ro"`
	Invalid         bool         `ros:"invalid,ro"`
	Disabled        bool         `ros:"disabled"`
	Comment         string       `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Address) Menu() string { return "/ip/address" }
