//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"

	"jembatan/routeros/emulator"
)

// firewall applies the rules in one transaction, if they have changed.
func (s *pass) firewall() {
	text, lacks := compile(s.c, s.names)
	for what, why := range lacks {
		s.r.lack(what, why)
	}
	if text == s.r.rules {
		return
	}
	if text == "" {
		text = "flush ruleset\n"
	}
	if text == s.r.failed {
		s.r.lack("firewall", s.r.refusal+"; the last rules stand")
		return
	}
	if err := s.r.nft(text); err != nil {
		s.r.lack("firewall", err.Error())
		s.r.failed, s.r.refusal = text, err.Error()
		return
	}
	s.r.failed = ""
	s.r.rules = text
	if text == "flush ruleset\n" {
		s.r.rules = ""
	}
}

// nft applies a ruleset inside the router.
func (r *router) nft(text string) error {
	path, err := exec.LookPath("nft")
	if err != nil {
		return fmt.Errorf("nft is missing (Debian package nftables): rules are not carried out")
	}
	cmd := exec.Command(path, "-f", "-") //nolint:noctx // It takes milliseconds.
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := r.space.do(func() error { return r.world.children.start(cmd) }); err != nil {
		return fmt.Errorf("start nft: %w", err)
	}
	if err := r.world.children.wait(cmd); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("nft: %s", first)
	}
	return nil
}

// connections keeps the ids of tracked connections.
type connections struct {
	mu   sync.Mutex // Guards what follows.
	ids  map[string]uint32
	last uint32
	flow map[uint32]*netlink.ConntrackFlow
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
	ids := make(map[string]uint32, len(flows))
	t.flow = make(map[uint32]*netlink.ConntrackFlow, len(flows))
	var out []emulator.Connection
	for _, f := range flows {
		key := flowKey(f)
		id := t.ids[key]
		if id == 0 {
			t.last++
			id = t.last
		}
		ids[key] = id
		t.flow[id] = f
		out = append(out, emulator.Connection{ID: id, Words: flowWords(f)})
	}
	t.ids = ids
	return out
}

func flowKey(f *netlink.ConntrackFlow) string {
	return fmt.Sprint(f.Forward.Protocol, f.Forward.SrcIP, f.Forward.SrcPort, f.Forward.DstIP, f.Forward.DstPort, f.TimeStart)
}

// flowWords prints a connection as release 7.20 does.
func flowWords(f *netlink.ConntrackFlow) []string {
	a, b := f.Forward, f.Reverse
	protocol := fmt.Sprint(a.Protocol)
	for n, name := range map[uint8]string{1: "icmp", 6: "tcp", 17: "udp", 47: "gre"} {
		if a.Protocol == n {
			protocol = name
		}
	}
	words := []string{
		"protocol", protocol, "src-address", a.SrcIP.String(), "dst-address", a.DstIP.String(),
		"reply-src-address", b.SrcIP.String(), "reply-dst-address", b.DstIP.String(),
	}
	if a.Protocol == 6 || a.Protocol == 17 {
		words = append(words, "src-port", fmt.Sprint(a.SrcPort), "dst-port", fmt.Sprint(a.DstPort),
			"reply-src-port", fmt.Sprint(b.SrcPort), "reply-dst-port", fmt.Sprint(b.DstPort))
	}
	yes := func(b bool) string { return fmt.Sprint(b) }
	words = append(words, "timeout", fmt.Sprint(f.TimeOut)+"s",
		"seen-reply", yes(b.Packets > 0), "confirmed", "true", "dying", "false",
		"dstnat", yes(!a.DstIP.Equal(b.SrcIP)), "srcnat", yes(!a.SrcIP.Equal(b.DstIP)),
		"orig-packets", fmt.Sprint(a.Packets), "orig-bytes", fmt.Sprint(a.Bytes),
		"repl-packets", fmt.Sprint(b.Packets), "repl-bytes", fmt.Sprint(b.Bytes))
	if tcp, ok := f.ProtoInfo.(*netlink.ProtoInfoTCP); ok {
		words = append(words, "tcp-state", tcpState(tcp.State))
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

// Drop implements emulator.Tracker.
func (w *world) Drop(device string, id uint32) {
	r := w.router(device)
	if r == nil {
		return
	}
	r.tracked.mu.Lock()
	f := r.tracked.flow[id]
	r.tracked.mu.Unlock()
	if f == nil {
		return
	}
	_, _ = r.space.nl.ConntrackDeleteFilters(netlink.ConntrackTable, syscall.AF_INET, exactly{f}) // Gone already is fine.
}

// exactly matches one connection.
type exactly struct{ f *netlink.ConntrackFlow }

// MatchConntrackFlow implements netlink.CustomConntrackFilter.
func (e exactly) MatchConntrackFlow(f *netlink.ConntrackFlow) bool { return flowKey(f) == flowKey(e.f) }
