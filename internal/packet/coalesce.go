package packet

import (
	"bytes"
	"encoding/binary"
)

// A Group is one frame in parts: the first with all headers, the others payload
// to append. Vnet says how the kernel may cut it again.
type Group struct {
	Vnet  Vnet
	Parts [][]byte

	at   tcpFrame
	open bool // more may follow
	next uint32
	size int // of the whole frame
}

// A Coalescer joins TCP segments of one flow that follow each other into
// super-frames, the reverse of a Splitter, so that the kernel is asked once for
// many. Only segments whose checksum is right are joined; everything else passes
// unchanged, and the order within a flow stays. It is for one goroutine.
type Coalescer struct{ groups []Group }

// maxSuper bounds a super-frame: an IP packet has at most 65535 bytes.
const maxSuper = 65000

// lookBack is how many groups are searched for a frame's flow.
const lookBack = 8

// Add takes a frame, which must not change until Flush.
func (c *Coalescer) Add(frame []byte) {
	t, tcp := locateTCP(frame)
	ok := tcp && t.mergeable(frame)
	if tcp {
		if g := c.flow(frame, t); g != nil {
			if ok && g.take(frame, t) {
				return
			}
			g.open = false
		}
	}
	g := c.fresh()
	g.Parts = append(g.Parts, frame)
	if ok {
		g.at, g.open, g.size = t, true, t.end
		g.next = binary.BigEndian.Uint32(frame[t.tcp+4:]) + uint32(t.end-t.payload)
	}
}

// fresh returns a cleared group at the end.
func (c *Coalescer) fresh() *Group {
	n := len(c.groups)
	if n < cap(c.groups) {
		c.groups = c.groups[:n+1]
		c.groups[n] = Group{Parts: c.groups[n].Parts[:0]}
	} else {
		c.groups = append(c.groups, Group{})
	}
	return &c.groups[n]
}

// flow returns the open group of frame's flow, or nil.
func (c *Coalescer) flow(frame []byte, t tcpFrame) *Group {
	for i := len(c.groups) - 1; i >= max(0, len(c.groups)-lookBack); i-- {
		g := &c.groups[i]
		if g.open && g.at.tcp == t.tcp && g.at.v6 == t.v6 && sameFlow(g.Parts[0], frame, t) {
			return g
		}
	}
	return nil
}

// sameFlow compares MAC addresses, IP addresses and ports.
func sameFlow(a, b []byte, t tcpFrame) bool {
	from := 26
	if t.v6 {
		from = 22
	}
	return bytes.Equal(a[:14], b[:14]) && bytes.Equal(a[from:t.ip+ipLen(t)], b[from:t.ip+ipLen(t)]) &&
		bytes.Equal(a[t.tcp:t.tcp+4], b[t.tcp:t.tcp+4])
}

func ipLen(t tcpFrame) int {
	if t.v6 {
		return 40
	}
	return 20
}

// mergeable reports whether a frame may be part of a super-frame at all.
func (t tcpFrame) mergeable(f []byte) bool {
	if t.end != len(f) || t.payload == t.end || f[t.tcp+13]&^flagPSH != flagACK {
		return false
	}
	if !t.v6 && t.tcp-t.ip != 20 {
		return false
	}
	return fold(sum(f[t.tcp:t.end], t.pseudo(f, t.end-t.tcp))) == 0xffff
}

// take appends the payload of f if it follows directly and looks the same.
func (g *Group) take(f []byte, t tcpFrame) bool {
	first, n := g.Parts[0], t.end-t.payload
	size := g.at.end - g.at.payload
	a, b := first[g.at.tcp:g.at.payload], f[t.tcp:t.payload]
	switch {
	case binary.BigEndian.Uint32(b[4:]) != g.next, n > size, g.size+n > maxSuper, len(a) != len(b):
		return false
	case !bytes.Equal(a[8:13], b[8:13]) || !bytes.Equal(a[14:16], b[14:16]) || !bytes.Equal(a[18:], b[18:]):
		return false // acknowledgement, window, urgent pointer or options differ
	case g.at.v6 && (!bytes.Equal(first[14:18], f[14:18]) || first[21] != f[21]):
		return false
	case !g.at.v6 && (first[15] != f[15] || first[22] != f[22] || first[20]&0x40 != f[20]&0x40):
		return false
	}
	g.Parts = append(g.Parts, f[t.payload:t.end])
	g.next += uint32(n)
	g.size += n
	a[13] |= b[13] & flagPSH
	g.open = n == size && b[13]&flagPSH == 0
	return true
}

// Flush returns what was added and forgets it. The groups are good until the
// next Add; headers of joined frames were rewritten in place.
func (c *Coalescer) Flush() []Group {
	for i := range c.groups {
		if g := &c.groups[i]; len(g.Parts) > 1 {
			g.seal()
		}
	}
	out := c.groups
	c.groups = c.groups[:0]
	return out
}

// seal makes the first part's headers those of the super-frame.
func (g *Group) seal() {
	f, t := g.Parts[0], g.at
	t.setLength(f, g.size)
	binary.BigEndian.PutUint16(f[t.tcp+16:], fold(t.pseudo(f, g.size-t.tcp)))
	g.Vnet = Vnet{
		Flags: VnetNeedsCsum, GSO: GSOTCPv4, HdrLen: uint16(t.payload),
		GSOSize: uint16(g.at.end - g.at.payload), CsumStart: uint16(t.tcp), CsumOffset: 16,
	}
	if t.v6 {
		g.Vnet.GSO = GSOTCPv6
	}
}
