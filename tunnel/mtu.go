package tunnel

// Sizes in bytes of what a tunnel puts around an IP packet of its segment.
const (
	ipHeader       = 20
	eoipHeader     = 8
	ethernetHeader = 14
	udpHeader      = 8  // IPsec through NAT, RFC 3948
	espHeader      = 8  // SPI and sequence number, RFC 4303
	espIV          = 16 // AES-CBC, RFC 3602
	espBlock       = 16 // AES-CBC
	espTrailer     = 2  // pad length and next header
	espICV         = 12 // HMAC-SHA1-96, RFC 2404
)

// An Encapsulation is what a tunnel's packets are wrapped in. The zero value is
// plain EoIP.
type Encapsulation struct {
	IPsec bool // ESP in transport mode with AES-CBC and SHA1-96, RouterOS's default
	NAT   bool // ESP inside UDP, because a NAT lies in the path; nothing without IPsec
}

// Size returns the size of the outer IP packet that carries an Ethernet frame
// with mtu bytes of payload. Without IPsec that is 42 bytes more.
func (e Encapsulation) Size(mtu int) int {
	inner := eoipHeader + ethernetHeader + mtu
	if !e.IPsec {
		return ipHeader + inner
	}
	padded := (inner + espTrailer + espBlock - 1) / espBlock * espBlock
	return e.around() + padded
}

// MTU returns the largest tunnel MTU whose frames fit into outer IP packets of
// underlay bytes: 1458 for 1500, with IPsec 1416, through NAT 1400. It is never
// below zero.
func (e Encapsulation) MTU(underlay int) int {
	if !e.IPsec {
		return max(0, underlay-ipHeader-eoipHeader-ethernetHeader)
	}
	room := max(0, underlay-e.around()) / espBlock * espBlock
	return max(0, room-espTrailer-eoipHeader-ethernetHeader)
}

// around returns the bytes of an encrypted packet that are not padded.
func (e Encapsulation) around() int {
	n := ipHeader + espHeader + espIV + espICV
	if e.NAT {
		n += udpHeader
	}
	return n
}

// An MTUPlan is how large the frames of a segment may be.
type MTUPlan struct {
	MTU int // of every tunnel interface of the segment
	// Budgets is, by tunnel name, the largest MTU that crosses both underlays of
	// that tunnel in one piece. A tunnel whose budget is below MTU fragments.
	Budgets map[string]int
}

// PlanMTU plans the MTU of the tunnels of segment s, which are in links.
//
// A given MTU is taken as it is. With "auto" all tunnels of the segment get one
// value, the least budget among them: the segment is one layer-2 subnet, its
// hosts have one idea of the MTU and no router between them could tell them of
// a smaller one, so a frame that enters at one site must fit everywhere. Without
// tunnels "auto" is 1500.
func PlanMTU(t *Topology, s *Segment, links []Link) MTUPlan {
	plan := MTUPlan{MTU: s.Tunnels.MTU, Budgets: make(map[string]int)}
	routers := t.routersByName()
	least := 0
	for i := range links {
		if links[i].Segment != s.Name {
			continue
		}
		for _, tun := range links[i].Tunnels {
			budget := tunnelBudget(routers, &tun)
			plan.Budgets[tun.Name] = budget
			if least == 0 || budget < least {
				least = budget
			}
		}
	}
	if plan.MTU == 0 {
		plan.MTU = least
	}
	if plan.MTU == 0 {
		plan.MTU = 1500
	}
	return plan
}

// tunnelBudget returns the largest MTU that both underlays of tun carry.
func tunnelBudget(routers map[string]*Router, tun *Tunnel) int {
	var mtus [2]int
	wrap := Encapsulation{IPsec: !tun.IPsec.IsZero()}
	for i, e := range tun.Ends {
		r, ok := routers[e.Router]
		if !ok {
			return 0
		}
		u, ok := r.Uplink(e.Uplink)
		if !ok {
			return 0
		}
		mtus[i] = u.MTU
		wrap.NAT = wrap.NAT || u.NAT
	}
	return wrap.MTU(min(mtus[0], mtus[1]))
}
