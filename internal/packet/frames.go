package packet

import (
	"encoding/binary"
	"net/netip"
)

// GratuitousARP returns the broadcast frame by which the owner of mac announces
// addr, an IPv4 address (RFC 5227, section 3, as a request).
func GratuitousARP(mac [6]byte, addr netip.Addr) []byte {
	b := make([]byte, 0, 42)
	b = append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	b = append(b, mac[:]...)
	b = append(b, etherARP>>8, etherARP&0xff, 0, 1, 8, 0, 6, 4, 0, 1)
	b = append(b, mac[:]...)
	b = append(b, addr.AsSlice()...)
	b = append(b, 0, 0, 0, 0, 0, 0)
	return append(b, addr.AsSlice()...)
}

// AppendEcho appends an ICMP echo request with size bytes of payload (RFC 792).
func AppendEcho(b []byte, id, seq uint16, size int) []byte {
	at := len(b)
	b = append(b, 8, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, id)
	b = binary.BigEndian.AppendUint16(b, seq)
	for i := range size {
		b = append(b, byte(i))
	}
	binary.BigEndian.PutUint16(b[at+2:], Checksum(b[at:]))
	return b
}

// ParseEchoReply takes apart an ICMP message; ok is false for everything that is
// not an echo reply with a right checksum.
func ParseEchoReply(b []byte) (id, seq uint16, size int, ok bool) {
	if len(b) < 8 || b[0] != 0 || b[1] != 0 || fold(sum(b, 0)) != 0xffff {
		return 0, 0, 0, false
	}
	return binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:]), len(b) - 8, true
}
