//go:build linux

package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// rule says one rule in nft's words.
func (s *ruleset) rule(t table, x row) (string, error) {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if x[name] == "" || notMatcher(name) {
			continue
		}
		w, err := s.match(t, x, name)
		if err != nil {
			return "", err
		}
		if w != "" {
			words = append(words, w)
		}
	}
	if x["protocol"] != "" && x["src-port"] == "" && x["dst-port"] == "" && x["port"] == "" {
		words = append([]string{"ip protocol " + negate(x["protocol"])}, words...)
	}
	action, err := s.action(x)
	if err != nil {
		return "", err
	}
	words = append(words, "counter")
	if x.yes("log") {
		words = append(words, fmt.Sprintf("log prefix %q", x["log-prefix"]+" "))
	}
	if action != "" {
		words = append(words, action)
	}
	return strings.Join(words, " "), nil
}

// notMatcher reports whether a property does not narrow a rule down.
func notMatcher(name string) bool {
	switch name {
	case ".id", ".nextid", "chain", "action", "comment", "disabled", "dynamic", "invalid", "bytes", "packets", "log", "log-prefix",
		"to-addresses", "to-ports", "jump-target", "protocol", "reject-with", "new-mss", "passthrough", "hw-offload", "place-before",
		"address-list", "address-list-timeout":
		return true
	}
	return false
}

// negate puts nft's "!=" for a leading "!".
func negate(v string) string {
	if rest, ok := strings.CutPrefix(v, "!"); ok {
		return "!= " + rest
	}
	return v
}

// set is negate for what may be a comma list.
func set(v string) string {
	rest, not := strings.CutPrefix(v, "!")
	if strings.Contains(rest, ",") {
		rest = "{ " + strings.ReplaceAll(rest, ",", ", ") + " }"
	}
	if not {
		return "!= " + rest
	}
	return rest
}

// match says one matcher.
func (s *ruleset) match(t table, x row, name string) (string, error) {
	v := x[name]
	switch name {
	case "src-address", "dst-address":
		return "ip " + name[:1] + "addr " + negate(v), nil
	case "src-port", "dst-port":
		protocol := x["protocol"]
		if t.family == "bridge" {
			protocol = x["ip-protocol"]
		}
		return protocol + " " + name[:1] + "port " + set(v), nil
	case "port":
		return "", fmt.Errorf("port=%s is not carried out", v)
	case "src-address-list", "dst-address-list":
		list, not := strings.CutPrefix(v, "!")
		op := ""
		if not {
			op = "!= "
		}
		return fmt.Sprintf("ip %saddr %s@l_%s", name[:1], op, identifier(list)), nil
	case "src-address-type", "dst-address-type":
		return "fib " + name[:1] + "addr type " + set(v), nil
	case "in-interface", "out-interface", "in-interface-list", "out-interface-list":
		return s.iface(name, v)
	case "connection-state":
		return "ct state " + set(v), nil
	case "connection-nat-state":
		return "ct status " + set(strings.NewReplacer("srcnat", "snat", "dstnat", "dnat").Replace(v)), nil
	case "tcp-flags":
		return s.flags(v)
	case "icmp-options", "limit", "dst-limit", "connection-limit", "content", "tls-host":
		return "", fmt.Errorf("%s=%s is not carried out", name, v)
	}
	if t.family == "bridge" {
		return s.matchFrame(x, name)
	}
	return "", fmt.Errorf("%s=%s is not carried out", name, v)
}

// matchFrame says a matcher of bridge filters.
func (s *ruleset) matchFrame(x row, name string) (string, error) {
	v := x[name]
	switch name {
	case "mac-protocol":
		return "ether type " + negate(strings.NewReplacer("ipv6", "ip6").Replace(v)), nil
	case "ip-protocol":
		if x["src-port"] != "" || x["dst-port"] != "" {
			return "", nil
		}
		return "ip protocol " + negate(v), nil
	case "arp-src-address":
		return "arp saddr ip " + negate(strings.TrimSuffix(v, "/32")), nil
	case "arp-dst-address":
		return "arp daddr ip " + negate(strings.TrimSuffix(v, "/32")), nil
	case "src-mac-address", "dst-mac-address":
		not, v := strings.HasPrefix(v, "!"), strings.TrimPrefix(v, "!")
		op := "=="
		if not {
			op = "!="
		}
		mac, mask, masked := strings.Cut(v, "/")
		if !masked || strings.EqualFold(mask, "FF:FF:FF:FF:FF:FF") {
			return fmt.Sprintf("ether %saddr %s %s", name[:1], op, mac), nil
		}
		return fmt.Sprintf("ether %saddr & %s %s %s", name[:1], mask, op, mac), nil
	}
	return "", fmt.Errorf("%s=%s is not carried out", name, v)
}

// iface says an interface, a list of them or a class.
func (s *ruleset) iface(name, v string) (string, error) {
	word := "iifname"
	if strings.HasPrefix(name, "out") {
		word = "oifname"
	}
	v, not := strings.CutPrefix(v, "!")
	members := []string{v}
	if strings.HasSuffix(name, "-list") {
		if v == "all" {
			return "", nil
		}
		members = s.lists[v]
	}
	var kernel []string
	for _, m := range members {
		if k := s.names[m]; k != "" {
			kernel = append(kernel, k)
		}
	}
	if len(kernel) == 0 {
		kernel = []string{"none~"} // matches no interface
	}
	if not {
		word += " !="
	}
	return word + " " + quoted(kernel), nil
}

// flags says tcp-flags: "syn,!ack".
func (s *ruleset) flags(v string) (string, error) {
	var mask, value []string
	for f := range strings.SplitSeq(v, ",") {
		name, off := strings.CutPrefix(f, "!")
		mask = append(mask, name)
		if !off {
			value = append(value, name)
		}
	}
	if len(value) == 0 {
		value = []string{"0x0"}
	}
	return fmt.Sprintf("tcp flags & (%s) == %s", strings.Join(mask, "|"), strings.Join(value, "|")), nil
}

// action says what becomes of a packet.
func (s *ruleset) action(x row) (string, error) {
	switch a := x["action"]; a {
	case "accept", "drop", "return", "masquerade":
		return a, nil
	case "fasttrack-connection":
		return "accept", nil
	case "passthrough", "log":
		return "", nil
	case "notrack":
		return "notrack", nil
	case "jump":
		return "jump " + chainName(x["jump-target"]), nil
	case "reject":
		switch w := x["reject-with"]; w {
		case "", "icmp-network-unreachable":
			return "reject with icmp type net-unreachable", nil
		case "tcp-reset":
			return "reject with tcp reset", nil
		case "icmp-admin-prohibited":
			return "reject with icmp type admin-prohibited", nil
		default:
			return "reject with icmp type " + strings.TrimPrefix(w, "icmp-"), nil
		}
	case "redirect":
		if x["to-ports"] != "" {
			return "redirect to :" + x["to-ports"], nil
		}
		return "redirect", nil
	case "dst-nat", "src-nat", "netmap":
		return translate(x, a)
	case "change-mss":
		if x["new-mss"] == "clamp-to-pmtu" {
			return "tcp option maxseg size set rt mtu", nil
		}
		return "tcp option maxseg size set " + x["new-mss"], nil
	default:
		return "", fmt.Errorf("action=%s is not carried out", a)
	}
}

// translate says an address translation.
func translate(x row, action string) (string, error) {
	word := map[string]string{"dst-nat": "dnat", "src-nat": "snat", "netmap": "dnat"}[action]
	if action == "netmap" && x["chain"] == "srcnat" {
		word = "snat"
	}
	to := x["to-addresses"]
	if p, err := netip.ParsePrefix(to); err == nil && p.IsSingleIP() {
		to = p.Addr().String()
	}
	if ports := x["to-ports"]; ports != "" {
		to += ":" + ports
	}
	if to == "" {
		return "", fmt.Errorf("action=%s without to-addresses", action)
	}
	if action == "netmap" {
		return word + " ip prefix to " + to, nil
	}
	return word + " to " + to, nil
}
