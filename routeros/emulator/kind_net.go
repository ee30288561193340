package emulator

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// mac takes a MAC address with ":", "-" or "." between its bytes and is stored
// in upper case with ":".
func mac() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		clean := strings.NewReplacer("-", ":", ".", ":").Replace(s)
		parts := strings.Split(clean, ":")
		if len(parts) != 6 {
			return "", invalidValue(a.name)
		}
		for i, x := range parts {
			if len(x) == 1 {
				x = "0" + x
			}
			if b, err := hex.DecodeString(x); err != nil || len(b) != 1 {
				return "", invalidValue(a.name)
			}
			parts[i] = strings.ToUpper(x)
		}
		return strings.Join(parts, ":"), nil
	}}
}

// macMask takes a MAC address, alone or with a mask after "/".
func macMask() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		addr, mask, both := strings.Cut(s, "/")
		if !both {
			mask = "FF:FF:FF:FF:FF:FF"
		}
		v, err := mac().parse(a, addr)
		if err != nil {
			return "", err
		}
		m, err := mac().parse(a, mask)
		return v + "/" + m, err
	}}
}

// ip4 takes an IPv4 address.
func ip4() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		v, err := netip.ParseAddr(s)
		if err != nil || !v.Is4() {
			return "", invalidValue(a.name)
		}
		return v.String(), nil
	}}
}

// ip takes an address of either family.
func ip() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		v, err := netip.ParseAddr(s)
		if err != nil {
			return "", invalidValue(a.name)
		}
		return v.String(), nil
	}}
}

// ip4Prefix takes an address with the length of its network, which keeps its
// host bits: the address of an interface. No length is /32.
func ip4Prefix() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if !strings.Contains(s, "/") {
			s += "/32"
		}
		v, err := netip.ParsePrefix(s)
		if err != nil || !v.Addr().Is4() {
			return "", invalidValue(a.name)
		}
		return v.String(), nil
	}}
}

// network takes a prefix of either family and masks its host bits. An address
// alone is stored alone.
func network() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if v, err := netip.ParseAddr(s); err == nil {
			return v.String(), nil
		}
		v, err := netip.ParsePrefix(s)
		if err != nil {
			return "", invalidValue(a.name)
		}
		return v.Masked().String(), nil
	}}
}

// fullNetwork is network, with the length always stored.
func fullNetwork() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		v, err := network().parse(a, s)
		if err != nil || strings.Contains(v, "/") {
			return v, err
		}
		if strings.Contains(v, ":") {
			return v + "/128", nil
		}
		return v + "/32", nil
	}}
}

// addresses takes an address, a prefix or a range A-B.
func addresses() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		low, high, ranged := strings.Cut(s, "-")
		if !ranged {
			return network().parse(a, s)
		}
		x, err1 := netip.ParseAddr(low)
		y, err2 := netip.ParseAddr(high)
		if err1 != nil || err2 != nil || x.BitLen() != y.BitLen() || y.Less(x) {
			return "", invalidValue(a.name)
		}
		return x.String() + "-" + y.String(), nil
	}}
}

// host takes an address or a DNS name. Names are stored; the emulator resolves
// none.
func host() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if v, err := netip.ParseAddr(s); err == nil {
			return v.String(), nil
		}
		if !isHostName(s) {
			return "", invalidValue(a.name)
		}
		return s, nil
	}}
}

// isHostName reports whether s could be a DNS name and is not a mistyped
// address.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	letters := false
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letters = true
		case c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return letters
}

// ports takes ports and ranges: 80,443,8000-8010.
func ports() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		for x := range strings.SplitSeq(s, ",") {
			low, high, ranged := strings.Cut(x, "-")
			if !ranged {
				high = low
			}
			l, err1 := strconv.ParseUint(low, 10, 64)
			h, err2 := strconv.ParseUint(high, 10, 64)
			if err1 != nil || err2 != nil {
				return "", invalidValue(a.name)
			}
			if h > 65535 || l > h {
				return "", outOfRange(a.name, "0", "65535")
			}
		}
		return s, nil
	}}
}
