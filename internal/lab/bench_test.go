//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
	"jembatan/internal/packet/wire"
)

// must ends the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// needRoot skips what needs namespaces and time, unless make lab asks for it:
// then a missing capability fails.
func needRoot(tb testing.TB) {
	tb.Helper()
	if os.Getenv(requiredEnv) == "" {
		tb.Skip("needs namespaces, Debian packages and some minutes: run make lab")
	}
	if os.Getuid() != 0 {
		tb.Fatal("needs CAP_SYS_ADMIN and CAP_NET_ADMIN: run make lab as root or in a user namespace")
	}
}

// requiredEnv is set by make lab and make bench.
const requiredEnv = "JEMBATAN_LAB_REQUIRED"

func ns(tb testing.TB, name string) *space {
	tb.Helper()
	s, err := newSpace(name)
	must(tb, err)
	tb.Cleanup(func() { _ = s.close() })
	return s
}

func address(tb testing.TB, s *space, link, addr string) {
	tb.Helper()
	l, err := s.nl.LinkByName(link)
	must(tb, err)
	a, err := netlink.ParseAddr(addr)
	must(tb, err)
	must(tb, s.nl.AddrAdd(l, a))
}

// tunnelled is two hosts behind two routers, joined by EoIP.
type tunnelled struct{ a, b *space }

func buildTunnel(tb testing.TB, underlay, mtu int, opts wire.Options) tunnelled {
	tb.Helper()
	r1, r2, h1, h2 := ns(tb, "r1"), ns(tb, "r2"), ns(tb, "h1"), ns(tb, "h2")
	must(tb, pair(r1, "wan", r2, "wan", underlay))
	address(tb, r1, "wan", "198.51.100.1/24")
	address(tb, r2, "wan", "198.51.100.2/24")
	for i, x := range []struct{ r, h *space }{{r1, h1}, {r2, h2}} {
		must(tb, pair(x.r, "lan", x.h, "eth0", mtu))
		address(tb, x.h, "eth0", fmt.Sprintf("192.168.50.%d/24", i+1))
		must(tb, x.r.nl.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br"}}))
		br, err := x.r.nl.LinkByName("br")
		must(tb, err)
		must(tb, x.r.nl.LinkSetUp(br))
		var w *wire.Wire
		var p *wire.Port
		must(tb, x.r.do(func() error {
			var err error
			if w, err = wire.Open(opts); err != nil {
				return err
			}
			p, err = wire.OpenTAP("eoip", opts)
			return err
		}))
		tb.Cleanup(func() { _ = w.Close(); _ = p.Close() })
		up := make(chan struct{})
		t, err := w.Add(wire.Config{
			Remote: netip.AddrFrom4([4]byte{198, 51, 100, byte(2 - i)}), ID: 7, DSCP: -1,
			Keepalive: packet.Keepalive{},
			Changed:   func(on bool) { _ = p.SetCarrier(on); close(up) },
		})
		must(tb, err)
		<-up
		t.SetPort(p)
		p.Route(t)
		for _, name := range []string{"eoip", "lan"} {
			l, err := x.r.nl.LinkByName(name)
			must(tb, err)
			must(tb, x.r.nl.LinkSetMTU(l, mtu))
			must(tb, x.r.nl.LinkSetUp(l))
			must(tb, x.r.nl.LinkSetMaster(l, br))
		}
	}
	return tunnelled{h1, h2}
}

func buildVeth(tb testing.TB, mtu int) tunnelled {
	tb.Helper()
	a, b := ns(tb, "a"), ns(tb, "b")
	must(tb, pair(a, "eth0", b, "eth0", mtu))
	address(tb, a, "eth0", "192.168.50.1/24")
	address(tb, b, "eth0", "192.168.50.2/24")
	return tunnelled{a, b}
}

// throughput sends over one TCP connection for a time and returns Mbit/s.
func throughput(tb testing.TB, x tunnelled, d time.Duration) float64 {
	tb.Helper()
	var l net.Listener
	must(tb, x.b.do(func() (err error) {
		l, err = net.Listen("tcp4", "192.168.50.2:5001")
		return err
	}))
	defer l.Close()
	type result struct {
		n    int64
		took time.Duration
	}
	out := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			out <- result{}
			return
		}
		defer c.Close()
		buf := make([]byte, 256<<10)
		var n int64
		begun := time.Now()
		for {
			m, err := c.Read(buf)
			n += int64(m)
			if err != nil {
				out <- result{n, time.Since(begun)}
				return
			}
		}
	}()
	var c net.Conn
	must(tb, x.a.do(func() (err error) {
		dialer := net.Dialer{Timeout: 5 * time.Second}
		c, err = dialer.DialContext(context.Background(), "tcp4", "192.168.50.2:5001")
		return err
	}))
	buf := make([]byte, 256<<10)
	end := time.Now().Add(d)
	for time.Now().Before(end) {
		if _, err := c.Write(buf); err != nil {
			tb.Fatal(err)
		}
	}
	_ = c.Close()
	r := <-out
	return float64(r.n) * 8 / r.took.Seconds() / 1e6
}

// rtt returns the median round trip of one byte over TCP.
func rtt(tb testing.TB, x tunnelled) time.Duration {
	tb.Helper()
	var l, c net.PacketConn
	must(tb, x.b.do(func() (err error) { l, err = net.ListenPacket("udp4", "192.168.50.2:5002"); return err }))
	must(tb, x.a.do(func() (err error) { c, err = net.ListenPacket("udp4", "192.168.50.1:5002"); return err }))
	go func() {
		buf := make([]byte, 64)
		for {
			n, from, err := l.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
				return
			}
			_, _ = l.WriteTo(buf[:n], from)
		}
	}()
	defer l.Close()
	defer c.Close()
	return trips(tb, c)
}

// trips sends datagrams to 192.168.50.2:5002, one after the other, and returns the
// median of their round trips.
func trips(tb testing.TB, c net.PacketConn) time.Duration {
	tb.Helper()
	var all []time.Duration
	buf := make([]byte, 64)
	for range 2000 {
		begun := time.Now()
		_, err := c.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(192, 168, 50, 2), Port: 5002})
		must(tb, err)
		must(tb, c.SetReadDeadline(time.Now().Add(time.Second)))
		_, _, err = c.ReadFrom(buf)
		must(tb, err)
		all = append(all, time.Since(begun))
	}
	return median(all)
}

func median(d []time.Duration) time.Duration {
	for i := range d {
		for j := i; j > 0 && d[j] < d[j-1]; j-- {
			d[j], d[j-1] = d[j-1], d[j]
		}
	}
	return d[len(d)/2]
}

// BenchmarkThroughput prints one TCP flow through EoIP beside the same flow over a
// bare veth pair, and the round trip of a datagram.
func BenchmarkThroughput(b *testing.B) {
	needRoot(b)
	const d = 3 * time.Second
	bare := buildVeth(b, 1500)
	base, baseRTT := throughput(b, bare, d), rtt(b, bare)
	b.Logf("%-42s %6.0f Mbit/s            rtt %v", "veth", base, baseRTT)
	b.Logf("%-42s                         rtt %v", "TAP echo: one process, no tunnel", tapEcho(b))
	for _, c := range []struct {
		name          string
		underlay, mtu int
		o             wire.Options
	}{
		{"EoIP, MTU 1500 over 1600", 1600, 1500, wire.Options{}},
		{"EoIP, MTU 1500 over 1500 (fragments)", 1500, 1500, wire.Options{}},
		{"EoIP, MTU 8950 over 9000", 9000, 8950, wire.Options{}},
		{"one frame a call, MTU 1500 over 1600", 1600, 1500, wire.Options{Single: true}},
		{"one frame a call, 1500 over 1500", 1500, 1500, wire.Options{Single: true}},
	} {
		x := buildTunnel(b, c.underlay, c.mtu, c.o)
		n, r := throughput(b, x, d), rtt(b, x)
		b.Logf("%-42s %6.0f Mbit/s = %5.1f %%  rtt %v (+%v)", c.name, n, 100*n/base, r, r-baseRTT)
	}
}

// tapEcho returns the median round trip of a datagram that a process turns round
// on a TAP device: what any tunnel in user space pays twice.
func tapEcho(tb testing.TB) time.Duration {
	tb.Helper()
	a := ns(tb, "a")
	var tap *os.File
	must(tb, a.do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		ifr, err := unix.NewIfreq("tap0")
		if err != nil {
			return err
		}
		ifr.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
			return err
		}
		tap = os.NewFile(uintptr(fd), "tap0") // Only now it can be waited for.
		return nil
	}))
	l, err := a.nl.LinkByName("tap0")
	must(tb, err)
	must(tb, a.nl.LinkSetUp(l))
	address(tb, a, "tap0", "192.168.50.1/24")
	must(tb, a.nl.NeighSet(&netlink.Neigh{
		LinkIndex: l.Attrs().Index, State: netlink.NUD_PERMANENT, IP: net.IPv4(192, 168, 50, 2), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 2},
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf, mac, ip := make([]byte, 2048), make([]byte, 6), make([]byte, 4)
		for {
			n, err := tap.Read(buf)
			if err != nil {
				return
			}
			if n < 42 {
				continue
			}
			swap := func(b, c, tmp []byte) { copy(tmp, b); copy(b, c); copy(c, tmp) }
			swap(buf[0:6], buf[6:12], mac)
			swap(buf[26:30], buf[30:34], ip) // Checksums do not mind the order.
			_, _ = tap.Write(buf[:n])
		}
	}()
	defer func() { _ = tap.Close(); <-done }()
	var c net.PacketConn
	must(tb, a.do(func() (err error) { c, err = net.ListenPacket("udp4", "192.168.50.1:5002"); return err }))
	defer c.Close()
	return trips(tb, c)
}
