package routeros

// An AddressListEntry is a row of /ip/firewall/address-list: one address of
// the list that it names.
type AddressListEntry struct {
	ID           string `ros:".id,ro"`
	List         string `ros:"list"`
	Address      string `ros:"address"` // an address, a range, a prefix or a DNS name
	Timeout      string `ros:"timeout"` // a time; empty for a permanent entry
	CreationTime string `ros:"creation-time,ro"`
	Dynamic      bool   `ros:"dynamic,ro"`
	Disabled     bool   `ros:"disabled"`
	Comment      string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (AddressListEntry) Menu() string { return "/ip/firewall/address-list" }
