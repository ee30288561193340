package spec

import (
	"fmt"
	"net/netip"
	"strings"

	"jembatan/tunnel"
)

// address is an IPv4 address that one host can have.
func address(dst *given[netip.Addr], example string) form {
	return scalar[netip.Addr]{
		dst: dst, word: "an IPv4 address", example: example,
		s: schema{Type: []string{"string"}, Pattern: ipv4Pattern},
		parse: func(s string) (netip.Addr, error) {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return a, errSyntax
			}
			if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a.As4()[0] >= 240 {
				return a, fmt.Errorf("is not an address that a host can have")
			}
			return a, nil
		},
	}
}

// subnet is an IPv4 prefix with room for two hosts.
func subnet(dst *given[netip.Prefix]) form {
	return scalar[netip.Prefix]{
		dst: dst, word: "an IPv4 subnet", example: "192.168.50.0/24",
		s: schema{Type: []string{"string"}, Pattern: subnetPattern},
		parse: func(s string) (netip.Prefix, error) {
			p, err := netip.ParsePrefix(s)
			if err != nil {
				return p, errSyntax
			}
			if p != p.Masked() {
				return p, fmt.Errorf("is the address of a host (did you mean %q?)", p.Masked())
			}
			if p.Bits() < 8 || p.Bits() > 30 {
				return p, fmt.Errorf("is too large or too small (/8 to /30)")
			}
			return p, nil
		},
	}
}

// uplinkRef is "router.uplink".
func uplinkRef(dst *given[tunnel.UplinkRef]) form {
	return scalar[tunnel.UplinkRef]{
		dst: dst, word: "the name of an uplink", example: "jkt.metro",
		s: schema{Type: []string{"string"}, Pattern: refPattern},
		parse: func(s string) (tunnel.UplinkRef, error) {
			router, uplink, _ := strings.Cut(s, ".")
			return tunnel.UplinkRef{Router: router, Uplink: uplink}, nil
		},
	}
}
