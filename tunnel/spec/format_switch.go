package spec

import (
	"net/netip"
	"time"

	"jembatan/tunnel"
)

type rawSwitch struct {
	nat  given[rawNAT]
	vrrp given[rawVRRP]
}

type rawNAT struct {
	on given[[]given[string]]
	to given[[]entry[netip.Addr]]

	source given[tunnel.NATSource]
}

type rawVRRP struct {
	address  given[netip.Addr]
	vrid     given[int]
	on       given[[]given[string]]
	interval given[time.Duration]
}

func switchForm(dst *given[rawSwitch]) form {
	return record[rawSwitch]{
		dst: dst, word: "a switch", id: "Switch", one: true,
		doc: "How clients reach the active server.",
		fields: []field[rawSwitch]{
			{
				key:  "nat",
				doc:  "By dst-nat rules on routers that are rewritten.",
				form: func(s *rawSwitch) form { return natForm(&s.nat) },
			}, {
				key:  "vrrp",
				doc:  "By a virtual address that moves between routers.",
				form: func(s *rawSwitch) form { return vrrpForm(&s.vrrp) },
			},
		},
	}
}

func natForm(dst *given[rawNAT]) form {
	public := func(dst *given[netip.Addr]) form { return address(dst, "198.51.100.1") }
	return record[rawNAT]{
		dst: dst, word: "a nat switch", id: "Switch by nat",
		doc: "dst-nat rules that lead the service's ports to the active server.",
		fields: []field[rawNAT]{
			{
				key: "on", need: true,
				doc: "The routers that hold the rules.",
				form: func(s *rawNAT) form {
					return list[string]{dst: &s.on, word: "a list of routers", min: 1, max: maxSwitches, item: routerName}
				},
			}, {
				key: "to", need: true,
				doc: "The public address that clients use, for each router in on.",
				form: func(s *rawNAT) form {
					return table[netip.Addr]{dst: &s.to, what: "router", min: 1, max: maxSwitches, item: public}
				},
			}, {
				key: "source", def: "router",
				doc: "Whose address a server at another site than the router's sees as a client's: router (the router's own, so that " +
					"the answer returns there whatever the server's default gateway is) or client (then the answers must find their way " +
					"back to that router by other means). A server at the router's own site sees the client's.",
				form: func(s *rawNAT) form {
					return word(&s.source, "a source", tunnel.SourceRouter, tunnel.SourceClient)
				},
			},
		},
	}
}

func vrrpForm(dst *given[rawVRRP]) form {
	return record[rawVRRP]{
		dst: dst, word: "a vrrp switch", id: "Switch by vrrp",
		doc: "A virtual address inside the segment, held by the router of the active server's site.",
		fields: []field[rawVRRP]{
			{
				key: "address", need: true,
				doc:  "The virtual address, inside the subnet of the segment.",
				form: func(s *rawVRRP) form { return address(&s.address, "192.168.50.2") },
			}, {
				key: "vrid", need: true,
				doc:  "The virtual router id.",
				form: func(s *rawVRRP) form { return integer(&s.vrid, "a virtual router id", 1, 255) },
			}, {
				key: "on", need: true,
				doc: "The routers that can hold the address, members of the segment.",
				form: func(s *rawVRRP) form {
					return list[string]{dst: &s.on, word: "a list of routers", min: 2, max: maxSwitches, item: routerName}
				},
			}, {
				key: "interval", def: "1s",
				doc: "Time between advertisements, 10ms to 255s.",
				form: func(s *rawVRRP) form {
					return duration(&s.interval, 10*time.Millisecond, 255*time.Second, "1s")
				},
			},
		},
	}
}
