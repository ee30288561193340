//go:build linux

package lab

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"jembatan/examples"
	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

func TestBlueprint(t *testing.T) {
	topology, problems := spec.Parse("x.yaml", examples.TwoSites())
	must(t, problems.Err())
	b := draw(topology, nil, 2, func(tunnel.SecretRef) (routeros.Secret, error) { return "", nil })
	var got []string
	for _, r := range b.Routers {
		for _, u := range r.Uplinks {
			got = append(got, strings.Join([]string{r.Device.Name, u.Name, u.Ether, u.Address.String(), u.Gateway.String()}, " "))
		}
	}
	for _, h := range b.Hosts {
		got = append(got, strings.Join([]string{string(h.Kind), h.Name, h.Address.String(), h.Router, h.Port, h.Gateway.String()}, " "))
	}
	want := []string{
		"jkt metro ether1 198.51.100.1 198.51.100.254", "jkt lte ether3 203.0.113.1 203.0.113.254",
		"sby metro ether1 198.51.100.2 198.51.100.254", "sby lte ether3 203.0.113.2 203.0.113.254",
		"bdg fixed ether1 198.51.100.3 198.51.100.254", "mlg fixed ether1 198.51.100.4 198.51.100.254",
		"server main 192.168.50.10/24 jkt ether2 192.168.50.1", "server backup 192.168.50.20/24 sby ether2 192.168.50.2",
		"server standby 192.168.50.30/24 bdg ether2 192.168.50.3", "pc pc-mlg 192.168.50.254/24 mlg ether2 192.168.50.4",
		"client client1 100.64.1.2/24   100.64.1.1", "client client2 100.64.2.2/24   100.64.2.1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestKernelNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 40, 60).Draw(t, "name")
		k := kernelNameOf(name)
		if len(k) > maxKernelName || strings.ContainsAny(k, "/ :%") || k == "." || k == ".." {
			t.Fatalf("%q becomes %q", name, k)
		}
	})
	if kernelNameOf("eoip-servers-jkt-metro") == kernelNameOf("eoip-servers-jkt-lte") {
		t.Error("two names become one")
	}
	if k := kernelNameOf("br-servers"); k != "br-servers" {
		t.Errorf("a short name becomes %q", k)
	}
}

func TestRosDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"1s": time.Second, "100ms": 100 * time.Millisecond, "1m30s": 90 * time.Second, "5m": 5 * time.Minute,
		"1d2h": 26 * time.Hour, "1w": 7 * 24 * time.Hour, "00:00:10": 10 * time.Second, "": 0, "x": 0,
	} {
		if got := rosDuration(s); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
}

func TestParseQuality(t *testing.T) {
	got, err := ParseQuality("delay=20ms,jitter=2ms,loss=5%,rate=10mbit,mtu=1400")
	must(t, err)
	q := Quality{Delay: 20 * time.Millisecond, Jitter: 2 * time.Millisecond, Loss: 0.05, Rate: 1e7, MTU: 1400}
	if d := cmp.Diff([2]Quality{q, q}, got); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"", "lte-bad", "delay=x", "loss=101%", "rate=-1mbit", "speed=1", "mtu=575", "mtu=9001", "mtu=x"} {
		if _, err := ParseQuality(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, p := range profiles() {
		if _, err := ParseQuality(p.Name); err != nil {
			t.Error(err)
		}
	}
}

// TestRules holds the text for nft to what an operator would write by hand.
func TestRules(t *testing.T) {
	c := &config{menus: map[string][]row{
		"ip/firewall/nat": {
			{"chain": "dstnat", "dst-address": "198.51.100.1", "protocol": "tcp", "dst-port": "80,3306", "action": "dst-nat", "to-addresses": "192.168.50.10"},
			{"chain": "dstnat", "in-interface": "ether1", "action": "jump", "jump-target": "svc A"},
			{"chain": "svc A", "src-address-list": "!bad", "protocol": "udp", "action": "redirect", "to-ports": "53"},
			{"chain": "srcnat", "out-interface": "ether9", "action": "masquerade"},
			{"chain": "srcnat", "action": "masquerade", "disabled": "true"},
			{"chain": "srcnat", "layer7-protocol": "x", "action": "accept"},
		},
		"ip/firewall/filter": {
			{"chain": "input", "connection-state": "established,related", "action": "accept"},
			{"chain": "forward", "connection-nat-state": "!dstnat", "protocol": "tcp", "tcp-flags": "syn,!ack", "action": "reject", "reject-with": "tcp-reset"},
		},
		"interface/bridge/filter": {
			{"chain": "forward", "out-interface": "eoip-B", "mac-protocol": "ip", "ip-protocol": "udp", "dst-port": "67-68", "action": "drop"},
			{"chain": "forward", "out-interface": "eoip-B", "src-mac-address": "00:00:5E:00:01:00/FF:FF:FF:FF:FF:00", "action": "drop"},
			{"chain": "output", "out-interface": "eoip-B", "mac-protocol": "arp", "arp-dst-address": "192.168.1.1/32", "action": "drop"},
		},
		"ip/firewall/address-list": {{"list": "bad", "address": "192.0.2.0/24"}, {"list": "bad", "address": "host.example"}},
	}}
	got, lacks := compile(c, map[string]string{"ether1": "ether1", "eoip-B": "eoip-B"})
	want := `flush ruleset
table ip nat {
  set l_bad { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.0/24 }; }
  chain c_svc_A_73e01d42 {
    ip protocol udp ip saddr != @l_bad counter redirect to :53
  }
  chain c_dstnat {
    type nat hook prerouting priority dstnat;
    ip daddr 198.51.100.1 tcp dport { 80, 3306 } counter dnat to 192.168.50.10
    iifname { "ether1" } counter jump c_svc_A_73e01d42
  }
  chain c_srcnat {
    type nat hook postrouting priority srcnat;
    oifname { "none~" } counter masquerade
  }
}
table ip filter {
  set l_bad { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.0/24 }; }
  chain c_forward {
    type filter hook forward priority filter;
    ip protocol tcp ct status != dnat tcp flags & (syn|ack) == syn counter reject with tcp reset
  }
  chain c_input {
    type filter hook input priority filter;
    ct state { established, related } counter accept
  }
}
table bridge filter {
  chain c_forward {
    type filter hook forward priority filter;
    udp dport 67-68 ether type ip oifname { "eoip-B" } counter drop
    oifname { "eoip-B" } ether saddr & FF:FF:FF:FF:FF:00 == 00:00:5E:00:01:00 counter drop
  }
  chain c_output {
    type filter hook output priority filter;
    arp daddr ip 192.168.1.1 ether type arp oifname { "eoip-B" } counter drop
  }
}
table ip eoip {
  chain pre {
    type filter hook prerouting priority raw - 1;
    ip protocol gre notrack
  }
  chain out {
    type filter hook output priority raw - 1;
    ip protocol gre notrack
  }
}
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{
		"/ip/firewall/nat rule 5": "layer7-protocol=x is not carried out",
		"address list bad":        "host.example is a name; the lab has no DNS",
	}, lacks); d != "" {
		t.Error(d)
	}
	if nftChecks(t) {
		check(t, got)
	}
}

// TestRoles is spanning tree on a triangle and on a doubled link.
func TestRoles(t *testing.T) {
	port := func(router string, priority, cost, n int) bridgePort {
		return bridgePort{router: router, bridge: "br", priority: priority, mac: "02:" + router, cost: cost, port: n}
	}
	triangle := []bridgePort{
		port("a", 0x1000, 20000, 1), port("a", 0x1000, 20000, 2), // root: to b, to c
		port("b", 0x2000, 20000, 1), port("b", 0x2000, 20000, 2), // to a, to c
		port("c", 0x8000, 20000, 1), port("c", 0x8000, 20000, 2), // to a, to b
	}
	got := roles(triangle, []edge{{0, 2}, {1, 4}, {3, 5}})
	if d := cmp.Diff([]bool{false, false, false, false, false, true}, got); d != "" {
		t.Error("triangle", d)
	}
	double := []bridgePort{port("a", 0x1000, 20000, 1), port("a", 0x1000, 40000, 2), port("b", 0x8000, 20000, 1), port("b", 0x8000, 40000, 2)}
	if d := cmp.Diff([]bool{false, false, false, true}, roles(double, []edge{{0, 2}, {1, 3}})); d != "" {
		t.Error("double", d)
	}
	if d := cmp.Diff([]bool{false, false, false, false}, roles(double, []edge{{1, 3}})); d != "" {
		t.Error("the first link is down", d)
	}
}

// TestRolesMakeATree attacks the outcome: whatever the links, what is not blocked
// has no loop and joins what was joined.
func TestRolesMakeATree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "bridges")
		var ports []bridgePort
		var edges []edge
		for range rapid.IntRange(0, 14).Draw(t, "links") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
			if a == b {
				continue
			}
			for _, x := range []int{a, b} {
				ports = append(ports, bridgePort{
					router: string(rune('a' + x)), bridge: "br", priority: x % 3 << 12, mac: string(rune('z' - x)),
					cost: 1 + rapid.IntRange(0, 2).Draw(t, "cost"), port: len(ports),
				})
			}
			edges = append(edges, edge{len(ports) - 2, len(ports) - 1})
		}
		alternate := roles(ports, edges)
		all, tree := newSets(n), newSets(n)
		for _, e := range edges {
			a, b := int(ports[e.a].router[0]-'a'), int(ports[e.b].router[0]-'a')
			all.join(a, b)
			if !alternate[e.a] && !alternate[e.b] && !tree.join(a, b) {
				t.Fatal("a loop is left")
			}
		}
		for i := range n {
			for j := range n {
				if all.find(i) == all.find(j) && tree.find(i) != tree.find(j) {
					t.Fatalf("%d and %d are cut apart", i, j)
				}
			}
		}
	})
}

// sets are disjoint sets.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		i = s[i]
	}
	return i
}

// join joins two sets and reports whether they were apart.
func (s sets) join(a, b int) bool {
	a, b = s.find(a), s.find(b)
	s[a] = b
	return a != b
}

// TestConnectionMessages: whatever the messages hold, reading them ends.
func TestConnectionMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		k := &tracker{flows: map[flowKey]*flow{}, byID: map[uint32]*flow{}}
		if len(b) > 16 { // Past the header, which is the kernel's own.
			binary.NativeEndian.PutUint32(b, uint32(len(b)))
			binary.NativeEndian.PutUint16(b[4:], unix.NFNL_SUBSYS_CTNETLINK<<8)
			b[16] = unix.AF_INET
		}
		k.take(b, time.Now())
	})
}
