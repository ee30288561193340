//go:build linux

package wire

import (
	"jembatan/internal/packet"
)

// send sends what one read returned through the tunnels of the port's route.
func (p *Port) send(b []byte, splitter *packet.Splitter, s *sender) {
	v, frame, err := packet.ParseVnet(b)
	route := p.route.Load()
	if err != nil || len(frame) < packet.MinFrame || route == nil || len(*route) == 0 {
		return
	}
	tos, df := packet.InnerIPv4(frame)
	segments, err := splitter.Split(v, frame, room)
	if err != nil {
		return
	}
	for _, t := range *route {
		t.carry(segments, tos, df, s, p.single)
	}
}

// carry sends segments, whose headers have room for EoIP's.
func (t *Tunnel) carry(segments []packet.Segment, tos byte, df bool, s *sender, single bool) {
	if !t.Running() || t.blocked.Load() || t.cut.Load() {
		t.dropped.Add(uint64(len(segments)))
		return
	}
	if t.c.DSCP >= 0 {
		tos = byte(t.c.DSCP << 2)
	}
	s.w = t.w
	bytes := uint64(0)
	for _, seg := range segments {
		n := len(seg.Header) - room + len(seg.Payload)
		if n > packet.MaxFrame {
			continue
		}
		packet.PutEoIP(seg.Header[ipLen:], t.c.ID, n)
		bytes += uint64(n)
		s.add(t, seg.Header, seg.Payload, tos&^3, df && t.c.InheritDF)
		if single {
			s.send(t)
		}
	}
	s.send(t)
	t.tx.Add(uint64(len(segments)))
	t.txBytes.Add(bytes)
}

// flush writes what the receiver has added to the coalescer.
func (p *Port) flush() {
	for _, g := range p.coalescer.Flush() {
		p.write(g)
	}
}

// write hands one frame to the kernel. What it refuses, because the device is
// down or full, is lost.
func (p *Port) write(g packet.Group) {
	g.Vnet.Put(p.vnet[:])
	p.iov = append(p.iov[:0], vec(p.vnet[:]))
	for _, part := range g.Parts {
		p.iov = append(p.iov, vec(part))
	}
	_ = p.raw.Control(func(fd uintptr) { writev(fd, p.iov) }) //nolint:errcheck // See above.
}
