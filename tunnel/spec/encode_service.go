package spec

import (
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

func serviceNode(s *tunnel.Service) *yaml.Node {
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
	if r := s.Replication; r.Engine != tunnel.EngineUnknown {
		b.put("replication", flow("engine", text1(r.Engine.String()), "user", text1(r.User), "password", secretNode(r.Password),
			"allowed_loss", elapsed(r.AllowedLoss, 0)))
	}
	b.put("switch", switchNode(s.Switch))
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
		return flow("nat", flow("on", wordsNode(n.On), "to", to))
	}
	if v := s.VRRP; v != nil {
		return flow("vrrp", flow("address", text1(v.Address.String()), "vrid", number(v.VRID), "on", wordsNode(v.On),
			"interval", elapsed(v.Interval, defaultVRRPInterval)))
	}
	return flow()
}

func policyNode(p tunnel.Policy) *yaml.Node {
	usual, _ := tunnel.ProfilePolicy(p.Profile)
	n := flow("profile", text1(p.Profile), "interval", elapsed(p.Interval, usual.Interval), "misses", other(p.Misses, usual.Misses),
		"rises", other(p.Rises, usual.Rises), "quorum", other(p.Quorum, usual.Quorum))
	if p.Failback != usual.Failback {
		n.Content = append(n.Content, text1("failback"), text1(p.Failback.String()))
	}
	if p.Window != "" {
		n.Content = append(n.Content, text1("window"), text1(p.Window))
	}
	if hold := elapsed(p.Hold, usual.Hold); hold != nil {
		n.Content = append(n.Content, text1("hold"), hold)
	}
	return n
}
