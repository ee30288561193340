//go:build linux

package lab

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Messages of <linux/netfilter/nfnetlink_conntrack.h>, below NFNL_SUBSYS_CTNETLINK.
const (
	ctGet    = 1
	ctDelete = 2
)

// Attributes of the same file.
const (
	ctaTupleOrig, ctaTupleReply, ctaStatus, ctaProtoInfo, ctaTimeout = 1, 2, 3, 4, 7
	ctaCountersOrig, ctaCountersReply, ctaID                         = 9, 10, 12
	ctaTupleIP, ctaTupleProto                                        = 1, 2
	ctaIPv4Src, ctaIPv4Dst                                           = 1, 2
	ctaProtoNum, ctaSrcPort, ctaDstPort                              = 1, 2, 3
	ctaTCP, ctaTCPState                                              = 1, 1
)

// Bits of CTA_STATUS: enum ip_conntrack_status.
const (
	statusSeenReply = 1 << 1
	statusAssured   = 1 << 2
	statusConfirmed = 1 << 3
	statusSrcNAT    = 1 << 4
	statusDstNAT    = 1 << 5
	statusDying     = 1 << 9
)

// nfgenLen is struct nfgenmsg: family, version, resource.
const nfgenLen = 4

// A flowKey tells connections apart, also two that follow each other with the
// same addresses.
type flowKey struct {
	protocol byte
	from, to netip.AddrPort
	id       uint32
}

// A flow is one connection.
type flow struct {
	id       uint32 // the lab's
	key      flowKey
	back     [2]netip.AddrPort // the reply's source and destination
	status   uint32
	tcp      byte
	timeout  time.Duration // as of at
	at       time.Time
	counters [4]uint64 // packets and bytes, there and back; zero unless the kernel counts
	tuple    []byte    // CTA_TUPLE_ORIG, for requests
	said     []string  // by words, at saidAt; nil after a change
	saidAt   time.Time
}

// update takes what an event says of a connection that is known.
func (f *flow) update(n *flow, now time.Time) {
	f.status |= n.status
	f.said = nil
	if n.tcp != 0 {
		f.tcp = n.tcp
	}
	if n.timeout > 0 {
		f.timeout, f.at = n.timeout, now
	}
}

// expired reports whether a connection is over though the kernel has not got
// round to it. Only TCP tells each change of state and with it the time left.
func (f *flow) expired(now time.Time) bool {
	return f.key.protocol == syscall.IPPROTO_TCP && f.timeout > 0 && now.Sub(f.at) > f.timeout
}

// words prints a connection as release 7.20 does. What was printed within this
// second is not printed again.
func (f *flow) words(now time.Time) []string {
	if f.said == nil || now.Sub(f.saidAt) >= time.Second {
		f.said, f.saidAt = f.print(now), now
	}
	return f.said
}

func (f *flow) print(now time.Time) []string {
	protocol := strconv.Itoa(int(f.key.protocol))
	switch f.key.protocol {
	case 1:
		protocol = "icmp"
	case 6:
		protocol = "tcp"
	case 17:
		protocol = "udp"
	case 47:
		protocol = "gre"
	}
	words := append(make([]string, 0, 48),
		"protocol", protocol, "src-address", f.key.from.Addr().String(), "dst-address", f.key.to.Addr().String(),
		"reply-src-address", f.back[0].Addr().String(), "reply-dst-address", f.back[1].Addr().String())
	port := func(a netip.AddrPort) string { return strconv.Itoa(int(a.Port())) }
	if f.key.protocol == syscall.IPPROTO_TCP || f.key.protocol == syscall.IPPROTO_UDP {
		words = append(words, "src-port", port(f.key.from), "dst-port", port(f.key.to), "reply-src-port", port(f.back[0]), "reply-dst-port", port(f.back[1]))
	}
	is := func(bit uint32) string { return strconv.FormatBool(f.status&bit != 0) }
	left := max(0, f.timeout-now.Sub(f.at)).Truncate(time.Second)
	words = append(words, "timeout", strconv.Itoa(int(left/time.Second))+"s",
		"seen-reply", is(statusSeenReply), "assured", is(statusAssured), "confirmed", is(statusConfirmed), "dying", is(statusDying),
		"dstnat", is(statusDstNAT), "srcnat", is(statusSrcNAT))
	for i, name := range []string{"orig-packets", "orig-bytes", "repl-packets", "repl-bytes"} {
		words = append(words, name, strconv.FormatUint(f.counters[i], 10))
	}
	if f.key.protocol == syscall.IPPROTO_TCP {
		words = append(words, "tcp-state", tcpState(f.tcp))
	}
	return words
}

// tcpState names a state of connection tracking (nf_conntrack_tcp.h).
func tcpState(n uint8) string {
	names := []string{"none", "syn-sent", "syn-recv", "established", "fin-wait", "close-wait", "last-ack", "time-wait", "close", "listen"}
	if int(n) < len(names) {
		return names[n]
	}
	return "none"
}

// nextMessage splits a netlink message off.
func nextMessage(b []byte) (h unix.NlMsghdr, rest []byte, ok bool) {
	h = unix.NlMsghdr{
		Len: binary.NativeEndian.Uint32(b), Type: binary.NativeEndian.Uint16(b[4:]), Flags: binary.NativeEndian.Uint16(b[6:]),
		Seq: binary.NativeEndian.Uint32(b[8:]), Pid: binary.NativeEndian.Uint32(b[12:]),
	}
	if h.Len < unix.NLMSG_HDRLEN || int(h.Len) > len(b) {
		return h, nil, false
	}
	return h, b[min(len(b), int(h.Len+3)&^3):], true
}

// parseFlow reads a message after its netlink header.
func parseFlow(b []byte) (*flow, bool) {
	if len(b) < nfgenLen || b[0] != unix.AF_INET {
		return nil, false
	}
	f := &flow{}
	attributes(b[nfgenLen:], func(kind uint16, v []byte) {
		switch kind {
		case ctaTupleOrig:
			f.tuple = append([]byte(nil), v...)
			f.key.protocol, f.key.from, f.key.to = parseTuple(v)
		case ctaTupleReply:
			_, f.back[0], f.back[1] = parseTuple(v)
		case ctaStatus:
			f.status = number(v)
		case ctaTimeout:
			f.timeout = time.Duration(number(v)) * time.Second
		case ctaID:
			f.key.id = number(v)
		case ctaProtoInfo:
			attributes(v, func(kind uint16, v []byte) {
				if kind == ctaTCP {
					attributes(v, func(kind uint16, v []byte) {
						if kind == ctaTCPState && len(v) > 0 {
							f.tcp = v[0]
						}
					})
				}
			})
		case ctaCountersOrig, ctaCountersReply:
			attributes(v, func(i uint16, v []byte) {
				if at := 2*int(kind-ctaCountersOrig) + int(i) - 1; len(v) == 8 && at >= 0 && at < len(f.counters) {
					f.counters[at] = binary.BigEndian.Uint64(v)
				}
			})
		}
	})
	return f, f.key.from.IsValid()
}

// parseTuple reads one direction of a connection.
func parseTuple(b []byte) (protocol byte, from, to netip.AddrPort) {
	var src, dst netip.Addr
	var ports [2]uint16
	attributes(b, func(part uint16, v []byte) {
		attributes(v, func(kind uint16, v []byte) {
			switch {
			case part == ctaTupleIP && len(v) == 4 && kind == ctaIPv4Src:
				src = netip.AddrFrom4([4]byte(v))
			case part == ctaTupleIP && len(v) == 4 && kind == ctaIPv4Dst:
				dst = netip.AddrFrom4([4]byte(v))
			case part == ctaTupleProto && kind == ctaProtoNum && len(v) > 0:
				protocol = v[0]
			case part == ctaTupleProto && (kind == ctaSrcPort || kind == ctaDstPort) && len(v) == 2:
				ports[kind-ctaSrcPort] = binary.BigEndian.Uint16(v)
			}
		})
	})
	if !src.IsValid() || !dst.IsValid() {
		return 0, netip.AddrPort{}, netip.AddrPort{}
	}
	return protocol, netip.AddrPortFrom(src, ports[0]), netip.AddrPortFrom(dst, ports[1])
}

// attributes calls each for every attribute (netlink(7)).
func attributes(b []byte, each func(kind uint16, v []byte)) {
	for len(b) >= unix.SizeofNlAttr {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofNlAttr || n > len(b) {
			return
		}
		each(binary.NativeEndian.Uint16(b[2:])&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), b[unix.SizeofNlAttr:n])
		b = b[min(len(b), (n+3)&^3):]
	}
}

// number reads a 32-bit attribute.
func number(v []byte) uint32 {
	if len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

// askPatience bounds the wait for an answer of the kernel.
const askPatience = time.Second

// ask sends a request and takes what comes back until it is answered. Without a
// tuple it is about all connections. The lock is held.
func (t *tracker) ask(kind uint16, flags uint16, tuple []byte) error {
	m := make([]byte, unix.NLMSG_HDRLEN, 128)
	m = append(m, unix.AF_INET, 0, 0, 0) // struct nfgenmsg
	if tuple != nil {
		m = binary.NativeEndian.AppendUint16(m, uint16(unix.SizeofNlAttr+len(tuple)))
		m = binary.NativeEndian.AppendUint16(m, ctaTupleOrig|unix.NLA_F_NESTED)
		m = append(m, tuple...)
	}
	binary.NativeEndian.PutUint32(m, uint32(len(m)))
	binary.NativeEndian.PutUint16(m[4:], unix.NFNL_SUBSYS_CTNETLINK<<8|kind)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST|flags)
	if err := unix.Sendto(t.asks, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("connection tracking: %w", err)
	}
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(t.asks, buf, 0)
		if err != nil {
			return fmt.Errorf("connection tracking: %w", err)
		}
		for b := buf[:n]; len(b) >= unix.NLMSG_HDRLEN; {
			h, rest, ok := nextMessage(b)
			switch {
			case !ok:
				return fmt.Errorf("connection tracking: a message of %d bytes", n)
			case h.Type == unix.NLMSG_DONE:
				return nil
			case h.Type == unix.NLMSG_ERROR:
				if code := int32(binary.NativeEndian.Uint32(b[unix.NLMSG_HDRLEN:])); code != 0 {
					return fmt.Errorf("connection tracking: %w", syscall.Errno(-code))
				}
				return nil
			}
			t.take(b[:h.Len], time.Now())
			b = rest
		}
	}
}
