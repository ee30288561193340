//go:build linux

package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"jembatan/routeros/emulator"
)

// connections keeps the ids of tracked connections.
type connections struct {
	mu   sync.Mutex // Guards what follows.
	ids  map[flow]uint32
	last uint32
	flow map[uint32]flow
}

// A flow is what tells a tracked connection apart from another.
type flow struct {
	protocol uint8
	src, dst netip.AddrPort
	start    uint64
}

// Connections implements emulator.Tracker.
func (w *world) Connections(device string) []emulator.Connection {
	r := w.router(device)
	if r == nil {
		return nil
	}
	flows, err := r.space.nl.ConntrackTableList(netlink.ConntrackTable, syscall.AF_INET)
	if err != nil {
		return nil // Nothing is tracked before the first rule.
	}
	t := &r.tracked
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := make(map[flow]uint32, len(flows))
	t.flow = make(map[uint32]flow, len(flows))
	out := make([]emulator.Connection, 0, len(flows))
	for _, f := range flows {
		key := flowOf(f)
		id := t.ids[key]
		if id == 0 {
			t.last++
			id = t.last
		}
		ids[key] = id
		t.flow[id] = key
		out = append(out, emulator.Connection{ID: id, Words: flowWords(f)})
	}
	t.ids = ids
	return out
}

func flowOf(f *netlink.ConntrackFlow) flow {
	return flow{
		protocol: f.Forward.Protocol, start: f.TimeStart,
		src: netip.AddrPortFrom(addrOf(f.Forward.SrcIP), f.Forward.SrcPort), dst: netip.AddrPortFrom(addrOf(f.Forward.DstIP), f.Forward.DstPort),
	}
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// flowWords prints a connection as release 7.20 does.
func flowWords(f *netlink.ConntrackFlow) []string {
	a, b := f.Forward, f.Reverse
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	words := make([]string, 0, 44)
	words = append(words,
		"protocol", protocolName(a.Protocol), "src-address", a.SrcIP.String(), "dst-address", a.DstIP.String(),
		"reply-src-address", b.SrcIP.String(), "reply-dst-address", b.DstIP.String())
	if a.Protocol == unix.IPPROTO_TCP || a.Protocol == unix.IPPROTO_UDP {
		words = append(words, "src-port", number(uint64(a.SrcPort)), "dst-port", number(uint64(a.DstPort)),
			"reply-src-port", number(uint64(b.SrcPort)), "reply-dst-port", number(uint64(b.DstPort)))
	}
	words = append(words, "timeout", number(uint64(f.TimeOut))+"s",
		"seen-reply", strconv.FormatBool(b.Packets > 0), "confirmed", "true", "dying", "false",
		"dstnat", strconv.FormatBool(!a.DstIP.Equal(b.SrcIP)), "srcnat", strconv.FormatBool(!a.SrcIP.Equal(b.DstIP)),
		"orig-packets", number(a.Packets), "orig-bytes", number(a.Bytes), "repl-packets", number(b.Packets), "repl-bytes", number(b.Bytes))
	if tcp, ok := f.ProtoInfo.(*netlink.ProtoInfoTCP); ok {
		words = append(words, "tcp-state", tcpState(tcp.State))
	}
	return words
}

func protocolName(n uint8) string {
	switch n {
	case unix.IPPROTO_ICMP:
		return "icmp"
	case unix.IPPROTO_TCP:
		return "tcp"
	case unix.IPPROTO_UDP:
		return "udp"
	case unix.IPPROTO_GRE:
		return "gre"
	}
	return strconv.Itoa(int(n))
}

// tcpState names a state of connection tracking (nf_conntrack_tcp.h).
func tcpState(n uint8) string {
	names := []string{"none", "syn-sent", "syn-recv", "established", "fin-wait", "close-wait", "last-ack", "time-wait", "close", "listen"}
	if int(n) < len(names) {
		return names[n]
	}
	return "none"
}

// Drop implements emulator.Tracker.
func (w *world) Drop(device string, id uint32) bool {
	r := w.router(device)
	if r == nil {
		return false
	}
	r.tracked.mu.Lock()
	f, ok := r.tracked.flow[id]
	r.tracked.mu.Unlock()
	if !ok {
		return false
	}
	if f.protocol == unix.IPPROTO_TCP || f.protocol == unix.IPPROTO_UDP {
		return r.space.do(func() error { return deleteFlow(f) }) == nil
	}
	n, err := r.space.nl.ConntrackDeleteFilters(netlink.ConntrackTable, syscall.AF_INET, exactly{f})
	return err == nil && n > 0
}

// exactly matches one connection.
type exactly struct{ f flow }

// MatchConntrackFlow implements netlink.CustomConntrackFilter.
func (e exactly) MatchConntrackFlow(f *netlink.ConntrackFlow) bool { return flowOf(f) == e.f }

// deleteFlow deletes one TCP or UDP connection by the tuple of its first direction, in the
// namespace that the thread is in (nfnetlink_conntrack.h).
func deleteFlow(f flow) error {
	req := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_CTNETLINK<<8|nl.IPCTNL_MSG_CT_DELETE, unix.NLM_F_ACK)
	req.AddData(&nl.Nfgenmsg{NfgenFamily: unix.AF_INET, Version: nl.NFNETLINK_V0})
	tuple := nl.NewRtAttr(unix.NLA_F_NESTED|nl.CTA_TUPLE_ORIG, nil)
	ip := tuple.AddRtAttr(unix.NLA_F_NESTED|nl.CTA_TUPLE_IP, nil)
	ip.AddRtAttr(nl.CTA_IP_V4_SRC, f.src.Addr().AsSlice())
	ip.AddRtAttr(nl.CTA_IP_V4_DST, f.dst.Addr().AsSlice())
	proto := tuple.AddRtAttr(unix.NLA_F_NESTED|nl.CTA_TUPLE_PROTO, nil)
	proto.AddRtAttr(nl.CTA_PROTO_NUM, []byte{f.protocol})
	proto.AddRtAttr(nl.CTA_PROTO_SRC_PORT, binary.BigEndian.AppendUint16(nil, f.src.Port()))
	proto.AddRtAttr(nl.CTA_PROTO_DST_PORT, binary.BigEndian.AppendUint16(nil, f.dst.Port()))
	req.AddData(tuple)
	_, err := req.Execute(unix.NETLINK_NETFILTER, 0)
	return err
}
