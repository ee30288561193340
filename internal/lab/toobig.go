//go:build linux

package lab

import (
	"encoding/binary"
	"net/netip"

	"jembatan/internal/packet"
)

// Offsets and bits of an IPv4 header (RFC 791).
const (
	etherSize   = 14
	ipSize      = 20 // without options
	etherIPv4   = 0x0800
	flagDF      = 0x4000
	flagMF      = 0x2000
	offsetMask  = 0x1fff
	offsetUnit  = 8
	icmpProto   = 1
	icmpQuoted  = 8 // bytes of the refused packet behind its header (RFC 792)
	icmpSize    = 8
	icmpTooBig  = 3<<8 | 4 // destination unreachable, fragmentation needed (RFC 1191)
	refusalHops = 64
)

// split returns what becomes of an Ethernet frame where the path's MTU is smaller
// than the link's: the frame itself if it fits or is not IPv4, else its fragments;
// or, if it must not be fragmented, nothing but the frame by which a router at
// that address tells its sender. Nothing returned shares memory with b but b.
func split(b []byte, mtu int, router netip.Addr) (pieces [][]byte, refusal []byte) {
	if len(b) <= etherSize+mtu || len(b) < etherSize+ipSize || binary.BigEndian.Uint16(b[12:]) != etherIPv4 {
		return [][]byte{b}, nil
	}
	ip := b[etherSize:]
	header, length := int(ip[0]&0x0f)*4, int(binary.BigEndian.Uint16(ip[2:]))
	step := (mtu - header) / offsetUnit * offsetUnit
	if header < ipSize || length < header || length > len(ip) || length <= mtu || step <= 0 {
		return [][]byte{b}, nil // Padding, or nothing that a router would read.
	}
	field := binary.BigEndian.Uint16(ip[6:])
	if field&flagDF != 0 {
		return nil, tooBig(b, header, length, mtu, router)
	}
	for at := header; at < length; at += step {
		end := min(at+step, length)
		piece := append(append([]byte(nil), b[:etherSize+header]...), ip[at:end]...)
		f := field&offsetMask + uint16((at-header)/offsetUnit)
		if end < length || field&flagMF != 0 {
			f |= flagMF
		}
		binary.BigEndian.PutUint16(piece[etherSize+2:], uint16(header+end-at))
		binary.BigEndian.PutUint16(piece[etherSize+6:], f)
		seal(piece[etherSize:], header)
		pieces = append(pieces, piece)
	}
	return pieces, nil
}

// tooBig makes the frame that tells the sender of b what MTU there is.
func tooBig(b []byte, header, length, mtu int, router netip.Addr) []byte {
	quoted := b[etherSize : etherSize+min(header+icmpQuoted, length)]
	out := make([]byte, etherSize+ipSize+icmpSize, etherSize+ipSize+icmpSize+len(quoted))
	copy(out, b[6:12])
	copy(out[6:], b[:6])
	binary.BigEndian.PutUint16(out[12:], etherIPv4)
	ip, from := out[etherSize:], router.As4()
	ip[0], ip[8], ip[9] = 0x45, refusalHops, icmpProto
	binary.BigEndian.PutUint16(ip[2:], uint16(ipSize+icmpSize+len(quoted)))
	copy(ip[12:], from[:])
	copy(ip[16:], quoted[12:16])
	seal(ip, ipSize)
	binary.BigEndian.PutUint16(ip[ipSize:], icmpTooBig)
	binary.BigEndian.PutUint16(ip[ipSize+6:], uint16(mtu))
	out = append(out, quoted...)
	icmp := out[etherSize+ipSize:]
	binary.BigEndian.PutUint16(icmp[2:], packet.Checksum(icmp))
	return out
}

// seal writes the checksum of an IPv4 header.
func seal(ip []byte, header int) {
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], packet.Checksum(ip[:header]))
}
