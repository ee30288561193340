package spec

import (
	"net/netip"

	"jembatan/tunnel"
)

type rawService struct {
	segment     given[string]
	servers     given[[]given[rawServer]]
	ports       given[[]given[int]]
	probes      given[[]given[rawProbe]]
	replication given[rawReplication]
	sw          given[rawSwitch]
	vantages    given[[]given[string]]
	policy      given[rawPolicy]
}

type rawServer struct {
	name, router given[string]
	address      given[netip.Addr]
}

type rawProbe struct {
	typ    given[tunnel.ProbeType]
	port   given[int]
	path   given[string]
	expect given[int]
}

func serviceForm(dst *given[rawService]) form {
	return record[rawService]{
		dst: dst, word: "a service", id: "Service",
		doc: "What clients use: servers behind one switch.",
		fields: []field[rawService]{
			{
				key: "segment", need: true,
				doc:  "The segment that its servers are in.",
				form: func(s *rawService) form { return name(&s.segment, "segment", "servers") },
			}, {
				key: "servers", need: true,
				doc: "The hosts that can serve, in order of preference.",
				form: func(s *rawService) form {
					return list[rawServer]{dst: &s.servers, word: "a list of servers", min: 1, item: serverForm}
				},
			}, {
				key: "ports",
				doc: "The TCP ports that clients use; needed by a nat switch.",
				form: func(s *rawService) form {
					return list[int]{dst: &s.ports, word: "a list of ports", max: maxPorts, item: port}
				},
			}, {
				key: "probes", need: true,
				doc: "The checks of every server; a server is healthy when all of them are.",
				form: func(s *rawService) form {
					return list[rawProbe]{dst: &s.probes, word: "a list of probes", min: 1, item: probeForm}
				},
			}, {
				key:  "replication",
				doc:  "The databases that must be in sync before a server takes over. Left out: none are asked.",
				form: func(s *rawService) form { return replicationForm(&s.replication) },
			}, {
				key: "switch", need: true,
				doc:  "How clients reach the active server.",
				form: func(s *rawService) form { return switchForm(&s.sw) },
			}, {
				key: "vantages",
				doc: "The routers that ping the servers. Left out: those of the switch, those at the servers' sites, " +
					"and the first other member of the segment.",
				form: func(s *rawService) form {
					return list[string]{dst: &s.vantages, word: "a list of routers", min: 1, max: maxSwitches, item: routerName}
				},
			}, {
				key:  "policy",
				doc:  "When to act.",
				form: func(s *rawService) form { return policyForm(&s.policy) },
			},
		},
	}
}

func serverForm(dst *given[rawServer]) form {
	return record[rawServer]{
		dst: dst, word: "a server", id: "Server",
		doc: "One host that can serve.",
		fields: []field[rawServer]{
			{
				key: "name", need: true,
				doc:  "Its name, unique in the service.",
				form: func(s *rawServer) form { return pattern(&s.name, "the name of a server", namePattern, "main") },
			}, {
				key: "address", need: true,
				doc:  "Its address, inside the subnet of the segment.",
				form: func(s *rawServer) form { return address(&s.address, "192.168.50.10") },
			}, {
				key: "router", need: true,
				doc:  "The router at its site, a member of the segment.",
				form: func(s *rawServer) form { return routerName(&s.router) },
			},
		},
	}
}

func probeForm(dst *given[rawProbe]) form {
	return record[rawProbe]{
		dst: dst, word: "a probe", id: "Probe",
		doc: "One check of every server of a service.",
		fields: []field[rawProbe]{
			{
				key: "type", need: true,
				doc: "What it does: icmp (echo), tcp (connect), http or https (GET), mysql (log in as the user of replication, and ask).",
				form: func(p *rawProbe) form {
					return word(&p.typ, "a probe", tunnel.ProbeICMP, tunnel.ProbeTCP, tunnel.ProbeHTTP, tunnel.ProbeHTTPS, tunnel.ProbeMySQL)
				},
			}, {
				key:  "port",
				doc:  "The TCP port. Left out: 80 for http, 443 for https, 3306 for mysql; tcp needs one, icmp has none.",
				form: func(p *rawProbe) form { return port(&p.port) },
			}, {
				key: "path",
				doc: "The path that http and https ask for. Left out: /.",
				form: func(p *rawProbe) form {
					return pattern(&p.path, "a path that begins with /", `^/[!-~]*$`, "/health")
				},
			}, {
				key:  "expect",
				doc:  "The status that http and https expect. Left out: any below 400.",
				form: func(p *rawProbe) form { return integer(&p.expect, "an HTTP status", 100, 599) },
			},
		},
	}
}
