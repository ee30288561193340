package packet

import (
	"encoding/binary"
	"errors"
)

// EoIP over IPv4 (IP protocol 47, captures of RouterOS 7.18.2):
//
//	offset 0  20 01 64 00  GRE flags (key, version 1) and protocol 0x6400
//	offset 4  length of the frame, big-endian; 0 is a keepalive
//	offset 6  tunnel id, LITTLE-endian
//	offset 8  Ethernet frame without FCS, not padded
const (
	ProtocolGRE   = 47
	EoIPHeaderLen = 8
	// MinFrame is the shortest Ethernet frame: two addresses and a type. RouterOS
	// misbehaves on shorter ones, so none is sent.
	MinFrame = 14
	// MaxFrame is the longest frame that fits an IPv4 packet with 20 bytes of header.
	MaxFrame = 65535 - 20 - EoIPHeaderLen
	// EoIPOverhead is what EoIP adds to the payload of a frame: IP 20, EoIP 8,
	// inner Ethernet 14.
	EoIPOverhead = 42
	// EoIPTTL is the TTL of outer packets. Receivers do not check it.
	EoIPTTL = 255
)

const eoipMagic = 0x20016400

// Errors of ParseEoIP. Each is one reason for a drop.
var (
	ErrShort  = errors.New("packet: too short")
	ErrMagic  = errors.New("packet: not EoIP")
	ErrLength = errors.New("packet: length does not fit")
	ErrRunt   = errors.New("packet: frame shorter than an Ethernet header")
)

// PutEoIP writes the header of a frame of n bytes, 0 for a keepalive, into the
// first EoIPHeaderLen bytes of b.
func PutEoIP(b []byte, id uint16, n int) {
	binary.BigEndian.PutUint32(b, eoipMagic)
	binary.BigEndian.PutUint16(b[4:], uint16(n))
	binary.LittleEndian.PutUint16(b[6:], id)
}

// AppendEoIP appends a packet with frame in it; an empty frame makes a
// keepalive. It fails for frames shorter than MinFrame and longer than MaxFrame.
func AppendEoIP(b []byte, id uint16, frame []byte) ([]byte, error) {
	switch n := len(frame); {
	case n != 0 && n < MinFrame:
		return b, ErrRunt
	case n > MaxFrame:
		return b, ErrLength
	}
	var h [EoIPHeaderLen]byte
	PutEoIP(h[:], id, len(frame))
	return append(append(b, h[:]...), frame...), nil
}

// ParseEoIP takes apart the payload of an IP packet. The frame is empty for a
// keepalive and aliases b. The declared length must be what is there: RouterOS
// does not pad.
func ParseEoIP(b []byte) (id uint16, frame []byte, err error) {
	if len(b) < EoIPHeaderLen {
		return 0, nil, ErrShort
	}
	if binary.BigEndian.Uint32(b) != eoipMagic {
		return 0, nil, ErrMagic
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n != len(b)-EoIPHeaderLen {
		return 0, nil, ErrLength
	}
	if n != 0 && n < MinFrame {
		return 0, nil, ErrRunt
	}
	return binary.LittleEndian.Uint16(b[6:]), b[EoIPHeaderLen:], nil
}

// EoIP over IPv6 (next header 97): two bytes, version 3 in the LOW nibble of the
// first, then the frame. There is no length field; a bare header is a keepalive.
const (
	ProtocolEtherIP = 97
	EoIPv6HeaderLen = 2
	// MaxEoIPv6ID is the largest tunnel id: 12 bits.
	MaxEoIPv6ID = 4095
)

// AppendEoIPv6 appends a packet with frame in it; an empty frame makes a
// keepalive. Ids above MaxEoIPv6ID do not fit.
func AppendEoIPv6(b []byte, id uint16, frame []byte) ([]byte, error) {
	if id > MaxEoIPv6ID {
		return b, ErrLength
	}
	if n := len(frame); n != 0 && n < MinFrame {
		return b, ErrRunt
	}
	return append(append(b, byte(id>>8)<<4|3, byte(id)), frame...), nil
}

// ParseEoIPv6 takes apart the payload of an IPv6 packet; see ParseEoIP.
func ParseEoIPv6(b []byte) (id uint16, frame []byte, err error) {
	if len(b) < EoIPv6HeaderLen {
		return 0, nil, ErrShort
	}
	if b[0]&0xf != 3 {
		return 0, nil, ErrMagic
	}
	if n := len(b) - EoIPv6HeaderLen; n != 0 && n < MinFrame {
		return 0, nil, ErrRunt
	}
	return uint16(b[0]>>4)<<8 | uint16(b[1]), b[EoIPv6HeaderLen:], nil
}

// ParseIPv4 returns source, destination and payload of an IPv4 packet as a raw
// socket hands it over.
func ParseIPv4(b []byte) (src, dst [4]byte, payload []byte, err error) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return src, dst, nil, ErrShort
	}
	ihl, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if ihl < 20 || total < ihl || total > len(b) {
		return src, dst, nil, ErrLength
	}
	return [4]byte(b[12:16]), [4]byte(b[16:20]), b[ihl:total], nil
}
