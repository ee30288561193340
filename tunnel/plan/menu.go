package plan

// Menus that a plan reads and writes, as the API spells them.
const (
	MenuInterface  = "/interface"
	MenuEoIP       = "/interface/eoip"
	MenuBridge     = "/interface/bridge"
	MenuBridgePort = "/interface/bridge/port"
	MenuBonding    = "/interface/bonding"
	MenuAddress    = "/ip/address"
	MenuRoute      = "/ip/route"
	MenuVRRP       = "/interface/vrrp"
	MenuNAT        = "/ip/firewall/nat"
	MenuFilter     = "/ip/firewall/filter"
	MenuNetwatch   = "/tool/netwatch"
)

// A kind says how two spellings of a property's value are compared.
type kind uint8

const (
	text      kind = iota
	boolean        // true, yes; absent is false
	integer        // decimal, or hexadecimal with 0x
	duration       // RouterOS duration
	keepalive      // duration "," integer
	mac            // case does not matter
	list           // order does not matter
	secret         // compared by token, never shown
)

// A property of a menu that we write.
type property struct {
	name   string
	kind   kind
	absent string // what a row without it means
}

// A menu is a table of a router that a plan reads: Properties are what we
// write and compare, Status what we only look at.
type menu struct {
	path       string
	title      string // short, for people
	properties []property
	status     []string
	// marked says that only rows with our mark are compared and fingerprinted.
	marked bool
}

// menus returns every menu in the order in which objects depend on each other:
// an object names only objects of menus before its own.
func menus() []menu {
	return []menu{
		{
			path: MenuBridge, title: "bridge",
			properties: []property{
				{"name", text, ""},
				{"protocol-mode", text, ""},
				{"priority", integer, ""},
				{"auto-mac", boolean, "yes"},
				{"admin-mac", mac, ""},
				{"disabled", boolean, ""},
				{"comment", text, ""},
			},
			status: []string{"running", "actual-mtu", "mac-address", "dynamic"},
		},
		{
			path: MenuEoIP, title: "eoip",
			properties: []property{
				{"name", text, ""},
				{"tunnel-id", integer, ""},
				{"remote-address", text, ""},
				{"local-address", text, "0.0.0.0"},
				{"mac-address", mac, ""},
				{"mtu", text, "auto"},
				{"keepalive", keepalive, ""},
				{"clamp-tcp-mss", boolean, ""},
				{"dont-fragment", text, "no"},
				{"allow-fast-path", boolean, ""},
				{"ipsec-secret", secret, ""},
				{"disabled", boolean, ""},
				{"comment", text, ""},
			},
			status: []string{"running", "actual-mtu"},
		},
		{
			path: MenuBonding, title: "bond",
			properties: []property{
				{"name", text, ""},
				{"slaves", list, ""},
				{"mode", text, ""},
				{"primary", text, "none"},
				{"link-monitoring", text, ""},
				{"mii-interval", duration, ""},
				{"mtu", integer, ""},
				{"disabled", boolean, ""},
				{"comment", text, ""},
			},
			status: []string{"running"},
		},
		{
			path: MenuBridgePort, title: "port",
			properties: []property{
				{"bridge", text, ""},
				{"interface", text, ""},
				{"path-cost", integer, ""},
				{"horizon", text, "none"},
				{"edge", text, "auto"},
				{"bpdu-guard", boolean, ""},
				{"point-to-point", text, "auto"},
				{"disabled", boolean, ""},
				{"comment", text, ""},
			},
			status: []string{"inactive", "dynamic", "status", "role"},
		},
		routeMenu(), vrrpMenu(), addressMenu(), natMenu(), filterMenu(), netwatchMenu(),
	}
}

func routeMenu() menu {
	return menu{
		path: MenuRoute, title: "route", marked: true,
		properties: []property{
			{"dst-address", text, ""}, {"gateway", text, ""}, {"disabled", boolean, ""}, {"comment", text, ""},
		},
		status: []string{"active", "dynamic"},
	}
}

func vrrpMenu() menu {
	return menu{
		path: MenuVRRP, title: "vrrp", marked: true,
		properties: []property{
			{"name", text, ""},
			{"interface", text, ""},
			{"vrid", integer, "1"},
			{"version", integer, "3"},
			{"interval", duration, "1s"},
			{"priority", integer, "100"},
			{"preemption-mode", boolean, "yes"},
			{"disabled", boolean, ""},
			{"comment", text, ""},
		},
		status: []string{"running", "master", "backup", "invalid"},
	}
}

func addressMenu() menu {
	return menu{
		path: MenuAddress, title: "address", marked: true,
		properties: []property{{"address", text, ""}, {"interface", text, ""}, {"disabled", boolean, ""}, {"comment", text, ""}},
		status:     []string{"actual-interface", "dynamic"},
	}
}

func natMenu() menu {
	return menu{
		path: MenuNAT, title: "nat", marked: true,
		properties: []property{
			{"chain", text, ""},
			{"action", text, "accept"},
			{"protocol", text, ""},
			{"src-address", text, ""},
			{"dst-address", text, ""},
			{"dst-port", list, ""},
			{"out-interface", text, ""},
			{"to-addresses", text, ""},
			{"disabled", boolean, ""},
			{"comment", text, ""},
		},
		status: []string{"dynamic", "invalid"},
	}
}

func filterMenu() menu {
	return menu{
		path: MenuFilter, title: "filter", marked: true,
		properties: []property{
			{"chain", text, ""},
			{"action", text, "accept"},
			{"reject-with", text, ""},
			{"protocol", text, ""},
			{"dst-address", text, ""},
			{"dst-port", list, ""},
			{"connection-nat-state", text, ""},
			{"disabled", boolean, ""},
			{"comment", text, ""},
		},
		status: []string{"dynamic", "invalid"},
	}
}

// netwatchMenu has no such properties in RouterOS 6, where only simple rows are.
func netwatchMenu() menu {
	return menu{
		path: MenuNetwatch, title: "netwatch", marked: true,
		properties: []property{
			{"host", text, ""},
			{"type", text, "simple"},
			{"port", integer, ""},
			{"interval", duration, "10s"},
			{"timeout", duration, "3s"},
			{"start-delay", duration, "3s"},
			{"startup-delay", duration, "5m"},
			{"disabled", boolean, ""},
			{"comment", text, ""},
		},
		status: []string{"status", "since"},
	}
}

// menuOf returns the menu of that path; a path that no plan uses has no
// properties.
func menuOf(path string) menu {
	for _, m := range menus() {
		if m.path == path {
			return m
		}
	}
	return menu{}
}

// rank returns the place of a menu in the order of dependence.
func rank(path string) int {
	for i, m := range menus() {
		if m.path == path {
			return i
		}
	}
	return len(menus())
}

// A Read is one list call that a plan needs from every router.
type Read struct {
	Menu     string
	Proplist []string
	Query    []string // query words, already in postfix order
}

// Reads returns the list calls that Diff needs from a router: one a menu. Routes
// are asked for only where the topology gives a gateway, and then only the
// static ones, because a router may hold a million others.
func Reads(routes bool) []Read {
	reads := []Read{
		{Menu: MenuInterface, Proplist: []string{".id", "name", "type", "running", "disabled", "mac-address"}},
		{Menu: MenuAddress, Proplist: []string{".id", "address", "interface", "actual-interface", "disabled", "dynamic", "comment"}},
	}
	for _, m := range menus() {
		r := Read{Menu: m.path, Proplist: []string{".id"}}
		for _, p := range m.properties {
			r.Proplist = append(r.Proplist, p.name)
		}
		r.Proplist = append(r.Proplist, m.status...)
		switch {
		case m.path == MenuAddress:
			continue // It is there already, with more.
		case m.path == MenuRoute && !routes:
			continue
		case m.path == MenuRoute:
			r.Query = []string{"?static=true"}
		}
		reads = append(reads, r)
	}
	return reads
}

// Counters are the properties of /interface that tell traffic and changes of
// the link.
func Counters() []string {
	return []string{"rx-byte", "tx-byte", "last-link-up-time", "last-link-down-time", "link-downs"}
}

// IsSecret reports whether the value of a property must never be shown.
func IsSecret(path, name string) bool {
	m := menuOf(path)
	for _, p := range m.properties {
		if p.name == name {
			return p.kind == secret
		}
	}
	return false
}
