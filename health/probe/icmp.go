package probe

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"jembatan/health"
)

// ICMP sends one echo request. It asks for an unprivileged datagram socket
// first (Linux: net.ipv4.ping_group_range), then for a raw one, and if neither
// is allowed its samples are ProberFailed: Privileged tells beforehand.
type ICMP struct {
	ID      ID
	Address netip.Addr
	Timeout time.Duration // default 1 s
}

// Probe implements Prober.
func (p *ICMP) Probe(ctx context.Context) health.Sample {
	return look(ctx, p.ID, p.Timeout, 0, p.echo)
}

// Privileged reports whether ICMP probes of an address can be sent at all, and
// whether that takes a raw socket.
func Privileged(a netip.Addr) (raw bool, err error) {
	conn, raw, err := listen(a)
	if err != nil {
		return false, err
	}
	return raw, conn.Close()
}

// listen opens the least privileged socket that there is.
func listen(a netip.Addr) (conn *icmp.PacketConn, raw bool, err error) {
	datagram, privileged, here := "udp4", "ip4:icmp", "0.0.0.0"
	if a.Is6() {
		datagram, privileged, here = "udp6", "ip6:ipv6-icmp", "::"
	}
	if conn, err = icmp.ListenPacket(datagram, here); err == nil {
		return conn, false, nil
	}
	conn, rawErr := icmp.ListenPacket(privileged, here)
	if rawErr != nil {
		return nil, false, errors.Join(err, rawErr)
	}
	return conn, true, nil
}

func (p *ICMP) echo(ctx context.Context) error {
	conn, raw, err := listen(p.Address)
	if err != nil {
		return verdict(health.ProberFailed)
	}
	defer func() { _ = conn.Close() }() // Nothing was buffered.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	n := rand.Uint32()
	id, seq := os.Getpid()&0xffff, int(n&0xffff)
	// The payload tells our echo from anybody else's: a datagram socket has an id
	// of its own, a raw one hears everybody.
	payload := []byte{'j', 'b', byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	var typ icmp.Type = ipv4.ICMPTypeEcho
	if p.Address.Is6() {
		typ = ipv6.ICMPTypeEchoRequest
	}
	packet, err := (&icmp.Message{Type: typ, Body: &icmp.Echo{ID: id, Seq: seq, Data: payload}}).Marshal(nil)
	if err != nil {
		return verdict(health.ProberFailed)
	}
	var to net.Addr = &net.UDPAddr{IP: p.Address.AsSlice(), Zone: p.Address.Zone()}
	if raw {
		to = &net.IPAddr{IP: p.Address.AsSlice(), Zone: p.Address.Zone()}
	}
	if _, err := conn.WriteTo(packet, to); err != nil {
		return sendError(ctx, err)
	}
	return p.await(ctx, conn, seq, payload)
}

// await reads until our reply comes or the deadline.
func (p *ICMP) await(ctx context.Context, conn *icmp.PacketConn, seq int, payload []byte) error {
	protocol := ipv4.ICMPTypeEchoReply.Protocol()
	if p.Address.Is6() {
		protocol = ipv6.ICMPTypeEchoReply.Protocol()
	}
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return sendError(ctx, err)
		}
		if source(from) != p.Address.WithZone("") {
			continue
		}
		m, err := icmp.ParseMessage(protocol, buf[:n])
		if err != nil {
			continue
		}
		if m.Type != ipv4.ICMPTypeEchoReply && m.Type != ipv6.ICMPTypeEchoReply {
			continue
		}
		if e, ok := m.Body.(*icmp.Echo); ok && e.Seq == seq && string(e.Data) == string(payload) {
			return nil
		}
	}
}

// source returns the address that a packet came from.
func source(a net.Addr) netip.Addr {
	var ip net.IP
	switch a := a.(type) {
	case *net.UDPAddr:
		ip = a.IP
	case *net.IPAddr:
		ip = a.IP
	}
	out, _ := netip.AddrFromSlice(ip)
	return out.Unmap()
}

// sendError keeps a local refusal apart from one that the network reports.
func sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) {
		return verdict(health.ProberFailed)
	}
	return err
}
