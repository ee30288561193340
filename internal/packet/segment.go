package packet

import "encoding/binary"

// A Segment is one frame in two parts: headers of its own, and a payload that
// aliases the frame it was cut from. Header begins with the room that the caller
// asked for; the payload is empty for frames that are not cut.
type Segment struct{ Header, Payload []byte }

// maxHeader is Ethernet, IPv4 or IPv6 with all options, and TCP with all of its.
const maxHeader = 14 + 60 + 60

// A Splitter cuts the super-frames of a TAP device with TCP segmentation into
// frames for the wire. It is for one goroutine.
type Splitter struct {
	arena []byte
	out   []Segment
}

// Split does what the kernel left to do: it completes the checksum or cuts the
// frame into segments, each with room bytes before its header. The result is
// good until the next call and aliases frame.
func (s *Splitter) Split(v Vnet, frame []byte, room int) ([]Segment, error) {
	s.out, s.arena = s.out[:0], s.arena[:0]
	if v.GSO == GSONone {
		if err := v.Complete(frame); err != nil {
			return nil, err
		}
		n := min(len(frame), MinFrame)
		s.out = append(s.out, Segment{s.header(room, frame[:n]), frame[n:]})
		return s.out, nil
	}
	t, ok := locateTCP(frame)
	size := int(v.GSOSize)
	if gso := v.GSO &^ GSOECN; !ok || size == 0 || gso != GSOTCPv4 && gso != GSOTCPv6 {
		return nil, ErrLength
	}
	payload := frame[t.payload:]
	count := max(1, (len(payload)+size-1)/size)
	if need := count * (room + maxHeader); cap(s.arena) < need {
		s.arena = make([]byte, 0, need)
	}
	for i := range count {
		part := payload[i*size : min((i+1)*size, len(payload))]
		h := s.header(room, frame[:t.payload])
		t.cut(h[room:], part, i, size, i == count-1)
		s.out = append(s.out, Segment{h, part})
	}
	return s.out, nil
}

// header copies h into the arena, behind room bytes.
func (s *Splitter) header(room int, h []byte) []byte {
	if cap(s.arena)-len(s.arena) < room+len(h) {
		s.arena = make([]byte, 0, max(4096, room+len(h)))
	}
	at := len(s.arena)
	s.arena = s.arena[:at+room+len(h)]
	copy(s.arena[at+room:], h)
	return s.arena[at : at+room+len(h) : at+room+len(h)]
}

// cut makes h the header of segment i.
func (t tcpFrame) cut(h, payload []byte, i, size int, last bool) {
	if !t.v6 {
		binary.BigEndian.PutUint16(h[18:], binary.BigEndian.Uint16(h[18:])+uint16(i))
	}
	t.setLength(h, t.payload+len(payload))
	tcp := h[t.tcp:]
	binary.BigEndian.PutUint32(tcp[4:], binary.BigEndian.Uint32(tcp[4:])+uint32(i*size))
	if !last {
		tcp[13] &^= flagFIN | flagPSH
	}
	if i > 0 {
		tcp[13] &^= flagCWR
	}
	tcp[16], tcp[17] = 0, 0
	n := len(tcp) + len(payload)
	binary.BigEndian.PutUint16(tcp[16:], ^fold(sum(payload, sum(tcp, t.pseudo(h, n)))))
}
