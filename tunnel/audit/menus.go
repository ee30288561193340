package audit

import "strings"

// Menus that an audit reads, as the API spells them.
const (
	MenuIdentity      = "/system/identity"
	MenuResource      = "/system/resource"
	MenuRouterboard   = "/system/routerboard"
	MenuInterface     = "/interface"
	MenuEthernet      = "/interface/ethernet"
	MenuEoIP          = "/interface/eoip"
	MenuBridge        = "/interface/bridge"
	MenuPort          = "/interface/bridge/port"
	MenuBridgeFilter  = "/interface/bridge/filter"
	MenuBonding       = "/interface/bonding"
	MenuVRRP          = "/interface/vrrp"
	MenuPPPoE         = "/interface/pppoe-client"
	MenuL2TP          = "/interface/l2tp-client"
	MenuL2TPServer    = "/interface/l2tp-server/server"
	MenuSSTP          = "/interface/sstp-client"
	MenuOVPN          = "/interface/ovpn-client"
	MenuWireGuard     = "/interface/wireguard"
	MenuPPTPServer    = "/interface/pptp-server/server"
	MenuListMember    = "/interface/list/member"
	MenuAddress       = "/ip/address"
	MenuRoute         = "/ip/route"
	MenuDHCPClient    = "/ip/dhcp-client"
	MenuDHCPServer    = "/ip/dhcp-server"
	MenuDNSStatic     = "/ip/dns/static"
	MenuFilter        = "/ip/firewall/filter"
	MenuNAT           = "/ip/firewall/nat"
	MenuService       = "/ip/service"
	MenuSOCKS         = "/ip/socks"
	MenuProxy         = "/ip/proxy"
	MenuDiscovery     = "/ip/neighbor/discovery-settings"
	MenuIPsecPeer     = "/ip/ipsec/peer"
	MenuIPsecIdentity = "/ip/ipsec/identity"
	MenuIPsecPolicy   = "/ip/ipsec/policy"
	MenuIPsecProfile  = "/ip/ipsec/profile"
	MenuIPsecProposal = "/ip/ipsec/proposal"
	MenuInstalledSA   = "/ip/ipsec/installed-sa"
	MenuMACServer     = "/tool/mac-server"
	MenuNetwatch      = "/tool/netwatch"
	MenuSNMP          = "/snmp"
	MenuSNMPCommunity = "/snmp/community"
	MenuScheduler     = "/system/scheduler"
	MenuScript        = "/system/script"
	MenuUser          = "/user"
	MenuUserGroup     = "/user/group"
)

// A Read is one request to a live router: no menu is asked for twice.
type Read struct {
	Menu     string
	Proplist []string
	Query    []string // query words, all of which must hold
	// Export says that /export prints the menu, so that its absence from a
	// whole export means that nothing differs from the defaults.
	Export bool
}

// Reads returns every request of a live audit.
func Reads() []Read {
	p := func(s string) []string { return strings.Fields(s) }
	firewall := "chain action disabled comment dynamic protocol src-address dst-address src-address-list dst-address-list " +
		"src-port dst-port any-port in-interface out-interface in-interface-list out-interface-list connection-state " +
		"connection-nat-state dst-address-type src-address-type to-addresses to-ports jump-target invalid bytes packets"
	return []Read{
		{MenuIdentity, p("name"), nil, true},
		{MenuResource, p("version build-time uptime board-name"), nil, false},
		{MenuRouterboard, p("routerboard model serial-number current-firmware upgrade-firmware"), nil, false},
		{MenuInterface, p("name type running disabled mtu actual-mtu mac-address rx-byte tx-byte link-downs last-link-up-time last-link-down-time dynamic"), nil, false},
		{MenuEoIP, p("name remote-address local-address tunnel-id mac-address mtu actual-mtu keepalive clamp-tcp-mss " +
			"allow-fast-path dont-fragment loop-protect ipsec-secret disabled running comment"), nil, true},
		{MenuBridge, p("name protocol-mode priority mtu actual-mtu mac-address disabled running dynamic comment"), nil, true},
		{MenuPort, p("bridge interface horizon path-cost edge disabled inactive dynamic comment"), nil, true},
		{MenuBridgeFilter, p("chain action in-interface out-interface in-bridge out-bridge in-interface-list out-interface-list " +
			"mac-protocol ip-protocol dst-port src-port src-mac-address disabled"), nil, true},
		{MenuBonding, p("name slaves mode link-monitoring mii-interval arp-interval down-delay primary disabled running comment"), nil, true},
		{MenuVRRP, p("name interface vrid priority interval version preemption-mode authentication on-master on-backup " +
			"group-authority disabled running master backup comment"), nil, true},
		{MenuPPPoE, p("name interface max-mtu actual-mtu mtu disabled"), nil, true},
		{MenuL2TP, p("name connect-to max-mtu use-ipsec disabled"), nil, true},
		{MenuL2TPServer, p("enabled use-ipsec"), nil, true},
		{MenuSSTP, p("name connect-to disabled"), nil, true},
		{MenuOVPN, p("name connect-to disabled"), nil, true},
		{MenuWireGuard, p("name mtu disabled"), nil, true},
		{MenuPPTPServer, p("enabled"), nil, true},
		{MenuListMember, p("list interface disabled"), nil, true},
		{MenuAddress, p("address interface network actual-interface disabled dynamic invalid"), nil, true},
		{MenuRoute, p("dst-address gateway distance pref-src disabled"), p("?dst-address=0.0.0.0/0"), true},
		{MenuDHCPServer, p("name interface address-pool disabled"), nil, true},
		{MenuDHCPClient, p("interface disabled"), nil, true},
		{MenuDNSStatic, p("name address regexp type comment disabled dynamic"), nil, true},
		{MenuFilter, p(firewall), nil, true},
		{MenuNAT, p(firewall), nil, true},
		{MenuService, p("name port address disabled dynamic"), nil, true},
		{MenuSOCKS, p("enabled port"), nil, true},
		{MenuProxy, p("enabled port"), nil, true},
		{MenuDiscovery, p("discover-interface-list"), nil, true},
		{MenuIPsecPeer, p("name address local-address profile exchange-mode dynamic disabled"), nil, true},
		{MenuIPsecIdentity, p("peer auth-method secret dynamic disabled"), nil, true},
		{MenuIPsecPolicy, p("src-address dst-address protocol action level proposal peer dynamic disabled invalid active ph2-state template"), nil, true},
		{MenuIPsecProfile, p("name enc-algorithm hash-algorithm dh-group"), nil, true},
		{MenuIPsecProposal, p("name enc-algorithms auth-algorithms pfs-group disabled"), nil, true},
		{MenuInstalledSA, p("src-address dst-address state"), nil, false},
		{MenuMACServer, p("allowed-interface-list"), nil, true},
		{MenuNetwatch, p("host type interval timeout up-script down-script status disabled"), nil, true},
		{MenuSNMP, p("enabled"), nil, true},
		{MenuSNMPCommunity, p("name addresses disabled"), nil, true},
		{MenuScheduler, p("name on-event interval start-date start-time policy owner disabled comment"), nil, true},
		{MenuScript, p("name source owner policy last-started comment"), nil, true},
		{MenuUser, p("name group address disabled comment"), nil, false},
		{MenuUserGroup, p("name policy"), nil, false},
	}
}

// absences are what a property means that a compact export leaves out. Sources:
// MikroTik manual, and consoles of 6.49 and 7.18.
func absences(menu string) map[string]string {
	switch menu {
	case MenuEoIP:
		return map[string]string{
			"keepalive": "10s,10", "mtu": "auto", "clamp-tcp-mss": "true", "allow-fast-path": "true",
			"loop-protect": "default", "dont-fragment": "no",
		}
	case MenuBridge:
		return map[string]string{"protocol-mode": "rstp", "mtu": "auto"}
	case MenuPort:
		return map[string]string{"horizon": "none"}
	case MenuBonding:
		return map[string]string{"mode": "balance-rr", "link-monitoring": "mii", "mii-interval": "100ms", "arp-interval": "100ms", "down-delay": "0ms"}
	case MenuVRRP:
		return map[string]string{
			"vrid": "1", "priority": "100", "interval": "1s", "version": "3", "preemption-mode": "true", "authentication": "none",
		}
	case MenuIPsecPeer:
		return map[string]string{"profile": "default", "exchange-mode": "main"}
	case MenuIPsecPolicy:
		return map[string]string{"action": "encrypt", "proposal": "default", "protocol": "all", "level": "require"}
	case MenuIPsecProfile:
		return map[string]string{"name": "default", "enc-algorithm": "aes-128,3des", "hash-algorithm": "sha1", "dh-group": "modp2048,modp1024"}
	case MenuIPsecProposal:
		return map[string]string{"name": "default", "enc-algorithms": "aes-256-cbc,aes-192-cbc,aes-128-cbc", "auth-algorithms": "sha1", "pfs-group": "modp1024"}
	case MenuMACServer:
		return map[string]string{"allowed-interface-list": "all"}
	case MenuDiscovery:
		return map[string]string{"discover-interface-list": "static"}
	case MenuSNMPCommunity:
		return map[string]string{"name": "public-community", "addresses": "::/0"}
	case MenuSOCKS:
		return map[string]string{"port": "1080"}
	case MenuProxy:
		return map[string]string{"port": "8080"}
	case MenuWireGuard:
		return map[string]string{"mtu": "1420"}
	case MenuL2TP:
		return map[string]string{"max-mtu": "1450"}
	}
	return nil
}

// ExportMenus returns the menus of an export that an audit looks at.
func ExportMenus() []string {
	out := []string{MenuEthernet}
	for _, read := range Reads() {
		out = append(out, read.Menu)
	}
	return out
}
