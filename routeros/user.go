package routeros

// A User is a row of /user. Password is written and never read back.
type User struct {
	ID           string   `ros:".id,ro"`
	Name         string   `ros:"name"`
	Group        string   `ros:"group"`
	Password     Secret   `ros:"password"`
	Address      []string `ros:"address"` // from where; empty is everywhere
	LastLoggedIn string   `ros:"last-logged-in,ro"`
	Disabled     bool     `ros:"disabled"`
	Comment      string   `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (User) Menu() string { return "/user" }

// A UserGroup is a row of /user/group. A policy that the group lacks is listed
// with "!" before it.
type UserGroup struct {
	ID      string   `ros:".id,ro"`
	Name    string   `ros:"name"`
	Policy  []string `ros:"policy"`
	Skin    string   `ros:"skin"`
	Comment string   `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (UserGroup) Menu() string { return "/user/group" }
