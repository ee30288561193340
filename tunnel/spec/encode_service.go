package spec

import (
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

func serviceNode(t *tunnel.Topology, s *tunnel.Service) *yaml.Node {
	e := encoder{}
	b := e.mapping("")
	b.put("segment", text1(s.Segment))
	var servers, ports, probes []*yaml.Node
	for _, v := range s.Servers {
		servers = append(servers, flow("name", text1(v.Name), "address", text1(v.Address.String()), "router", text1(v.Router)))
	}
	b.put("servers", listNode(false, servers...))
	for _, p := range s.Ports {
		ports = append(ports, number(int(p)))
	}
	if len(ports) > 0 {
		b.put("ports", listNode(true, ports...))
	}
	for _, p := range s.Probes {
		probes = append(probes, flow("type", text1(p.Type.String()), "port", some(int(p.Port)), "path", optional(p.Path), "expect", some(p.Expect)))
	}
	b.put("probes", listNode(false, probes...))
	if s.Replication.Engine != tunnel.EngineUnknown {
		b.put("replication", replicationNode(&s.Replication))
	}
	b.put("switch", switchNode(s.Switch))
	if !slices.Equal(s.Vantages, tunnel.DefaultVantages(t, s)) {
		b.put("vantages", wordsNode(s.Vantages))
	}
	b.put("policy", policyNode(s.Policy))
	return b.node
}

// some is a number, nil when it is zero.
func some(n int) *yaml.Node {
	if n == 0 {
		return nil
	}
	return number(n)
}

// other is a number, nil when it is the usual one.
func other(n, usual int) *yaml.Node {
	if n == usual {
		return nil
	}
	return number(n)
}

// elapsed is a duration, nil when it is the usual one.
func elapsed(d, usual time.Duration) *yaml.Node {
	if d == usual {
		return nil
	}
	return text1(short(d))
}

func switchNode(s tunnel.Switch) *yaml.Node {
	if n := s.NAT; n != nil {
		to := flow()
		for _, router := range slices.Sorted(maps.Keys(n.To)) {
			to.Content = append(to.Content, text1(router), text1(n.To[router].String()))
		}
		var source *yaml.Node
		if n.Source != tunnel.SourceRouter {
			source = text1(n.Source.String())
		}
		return flow("nat", flow("on", wordsNode(n.On), "to", to, "source", source))
	}
	if v := s.VRRP; v != nil {
		return flow("vrrp", flow("address", text1(v.Address.String()), "vrid", number(v.VRID), "on", wordsNode(v.On),
			"interval", elapsed(v.Interval, defaultVRRPInterval)))
	}
	return flow()
}
