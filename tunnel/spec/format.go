package spec

import (
	"net/netip"

	"jembatan/tunnel"
)

// rawTopology is a topology file as written.
type rawTopology struct {
	version     given[int]
	credentials given[rawCredentials]
	controller  given[rawController]
	routers     given[[]entry[rawRouter]]
	segments    given[[]entry[rawSegment]]
	services    given[[]entry[rawService]]
	alerts      given[rawAlerts]
}

type rawRouter struct {
	site        given[string]
	address     given[hostPort]
	credentials given[rawCredentials]
	uplinks     given[[]entry[rawUplink]]
}

type rawUplink struct {
	address given[netip.Addr]
	mtu     given[int]
	pppoe   given[bool]
	nat     given[bool]
	gateway given[netip.Addr]
}

func topologyForm(dst *given[rawTopology]) form {
	return record[rawTopology]{
		dst: dst, word: "a topology", id: "The file",
		doc: "A topology file describes routers, the segments stretched over them and the services that run there.",
		fields: []field[rawTopology]{
			{
				key: "version", need: true,
				doc:  "Version of the file format.",
				form: func(t *rawTopology) form { return versionForm(&t.version) },
			}, {
				key:  "credentials",
				doc:  "How to log in to every router that has no credentials of its own.",
				form: func(t *rawTopology) form { return credentialsForm(&t.credentials) },
			}, {
				key:  "controller",
				doc:  "Where the controller stands. Left out: beside no router.",
				form: func(t *rawTopology) form { return controllerForm(&t.controller) },
			}, {
				key: "routers", need: true,
				doc: "The routers, by name.",
				form: func(t *rawTopology) form {
					return table[rawRouter]{dst: &t.routers, what: "router", min: 1, item: routerForm}
				},
			}, {
				key: "segments",
				doc: "The layer-2 subnets that are stretched over several sites, by name.",
				form: func(t *rawTopology) form {
					return table[rawSegment]{dst: &t.segments, what: "segment", item: segmentForm}
				},
			}, {
				key: "services",
				doc: "What clients use, by name: servers that take over from each other.",
				form: func(t *rawTopology) form {
					return table[rawService]{dst: &t.services, what: "service", item: serviceForm}
				},
			}, {
				key:  "alerts",
				doc:  "Who is told when something happens to a service. Left out: nobody.",
				form: func(t *rawTopology) form { return alertsForm(&t.alerts) },
			},
		},
	}
}

func versionForm(dst *given[int]) form {
	return scalar[int]{dst: dst, word: "a version (understood: 1)", s: schema{Enum: []any{1}}, parse: parseInt}
}

func routerForm(dst *given[rawRouter]) form {
	return record[rawRouter]{
		dst: dst, word: "a router", id: "Router",
		doc: "A RouterOS device that is managed over its API.",
		fields: []field[rawRouter]{
			{
				key:  "site",
				doc:  "Where it stands; free text for people.",
				form: func(r *rawRouter) form { return text(&r.site, "a site", 100, "Jakarta") },
			}, {
				key: "address", need: true,
				doc:  "Where its API answers: host or host:port. Without a port it is 8729, or 8728 when TLS is off.",
				form: func(r *rawRouter) form { return hostPortForm(&r.address) },
			}, {
				key:  "credentials",
				doc:  "How to log in; stands in place of the credentials for all routers.",
				form: func(r *rawRouter) form { return credentialsForm(&r.credentials) },
			}, {
				key: "uplinks",
				doc: "The WAN paths, by name, the preferred one first. A router without tunnels needs none.",
				form: func(r *rawRouter) form {
					return table[rawUplink]{dst: &r.uplinks, what: "uplink", max: maxUplinks, item: uplinkForm}
				},
			},
		},
	}
}

func uplinkForm(dst *given[rawUplink]) form {
	return record[rawUplink]{
		dst: dst, word: "an uplink", id: "Uplink",
		doc: "One WAN path of a router.",
		fields: []field[rawUplink]{
			{
				key: "address", need: true,
				doc:  "The outer address of tunnels over this path, as the other routers reach it.",
				form: func(u *rawUplink) form { return address(&u.address, "198.51.100.1") },
			}, {
				key: "mtu", def: defaultUplinkMTU,
				doc:  "The largest IP packet that the path carries, in bytes.",
				form: func(u *rawUplink) form { return integer(&u.mtu, "a number of bytes", 576, 65535) },
			}, {
				key: "pppoe", def: false,
				doc:  "The path runs over PPPoE: takes 8 bytes off an mtu above 1492.",
				form: func(u *rawUplink) form { return boolean(&u.pppoe) },
			}, {
				key: "nat", def: false,
				doc:  "A NAT lies in the path, so IPsec is carried in UDP.",
				form: func(u *rawUplink) form { return boolean(&u.nat) },
			}, {
				key:  "gateway",
				doc:  "The next hop of this path. With it, tunnels are kept on their uplink by a route for each remote address.",
				form: func(u *rawUplink) form { return address(&u.gateway, "198.51.100.254") },
			},
		},
	}
}

func pairForm(dst *given[[]given[tunnel.UplinkRef]]) form {
	return list[tunnel.UplinkRef]{dst: dst, word: "a pair of uplinks", min: 2, max: 2, item: uplinkRef}
}
