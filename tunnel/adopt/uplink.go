package adopt

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"jembatan/tunnel"
)

// maxUplinks is the most uplinks of one router in a topology.
const maxUplinks = 64

// underlayMTU is what an uplink carries when nobody has said.
const underlayMTU = 1500

// findUplinks gives the ends of every pair the uplink that its peer sends to.
// Pairs for which there is none are taken apart.
func (n *network) findUplinks() {
	for _, e := range n.ends {
		if e.peer == nil || e.uplink >= 0 {
			continue
		}
		why := cmp.Or(n.noUplink(e), n.noUplink(e.peer))
		if why == "" && e.outside() == e.peer.outside() {
			why = "both have the outer address " + e.outside().String()
		}
		if why != "" {
			n.leave(e, "its pair is %s, but %s", e.peer, why)
			e.peer.peer, e.peer = nil, nil
			continue
		}
		n.giveUplink(e)
		n.giveUplink(e.peer)
	}
}

// outside is the address of an end as its peer reaches it; invalid when nobody
// says.
func (e *end) outside() netip.Addr {
	if e.peer.remote.IsValid() {
		return e.peer.remote
	}
	return e.local
}

// noUplink says why an end can have no uplink, or "".
func (n *network) noUplink(e *end) string {
	address := e.outside()
	switch owner := n.owners[address]; {
	case !address.IsValid():
		return "the outer address of " + e.router.name + " is not known"
	case owner != nil && owner != e.router:
		return address.String() + " is the address of " + owner.name + " as well, which a topology cannot say"
	case owner == nil && len(e.router.uplinks) == maxUplinks:
		return e.router.name + " has more than " + strconv.Itoa(maxUplinks) + " outer addresses"
	}
	return ""
}

// giveUplink finds or makes the uplink of an end.
func (n *network) giveUplink(e *end) {
	r, address := e.router, e.outside()
	if n.owners[address] == nil {
		n.owners[address] = r
		name := "wan" + strconv.Itoa(len(r.uplinks)+1)
		r.uplinks = append(r.uplinks, tunnel.Uplink{Name: name, Address: address, MTU: underlayMTU})
		if !r.own[address] && !r.Live {
			n.note(uplinkPath(r, name), "no interface of the export has this address")
		}
	}
	e.uplink = slices.IndexFunc(r.uplinks, func(u tunnel.Uplink) bool { return u.Address == address })
	u := &r.uplinks[e.uplink]
	if other := e.local.IsValid() && e.local != address; !u.NAT && (other || r.Live && !r.own[address]) {
		u.NAT = true
		n.note(uplinkPath(r, u.Name), "nat: the router itself has another address")
	}
}

func uplinkPath(r *router, name string) string { return "routers." + r.name + ".uplinks." + name }

// ref names the uplink of an end.
func (e *end) ref() tunnel.UplinkRef {
	return tunnel.UplinkRef{Router: e.router.name, Uplink: e.router.uplinks[e.uplink].Name}
}
