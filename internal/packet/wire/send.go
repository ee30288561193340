//go:build linux

package wire

import (
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// room is what a packet needs before its frame: IP and EoIP.
const room = ipLen + packet.EoIPHeaderLen

// ipLen is an IPv4 header without options.
const ipLen = 20

// A sender collects packets and sends them with few system calls. It is for one
// goroutine. What is added must not change until send.
//
// Packets that fit the path leave with their own IP header by the sending
// socket, which is cheaper. Larger ones go without it through the other, where
// the kernel cuts them into fragments.
type sender struct {
	w     *Wire
	large bool
	msgs  []mmsghdr
	iov   [batch][2]unix.Iovec
}

// add takes one packet to the tunnel's other end: header begins with room for
// the IP header, which add writes, and EoIP's.
func (s *sender) add(t *Tunnel, header, payload []byte, tos byte, df bool) {
	n := len(header) + len(payload)
	large := n > int(t.limit.Load()) && !df
	if len(s.msgs) == batch || large != s.large {
		s.send(t)
	}
	s.large = large
	var m mmsghdr
	if large {
		header = header[ipLen:]
		if control := t.control[tos>>2]; len(control) > 0 {
			m.hdr.Control = &control[0]
			m.hdr.SetControllen(len(control))
		}
	} else {
		t.header(header, n, tos, df)
	}
	i := len(s.msgs)
	s.iov[i][0] = vec(header)
	parts := 1
	if len(payload) > 0 {
		s.iov[i][1] = vec(payload)
		parts = 2
	}
	m.hdr.Name = (*byte)(unsafe.Pointer(&t.to))
	m.hdr.Namelen = unix.SizeofSockaddrInet4
	m.hdr.Iov = &s.iov[i][0]
	m.hdr.SetIovlen(parts)
	s.msgs = append(s.msgs, m)
}

// header writes the IP header of a packet of n bytes. The kernel fills in the
// checksum and, where it is zero, the source; an identification it would have to
// work out.
func (t *Tunnel) header(b []byte, n int, tos byte, df bool) {
	copy(b, t.ip[:])
	b[1] = tos
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	binary.BigEndian.PutUint16(b[4:], uint16(t.ident.Add(2))|1)
	if df {
		b[6] = 0x40
	}
}

// send sends what was added and returns how many packets the kernel took. What
// a full socket or a missing route refuses is lost, as on a router.
func (s *sender) send(t *Tunnel) int {
	sent := 0
	raw := s.w.tx
	if s.large {
		raw = s.w.raw
	}
	rest := s.msgs
	for len(rest) > 0 {
		n := 0
		var errno syscall.Errno
		if raw.Control(func(fd uintptr) { n, errno = mmsg(unix.SYS_SENDMMSG, fd, rest) }) != nil {
			break // The wire was closed.
		}
		if errno != 0 {
			if errno == unix.EMSGSIZE && !s.large {
				sent += s.fragment(t, &rest[0])
			}
			rest = rest[1:]
			continue
		}
		sent += n
		rest = rest[n:]
	}
	s.msgs = s.msgs[:0]
	return sent
}

// fragment sends one packet that turned out to be too large for the path by the
// socket that fragments, unless it must not be cut, and remembers the size.
func (s *sender) fragment(t *Tunnel, m *mmsghdr) int {
	first := unsafe.Slice(m.hdr.Iov.Base, int(m.hdr.Iov.Len))
	if first[6]&0x40 != 0 {
		return 0
	}
	t.limit.learn(binary.BigEndian.Uint16(first[2:]))
	if control := t.control[first[1]>>2]; len(control) > 0 {
		m.hdr.Control = &control[0]
		m.hdr.SetControllen(len(control))
	}
	*m.hdr.Iov = vec(first[ipLen:])
	one := unsafe.Slice(m, 1)
	n := 0
	_ = s.w.raw.Control(func(fd uintptr) { n, _ = mmsg(unix.SYS_SENDMMSG, fd, one) }) // Lost if the wire was closed.
	return max(n, 0)
}

// A limit is the largest packet that is tried in one piece. It is forgotten after
// a while, since routes change.
type limit struct {
	size  atomic.Int64
	until atomic.Int64
}

// forget is how long a limit holds.
const forget = 10 * time.Second

func (l *limit) learn(tooLarge uint16) {
	l.size.Store(int64(tooLarge) - 1)
	l.until.Store(time.Now().Add(forget).UnixNano())
}

// Load returns the limit, 65535 if none is known.
func (l *limit) Load() int64 {
	size := l.size.Load()
	if size == 0 || time.Now().UnixNano() > l.until.Load() {
		return 65535
	}
	return size
}
