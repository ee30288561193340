package spec

import (
	"net/netip"

	"jembatan/tunnel"
)

type rawSegment struct {
	subnet  given[netip.Prefix]
	bridge  given[string]
	shape   given[tunnel.Shape]
	hubs    given[[]given[string]]
	members given[[]entry[rawMember]]
	tunnels given[rawTunnels]
	adopt   given[bool]
}

type rawMember struct {
	ports  given[[]given[string]]
	hub    given[string]
	bridge given[string]
}

type rawTunnels struct {
	mtu        given[int]
	keepalive  given[tunnel.Keepalive]
	ipsec      given[rawIPsec]
	redundancy given[tunnel.Redundancy]
	pairs      given[[]given[[]given[tunnel.UplinkRef]]]
	ids        given[[]given[rawID]]
}

type rawIPsec struct{ secret given[rawSecret] }

type rawID struct {
	between given[[]given[tunnel.UplinkRef]]
	id      given[int]
	names   given[[]given[string]]
	bond    given[[]given[string]]
}

func segmentForm(dst *given[rawSegment]) form {
	return record[rawSegment]{
		dst: dst, word: "a segment", id: "Segment",
		doc: "One layer-2 subnet: a bridge on every member, joined by tunnels.",
		fields: []field[rawSegment]{
			{
				key: "subnet", need: true,
				doc:  "The subnet of its hosts.",
				form: func(s *rawSegment) form { return subnet(&s.subnet) },
			}, {
				key:  "bridge",
				doc:  "Interface name of the bridge on every member. Left out: br- and the name of the segment.",
				form: func(s *rawSegment) form { return text(&s.bridge, "an interface name", 64, "br-servers") },
			}, {
				key: "shape", need: true,
				doc: "How the members are joined: hub (a tree, with spanning tree) or mesh (a tunnel between every two, " +
					"with split horizon).",
				form: func(s *rawSegment) form { return word(&s.shape, "a shape", tunnel.Hub, tunnel.Mesh) },
			}, {
				key: "hubs",
				doc: "The hubs of a tree, the root first; they are the roots of the spanning tree in this order. Not for a mesh.",
				form: func(s *rawSegment) form {
					return list[string]{dst: &s.hubs, word: "a list of routers", min: 1, item: routerName}
				},
			}, {
				key: "members", need: true,
				doc: "The routers that take part, by name.",
				form: func(s *rawSegment) form {
					return table[rawMember]{dst: &s.members, what: "router", min: 1, item: memberForm}
				},
			}, {
				key:  "tunnels",
				doc:  "Settings of all tunnels of the segment.",
				form: func(s *rawSegment) form { return tunnelsForm(&s.tunnels) },
			}, {
				key: "adopt", def: false,
				doc: "Take over what exists: a bridge, a port, or a tunnel or bond named under ids, that is on a router without our " +
					"mark becomes ours by a mark in its comment, and nothing else is changed on it; destroy then removes it as all of ours. " +
					"All objects of the segment that exist keep their settings; new ones get the usual ones. " +
					"Without it, such an object is in the way and nothing is done.",
				form: func(s *rawSegment) form { return boolean(&s.adopt) },
			},
		},
	}
}

func routerName(dst *given[string]) form { return name(dst, "router", "jkt") }

func memberForm(dst *given[rawMember]) form {
	port := func(dst *given[string]) form { return text(dst, "an interface name", 64, "ether2") }
	return record[rawMember]{
		dst: dst, word: "a member", id: "Member", blank: true,
		doc: "A router's part in a segment.",
		fields: []field[rawMember]{
			{
				key: "ports",
				doc: "Local interfaces that join the bridge.",
				form: func(m *rawMember) form {
					return list[string]{dst: &m.ports, word: "a list of interfaces", item: port}
				},
			}, {
				key:  "hub",
				doc:  "The member that this one hangs below in a tree. Left out: the root.",
				form: func(m *rawMember) form { return routerName(&m.hub) },
			}, {
				key:  "bridge",
				doc:  "Interface name of the bridge on this member, where it is not the segment's.",
				form: func(m *rawMember) form { return text(&m.bridge, "an interface name", 64, "bridge1") },
			},
		},
	}
}

func tunnelsForm(dst *given[rawTunnels]) form {
	return record[rawTunnels]{
		dst: dst, word: "tunnel settings", id: "Tunnels",
		doc: "Settings of all tunnels of a segment.",
		fields: []field[rawTunnels]{
			{
				key: "mtu", def: defaultTunnelMTU,
				doc: "MTU of the tunnel interfaces in bytes; above what the underlays carry at once, full frames travel in pieces. " +
					"auto: the largest value that every tunnel of the segment carries in one piece.",
				form: func(t *rawTunnels) form { return tunnelMTU(&t.mtu) },
			}, {
				key: "keepalive", def: "1s,3",
				doc:  "Interval in whole seconds or minutes and retries of EoIP's keepalive, or off.",
				form: func(t *rawTunnels) form { return keepalive(&t.keepalive) },
			}, {
				key: "ipsec", def: "off",
				doc:  "Encryption by IPsec with a pre-shared secret, or off.",
				form: func(t *rawTunnels) form { return ipsecForm(&t.ipsec) },
			}, {
				key: "redundancy", def: "bond",
				doc: "What two routers with two pairs of uplinks do with them: bond (an active-backup bond of two tunnels), " +
					"rstp (two bridge ports, spanning tree blocks one; not in a mesh) or none (one tunnel, over the first pair).",
				form: func(t *rawTunnels) form {
					return word(&t.redundancy, "a redundancy", tunnel.Bond, tunnel.RSTP, tunnel.NoRedundancy)
				},
			}, {
				key: "pairs",
				doc: "Which uplink talks to which, at most two pairs for two routers, the preferred one first. " +
					"Routers without a pair here use uplinks of the same name, else the first of each.",
				form: func(t *rawTunnels) form {
					return list[[]given[tunnel.UplinkRef]]{dst: &t.pairs, word: "a list of pairs", item: pairForm}
				},
			}, {
				key: "ids",
				doc: "Fixed tunnel ids and names. Other tunnels keep the id they have, or get one that is free on both routers.",
				form: func(t *rawTunnels) form {
					return list[rawID]{dst: &t.ids, word: "a list of tunnel ids", item: idForm}
				},
			},
		},
	}
}

func ipsecForm(dst *given[rawIPsec]) form {
	secret := func(i *rawIPsec) form { return secretForm(&i.secret) }
	return choice{
		word: scalar[rawIPsec]{
			dst: dst, word: "off", quiet: true, example: "{secret: {env: NAME}}",
			s:     schema{Enum: []any{"off", false}, Examples: []any{"off"}},
			parse: func(string) (rawIPsec, error) { return rawIPsec{}, nil },
		},
		mapping: record[rawIPsec]{
			dst: dst, word: "a secret", id: "IPsec",
			doc:    "Encryption of tunnels by IPsec.",
			clear:  "what is given is neither off nor {secret: {env: NAME}}",
			fields: []field[rawIPsec]{{key: "secret", need: true, form: secret, doc: "Where the pre-shared secret is kept."}},
		},
	}
}

func interfaceNames(dst *given[[]given[string]]) form {
	name := func(dst *given[string]) form { return text(dst, "an interface name", 64, "eoip-tunnel1") }
	return list[string]{dst: dst, word: "a pair of interface names", min: 2, max: 2, item: name}
}

func idForm(dst *given[rawID]) form {
	return record[rawID]{
		dst: dst, word: "a tunnel id", id: "Tunnel id",
		doc: "A fixed id for one tunnel, and perhaps fixed names.",
		fields: []field[rawID]{
			{
				key: "between", need: true,
				doc:  "The two uplinks that the tunnel joins.",
				form: func(i *rawID) form { return pairForm(&i.between) },
			}, {
				key: "id", need: true,
				doc:  "The id; used once on each router.",
				form: func(i *rawID) form { return integer(&i.id, "a tunnel id", 1, 65535) },
			}, {
				key:  "names",
				doc:  "Names of the tunnel's interfaces, in the order of between. Left out: eoip-, the segment and the other router.",
				form: func(i *rawID) form { return interfaceNames(&i.names) },
			}, {
				key:  "bond",
				doc:  "Names of the interfaces of the bond that the tunnel is in, in the order of between; given once for both its tunnels.",
				form: func(i *rawID) form { return interfaceNames(&i.bond) },
			},
		},
	}
}
