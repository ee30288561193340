package packet

import "encoding/binary"

// VnetLen is the size of a virtio_net_hdr, which stands before each frame that a
// TAP device or a packet socket with offloads hands over (virtio 1.2, 5.1.6).
const VnetLen = 10

// Flags and GSO types of a virtio_net_hdr.
const (
	VnetNeedsCsum = 1

	GSONone  = 0
	GSOTCPv4 = 1
	GSOTCPv6 = 4
	GSOECN   = 0x80
)

// A Vnet is a virtio_net_hdr: what the kernel left to do on a frame. Fields are
// in the byte order of the machine, here little-endian.
type Vnet struct {
	Flags, GSO byte
	HdrLen     uint16 // Ethernet, IP and TCP headers
	GSOSize    uint16 // payload bytes of each segment
	CsumStart  uint16 // where the sum begins
	CsumOffset uint16 // where it goes, from CsumStart
}

// ParseVnet reads the header and returns the frame after it.
func ParseVnet(b []byte) (Vnet, []byte, error) {
	if len(b) < VnetLen {
		return Vnet{}, nil, ErrShort
	}
	le := binary.LittleEndian
	return Vnet{
		Flags: b[0], GSO: b[1], HdrLen: le.Uint16(b[2:]), GSOSize: le.Uint16(b[4:]),
		CsumStart: le.Uint16(b[6:]), CsumOffset: le.Uint16(b[8:]),
	}, b[VnetLen:], nil
}

// Put writes the header into the first VnetLen bytes of b.
func (v Vnet) Put(b []byte) {
	le := binary.LittleEndian
	b[0], b[1] = v.Flags, v.GSO
	le.PutUint16(b[2:], v.HdrLen)
	le.PutUint16(b[4:], v.GSOSize)
	le.PutUint16(b[6:], v.CsumStart)
	le.PutUint16(b[8:], v.CsumOffset)
}

// Complete computes the checksum that the kernel left open, in place.
func (v Vnet) Complete(frame []byte) error {
	if v.Flags&VnetNeedsCsum == 0 {
		return nil
	}
	at := int(v.CsumStart) + int(v.CsumOffset)
	if int(v.CsumStart) > len(frame) || at+2 > len(frame) {
		return ErrLength
	}
	// The field holds the pseudo-header's sum already.
	c := Checksum(frame[v.CsumStart:])
	if c == 0 && v.CsumOffset == 6 {
		c = 0xffff // UDP: zero means "none".
	}
	binary.BigEndian.PutUint16(frame[at:], c)
	return nil
}
