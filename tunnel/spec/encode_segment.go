package spec

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

func (e *encoder) segment(s *tunnel.Segment) *yaml.Node {
	b := e.mapping("segments." + s.Name)
	b.put("subnet", text1(s.Subnet.String()))
	if s.Bridge != "br-"+s.Name {
		b.put("bridge", text1(s.Bridge))
	}
	b.put("shape", text1(s.Shape.String()))
	if len(s.Hubs) > 0 {
		b.put("hubs", wordsNode(s.Hubs))
	}
	members := e.mapping(b.path + ".members")
	for _, m := range s.Members {
		n := flow("hub", nil)
		if m.Parent != "" && len(s.Hubs) > 0 && m.Parent != s.Hubs[0] {
			n.Content = append(n.Content, text1("hub"), text1(m.Parent))
		}
		if m.Bridge != "" {
			n.Content = append(n.Content, text1("bridge"), text1(m.Bridge))
		}
		if len(m.Ports) > 0 {
			n.Content = append(n.Content, text1("ports"), wordsNode(m.Ports))
		}
		members.put(m.Router, n)
	}
	b.put("members", members.node)
	b.put("tunnels", e.tunnels(b.path+".tunnels", &s.Tunnels))
	if s.Adopt {
		b.put("adopt", truth())
	}
	return b.node
}

func (e *encoder) tunnels(path string, s *tunnel.TunnelSettings) *yaml.Node {
	b := e.mapping(path)
	if s.MTU == 0 {
		b.put("mtu", text1("auto"))
	} else {
		b.put("mtu", number(s.MTU))
	}
	keepalive := "off"
	if s.Keepalive.Interval > 0 {
		keepalive = strconv.Itoa(int(s.Keepalive.Interval/time.Second)) + "s," + strconv.Itoa(s.Keepalive.Retries)
	}
	b.put("keepalive", text1(keepalive))
	if !s.IPsec.IsZero() {
		b.put("ipsec", flow("secret", secretNode(s.IPsec)))
	}
	b.put("redundancy", text1(s.Redundancy.String()))
	if len(s.Pairs) > 0 {
		var pairs []*yaml.Node
		for _, p := range s.Pairs {
			pairs = append(pairs, pairNode(p))
		}
		b.put("pairs", listNode(false, pairs...))
	}
	if len(s.IDs) > 0 {
		var ids []*yaml.Node
		for _, i := range s.IDs {
			ids = append(ids, flow("between", pairNode(i.Pair), "id", number(int(i.ID)), "names", twoNode(i.Names), "bond", twoNode(i.Bonds)))
		}
		b.put("ids", listNode(false, ids...))
	}
	return b.node
}

func pairNode(p tunnel.UplinkPair) *yaml.Node {
	return wordsNode([]string{p[0].String(), p[1].String()})
}

// twoNode is a pair of names, nil when there are none.
func twoNode(names [2]string) *yaml.Node {
	if names == [2]string{} {
		return nil
	}
	return wordsNode(names[:])
}
