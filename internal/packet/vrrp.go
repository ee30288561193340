package packet

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// VRRP on IPv4: protocol 112 to 224.0.0.18 with TTL 255 (RFC 3768 for version 2,
// RFC 9568 for version 3).
const (
	ProtocolVRRP = 112
	VRRPTTL      = 255
)

// Errors of ParseVRRP beside those of EoIP.
var (
	ErrVersion  = errors.New("packet: VRRP version")
	ErrChecksum = errors.New("packet: checksum")
	ErrAuth     = errors.New("packet: VRRP authentication")
)

// An Advert is a VRRP advertisement.
type Advert struct {
	Version  int // 2 or 3
	VRID     byte
	Priority byte // 0: the master leaves
	// Interval is 10 ms to 40.95 s in version 3, whole seconds to 255 s in version 2.
	Interval  time.Duration
	Addresses []netip.Addr // IPv4, at most 255
	Password  string       // version 2, simple authentication; at most 8 bytes travel
}

// VirtualMAC returns the address of a virtual router on IPv4.
func VirtualMAC(vrid byte) [6]byte { return [6]byte{0, 0, 0x5e, 0, 1, vrid} }

// VRRPGroup returns the multicast address of VRRP.
func VRRPGroup() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 18}) }

// AppendVRRP appends a as it travels from src to the group.
func AppendVRRP(b []byte, a Advert, src netip.Addr) []byte {
	at := len(b)
	b = append(b, byte(a.Version)<<4|1, a.VRID, a.Priority, byte(len(a.Addresses)))
	if a.Version == 2 {
		auth := byte(0)
		if a.Password != "" {
			auth = 1
		}
		b = append(b, auth, byte(a.Interval/time.Second))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(a.Interval/(10*time.Millisecond))&0xfff)
	}
	b = append(b, 0, 0)
	for _, addr := range a.Addresses {
		b = append(b, addr.AsSlice()...)
	}
	var c uint16
	if a.Version == 2 {
		var auth [8]byte
		copy(auth[:], a.Password)
		b = append(b, auth[:]...)
		c = Checksum(b[at:]) // RFC 3768, 5.3.8: the entire message
	} else {
		c = checksum3(b[at:], src)
	}
	binary.BigEndian.PutUint16(b[at+6:], c)
	return b
}

// checksum3 covers the packet and the pseudo-header (RFC 9568, section 5.2.8).
func checksum3(b []byte, src netip.Addr) uint16 {
	s, d := src.As4(), VRRPGroup().As4()
	return ^fold(sum(b, pseudo4(s[:], d[:], ProtocolVRRP, len(b))))
}

// ParseVRRP takes apart the payload of an IP packet from src. The caller checks
// the TTL. For version 3 a checksum without pseudo-header, as Cisco and
// v3-checksum-as-v2 send it, is accepted too.
func ParseVRRP(b []byte, src netip.Addr) (Advert, error) {
	if len(b) < 8 {
		return Advert{}, ErrShort
	}
	a := Advert{Version: int(b[0] >> 4), VRID: b[1], Priority: b[2]}
	n := 8 + int(b[3])*4
	switch {
	case b[0]&0xf != 1 || a.Version != 2 && a.Version != 3:
		return Advert{}, ErrVersion
	case len(b) < n || a.Version == 2 && len(b) < n+8:
		return Advert{}, ErrLength
	}
	if a.Version == 2 {
		switch b[4] {
		case 0:
		case 1:
			a.Password = trimZero(b[n : n+8])
		default:
			return Advert{}, ErrAuth
		}
		a.Interval = time.Duration(b[5]) * time.Second
		if fold(sum(b[:n], 0)) != 0xffff && fold(sum(b[:n+8], 0)) != 0xffff {
			return Advert{}, ErrChecksum
		}
	} else {
		a.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&0xfff) * 10 * time.Millisecond
		s, d := src.As4(), VRRPGroup().As4()
		if fold(sum(b[:n], pseudo4(s[:], d[:], ProtocolVRRP, n))) != 0xffff && fold(sum(b[:n], 0)) != 0xffff {
			return Advert{}, ErrChecksum
		}
	}
	for i := 8; i < n; i += 4 {
		a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte(b[i:])))
	}
	return a, nil
}

func trimZero(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return string(b)
}
