package routeros

// An InterfaceList is a row of /interface/list.
type InterfaceList struct {
	ID      string   `ros:".id,ro"`
	Name    string   `ros:"name"`
	Include []string `ros:"include"`
	Exclude []string `ros:"exclude"`
	Builtin bool     `ros:"builtin,ro"`
	Dynamic bool     `ros:"dynamic,ro"`
	Comment string   `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (InterfaceList) Menu() string { return "/interface/list" }

// An InterfaceListMember is a row of /interface/list/member.
type InterfaceListMember struct {
	ID        string `ros:".id,ro"`
	List      string `ros:"list"`
	Interface string `ros:"interface"`
	Dynamic   bool   `ros:"dynamic,ro"`
	Disabled  bool   `ros:"disabled"`
	Comment   string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (InterfaceListMember) Menu() string { return "/interface/list/member" }
