//go:build linux

package lab

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// A ruleset is the firewall of a router as text for nft, and what of it could
// not be said. A rule with a matcher or an action that is not carried out is left
// out as a whole: half a rule would match too much.
type ruleset struct {
	b     strings.Builder
	c     *config
	names map[string]string   // interface -> kernel name
	lists map[string][]string // interface lists
	lacks map[string]string
}

// table is one RouterOS table and where its built-in chains hook in.
type table struct {
	menu, family, name string
	hooks              map[string]string // chain -> nft hook line
}

func tables() []table {
	return []table{
		{"ip/firewall/raw", "ip", "raw", map[string]string{
			"prerouting": "type filter hook prerouting priority raw;", "output": "type filter hook output priority raw;",
		}},
		{"ip/firewall/mangle", "ip", "mangle", map[string]string{
			"prerouting": "type filter hook prerouting priority mangle;", "input": "type filter hook input priority mangle;",
			"forward": "type filter hook forward priority mangle;", "output": "type route hook output priority mangle;",
			"postrouting": "type filter hook postrouting priority mangle;",
		}},
		{"ip/firewall/nat", "ip", "nat", map[string]string{
			"dstnat": "type nat hook prerouting priority dstnat;", "srcnat": "type nat hook postrouting priority srcnat;",
			"input": "type nat hook input priority srcnat;", "output": "type nat hook output priority dstnat;",
		}},
		{"ip/firewall/filter", "ip", "filter", map[string]string{
			"input": "type filter hook input priority filter;", "forward": "type filter hook forward priority filter;",
			"output": "type filter hook output priority filter;",
		}},
		{"interface/bridge/filter", "bridge", "filter", map[string]string{
			"input": "type filter hook input priority filter;", "forward": "type filter hook forward priority filter;",
			"output": "type filter hook output priority filter;",
		}},
	}
}

// compile makes the text of a configuration: empty if there is nothing to say.
// It replaces whatever was there in one transaction.
func compile(c *config, names map[string]string) (text string, lacks map[string]string) {
	s := &ruleset{c: c, names: names, lists: c.lists(), lacks: map[string]string{}}
	for _, t := range tables() {
		s.table(t)
	}
	s.horizons()
	if s.b.Len() == 0 {
		return "", s.lacks
	}
	// A router does not see EoIP as invalid; Linux's connection tracking does.
	s.b.WriteString("table ip eoip {\n  chain pre {\n    type filter hook prerouting priority raw - 1;\n    ip protocol gre notrack\n  }\n" +
		"  chain out {\n    type filter hook output priority raw - 1;\n    ip protocol gre notrack\n  }\n}\n")
	return "flush ruleset\n" + s.b.String(), s.lacks
}

// table writes one table with its chains and rules.
func (s *ruleset) table(t table) {
	chains := map[string][]string{}
	for i, x := range s.c.menus[t.menu] {
		if !x.enabled() {
			continue
		}
		line, err := s.rule(t, x)
		if err != nil {
			s.lacks[fmt.Sprintf("/%s rule %d", t.menu, i)] = err.Error()
			continue
		}
		chains[x["chain"]] = append(chains[x["chain"]], line)
		if x["action"] == "jump" {
			chains[x["jump-target"]] = append(chains[x["jump-target"]], []string{}...)
		}
	}
	if len(chains) == 0 {
		return
	}
	fmt.Fprintf(&s.b, "table %s %s {\n", t.family, t.name)
	s.sets(t)
	for _, chain := range slices.Sorted(maps.Keys(chains)) { // Jump targets come first.
		if t.hooks[chain] == "" {
			fmt.Fprintf(&s.b, "  chain %s {\n", chainName(chain))
			s.lines(chains[chain])
		}
	}
	for _, chain := range slices.Sorted(maps.Keys(chains)) {
		if hook := t.hooks[chain]; hook != "" {
			fmt.Fprintf(&s.b, "  chain %s {\n    %s\n", chainName(chain), hook)
			s.lines(chains[chain])
		}
	}
	s.b.WriteString("}\n")
}

func (s *ruleset) lines(lines []string) {
	for _, l := range lines {
		s.b.WriteString("    " + l + "\n")
	}
	s.b.WriteString("  }\n")
}

// chainName makes an identifier of a chain's name. Some names mean something to
// nft, so all have a prefix.
func chainName(chain string) string { return "c_" + identifier(chain) }

func identifier(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, s)
	if clean == s {
		return s
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return fmt.Sprintf("%s_%x", clean, h.Sum32())
}

// sets writes the address lists.
func (s *ruleset) sets(t table) {
	if t.family != "ip" {
		return
	}
	lists := map[string][]string{}
	for _, x := range s.c.menus["ip/firewall/address-list"] {
		if !x.enabled() {
			continue
		}
		if strings.ContainsFunc(x["address"], func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			s.lacks["address list "+x["list"]] = x["address"] + " is a name; the lab has no DNS"
			continue
		}
		lists[x["list"]] = append(lists[x["list"]], x["address"])
	}
	for _, x := range s.c.menus[t.menu] {
		for _, m := range []string{"src-address-list", "dst-address-list"} {
			if name := strings.TrimPrefix(x[m], "!"); name != "" {
				lists[name] = append(lists[name], []string{}...)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		fmt.Fprintf(&s.b, "  set l_%s { type ipv4_addr; flags interval; auto-merge;", identifier(name))
		if len(lists[name]) > 0 {
			fmt.Fprintf(&s.b, " elements = { %s };", strings.Join(lists[name], ", "))
		}
		s.b.WriteString(" }\n")
	}
}

// horizons keeps ports of equal horizon apart where a bridge has several; one
// alone is done by the ports themselves.
func (s *ruleset) horizons() {
	groups := map[string]map[string][]string{}
	for _, p := range s.c.menus["interface/bridge/port"] {
		if h := p["horizon"]; p.enabled() && h != "" && h != "none" && s.names[p["interface"]] != "" {
			if groups[p["bridge"]] == nil {
				groups[p["bridge"]] = map[string][]string{}
			}
			groups[p["bridge"]][h] = append(groups[p["bridge"]][h], s.names[p["interface"]])
		}
	}
	var rules []string
	for _, bridge := range slices.Sorted(maps.Keys(groups)) {
		if len(groups[bridge]) < 2 {
			continue
		}
		for _, h := range slices.Sorted(maps.Keys(groups[bridge])) {
			set := quoted(groups[bridge][h])
			rules = append(rules, fmt.Sprintf("iifname %s oifname %s drop", set, set))
		}
	}
	if len(rules) > 0 {
		s.b.WriteString("table bridge horizon {\n  chain forward {\n    type filter hook forward priority filter - 1;\n")
		s.lines(rules)
		s.b.WriteString("}\n")
	}
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return "{ " + strings.Join(out, ", ") + " }"
}
