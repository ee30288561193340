package audit

import (
	"net/netip"
	"slices"
	"strings"

	"jembatan/tunnel"
)

// An Underlay is what carries one end of a tunnel.
type Underlay struct {
	Iface string // the interface that the packets leave by; empty when not known
	Kind  string // ethernet, pppoe, l2tp, sstp, ovpn, wireguard
	// MTU is the largest IP packet that it carries; zero when not known.
	MTU int
	NAT bool
	// Encrypted is known only when Sure is true.
	Encrypted, Sure bool
	IPsec           bool // an explicit IPsec policy covers the tunnel
}

// Kinds of underlays.
const (
	kindEthernet  = "ethernet"
	kindPPPoE     = "pppoe"
	kindL2TP      = "l2tp"
	kindSSTP      = "sstp"
	kindOVPN      = "ovpn"
	kindWireGuard = "wireguard"
)

// MTUs of underlays that do not say otherwise: PPPoE as RouterOS's client has
// it by default (1480), L2TP 1450, WireGuard 1420. Source: MikroTik manual.
const (
	mtuEthernet  = 1500
	mtuPPPoE     = 1480
	mtuL2TP      = 1450
	mtuWireGuard = 1420
)

// underlays finds what carries every end.
func (n *Network) underlays() {
	for _, e := range n.ends {
		e.Under = n.underlay(e)
	}
}

func (n *Network) underlay(e *End) Underlay {
	r := e.Router
	u := Underlay{Iface: r.egress(e.Local, e.Remote)}
	u.kind(r)
	if n.Topology != nil {
		if t, ok := n.Topology.Router(r.Name); ok {
			for _, up := range t.Uplinks {
				if up.Address == e.Local {
					u.MTU, u.NAT = up.MTU, up.NAT
				}
			}
		}
	}
	u.IPsec = r.protects(e.Local, e.Remote)
	if u.IPsec {
		u.Encrypted, u.Sure = true, true
	}
	if !u.Sure && !r.mayEncrypt() {
		u.Sure = true
	}
	return u
}

// egress returns the interface by which packets leave: the one that has the
// local address, or whose network holds the remote one, or that the default
// route names.
func (r *Router) egress(local, remote netip.Addr) string {
	if local.IsValid() {
		if a := r.owns(local); a != nil {
			return a.iface
		}
		return ""
	}
	if a := r.connected(remote); a != nil {
		return a.iface
	}
	for _, row := range r.active(MenuRoute) {
		if dst := row.Get("dst-address"); dst != "" && dst != "0.0.0.0/0" {
			continue
		}
		gateway, _, _ := strings.Cut(row.Get("gateway"), "%")
		if a, err := netip.ParseAddr(gateway); err == nil {
			if c := r.connected(a); c != nil {
				return c.iface
			}
			continue
		}
		if gateway != "" {
			return gateway
		}
	}
	return ""
}

// kind enters what sort of interface carries the tunnel.
func (u *Underlay) kind(r *Router) {
	if u.Iface == "" {
		return
	}
	u.Kind, u.MTU = kindEthernet, mtuEthernet
	u.Sure = true
	for _, k := range []struct {
		menu, kind string
		mtu        int
		encrypted  bool
	}{
		{MenuPPPoE, kindPPPoE, mtuPPPoE, false},
		{MenuL2TP, kindL2TP, mtuL2TP, false},
		{MenuSSTP, kindSSTP, mtuEthernet, true},
		{MenuOVPN, kindOVPN, mtuEthernet, true},
		{MenuWireGuard, kindWireGuard, mtuWireGuard, true},
	} {
		row := r.find(k.menu, "name", u.Iface)
		if row == nil {
			continue
		}
		u.Kind, u.MTU, u.Encrypted = k.kind, k.mtu, k.encrypted || row.Is("use-ipsec") || row.Get("use-ipsec") == "required"
		for _, name := range []string{"mtu", "max-mtu", "actual-mtu"} {
			if mtu := row.Int(name); mtu > 0 {
				u.MTU = mtu
			}
		}
	}
	for _, menu := range []string{MenuEthernet, MenuInterface} {
		row := r.find(menu, "name", u.Iface)
		if row == nil {
			row = r.find(menu, "default-name", u.Iface)
		}
		if row == nil {
			continue
		}
		for _, name := range []string{"mtu", "actual-mtu"} {
			if mtu := row.Int(name); mtu > 0 {
				u.MTU = mtu
			}
		}
	}
}

// protects reports whether an IPsec policy that people made covers the packets
// between two addresses.
func (r *Router) protects(local, remote netip.Addr) bool {
	for _, row := range r.active(MenuIPsecPolicy) {
		if row.Is("template") || row.Get("action") != "encrypt" || row.Is("dynamic") {
			continue
		}
		if p := row.Get("protocol"); p != "all" && p != "gre" && p != "47" && p != "" {
			continue
		}
		if covers(row.Get("dst-address"), remote) && (!local.IsValid() || covers(row.Get("src-address"), local)) {
			return true
		}
	}
	return false
}

// covers reports whether a network holds an address.
func covers(network string, a netip.Addr) bool {
	p, err := parsePrefix(network)
	return err == nil && p.Bits() > 0 && p.Contains(a)
}

// mayEncrypt reports whether the router has anything that could encrypt an
// underlay that is not known.
func (r *Router) mayEncrypt() bool {
	for _, menu := range []string{MenuL2TP, MenuSSTP, MenuOVPN, MenuWireGuard, MenuIPsecPeer, MenuIPsecPolicy, MenuIPsecIdentity} {
		if len(r.active(menu)) > 0 {
			return true
		}
		if _, ok := r.Known(menu); !ok && !r.IsLive() {
			return true
		}
	}
	return slices.ContainsFunc(r.active(MenuL2TPServer), func(row *Row) bool { return row.Is("enabled") })
}

// A secrecy is whether an end has an ipsec-secret.
type secrecy uint8

const (
	secretUnknown secrecy = iota // the router does not show it
	secretSet
	secretNone
)

// secret tells whether the end has an ipsec-secret. RouterOS refuses one beside
// allow-fast-path=yes, so an end with fast path has none even where secrets are
// hidden.
func (e *End) secret() secrecy {
	switch {
	case e.Row.Get("ipsec-secret") != "":
		return secretSet
	case e.Row.Is("allow-fast-path") || e.Router.Shown:
		return secretNone
	case e.Router.IsLive():
		if p := e.Router.find(MenuIPsecPeer, "name", e.Name); p != nil && p.Is("dynamic") {
			return secretSet
		}
		if _, ok := e.Router.Known(MenuIPsecPeer); ok {
			return secretNone
		}
	}
	return secretUnknown
}

// budget returns the largest MTU that both underlays carry in one piece, zero
// when one is not known.
func (t *Tunnel) budget() int {
	least := 0
	wrap := tunnel.Encapsulation{}
	for _, e := range t.ends() {
		if e.Under.MTU == 0 {
			return 0
		}
		if least == 0 || e.Under.MTU < least {
			least = e.Under.MTU
		}
		wrap.IPsec = wrap.IPsec || e.secret() == secretSet || e.Under.IPsec
		wrap.NAT = wrap.NAT || e.Under.NAT
	}
	return wrap.MTU(least)
}
