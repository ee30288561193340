//go:build linux

package lab

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
	"jembatan/routeros/emulator"
)

// This file is the emulator's Plane: it answers from what was observed.

// router returns a router by name; before its namespace is there, nil.
func (w *world) router(name string) *router { return w.byName[name] }

// Configured implements emulator.Plane.
func (w *world) Configured(device string) {
	if r := w.router(device); r != nil {
		r.configured()
	}
}

// Carry implements emulator.Carrier.
func (w *world) Carry(device string) {
	if r := w.router(device); r != nil {
		r.awaitRules()
	}
}

// changed tells the device, and with it whoever listens, that something of a
// router is not as it was.
func (w *world) changed(r *router) {
	w.spanningTree()
	select {
	case <-w.stopping:
	default:
		w.emu.Changed(r.name())
	}
}

// Link implements emulator.Plane.
func (w *world) Link(device, ethernet string) bool {
	r := w.router(device)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kernel := r.kernel[ethernet]
	if kernel == "" {
		kernel = ethernet
	}
	return r.links[kernel]
}

// Tunnel implements emulator.Plane.
func (w *world) Tunnel(device, name string) bool {
	r := w.router(device)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running[name]
}

// VRRP implements emulator.Speaker.
func (w *world) VRRP(device, name string) string {
	r := w.router(device)
	if r == nil {
		return "init"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.masters[name]
}

// Ping implements emulator.Plane; commands use Probe.
func (w *world) Ping(string, netip.Addr, netip.Addr) bool { return false }

// Traffic implements emulator.Plane.
func (w *world) Traffic(device, name string) emulator.Traffic {
	r := w.router(device)
	if r == nil {
		return emulator.Traffic{}
	}
	r.mu.Lock()
	for _, t := range r.ends {
		if t.name == name && t.tunnel != nil {
			c := t.tunnel.Counters()
			r.mu.Unlock()
			return emulator.Traffic{
				RxPackets: c.RxPackets + c.KeepalivesIn, TxPackets: c.TxPackets + c.KeepalivesOut, RxBytes: c.RxBytes, TxBytes: c.TxBytes,
			}
		}
	}
	kernel := r.kernel[name]
	r.mu.Unlock()
	l, err := r.space.nl.LinkByName(kernel)
	if err != nil || l.Attrs().Statistics == nil {
		return emulator.Traffic{}
	}
	s := l.Attrs().Statistics
	return emulator.Traffic{RxPackets: s.RxPackets, TxPackets: s.TxPackets, RxBytes: s.RxBytes, TxBytes: s.TxBytes}
}

// Probe implements emulator.Prober.
func (w *world) Probe(device string, dst, src netip.Addr, size int, timeout time.Duration) (time.Duration, bool) {
	r := w.router(device)
	if r == nil {
		return 0, false
	}
	return r.space.ping(dst, src, size, timeout)
}

// Watch implements emulator.Prober.
func (w *world) Watch(device string, row map[string]string) bool {
	r := w.router(device)
	dst, err := netip.ParseAddr(row["host"])
	if r == nil || err != nil {
		return false
	}
	src, _ := netip.ParseAddr(row["src-address"])
	timeout := rosDuration(row["timeout"])
	if timeout <= 0 {
		timeout = 3 * time.Second // manual, netwatch
	}
	port := row["port"]
	switch row["type"] {
	case "tcp-conn", "http-get", "https-get":
		if port == "" || port == "0" {
			port = map[string]string{"tcp-conn": "80", "http-get": "80", "https-get": "443"}[row["type"]]
		}
		return r.space.fetch(row["type"], net.JoinHostPort(dst.String(), port), timeout)
	}
	_, ok := r.space.ping(dst, src, 56, timeout)
	return ok
}

// fetch connects, and asks for / if the probe is one of HTTP.
func (s *space) fetch(kind, address string, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if kind == "tcp-conn" {
		c, err := s.dial(ctx, "tcp4", address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}
	scheme := "http://"
	if kind == "https-get" {
		scheme = "https://"
	}
	code, _, err := s.get(ctx, scheme+address+"/")
	return err == nil && code >= 100 && code <= 299
}

// dial opens a connection from inside the namespace.
func (s *space) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = s.do(func() error {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// get makes an HTTP request from inside the namespace, on a connection of its own.
func (s *space) get(ctx context.Context, url string) (code int, body []byte, err error) {
	client := http.Client{Transport: &http.Transport{
		DialContext: s.dial, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // RouterOS's default is check-certificate=no.
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body = make([]byte, 64<<10)
	n, _ := resp.Body.Read(body) // What comes at once is enough.
	return resp.StatusCode, body[:n], nil
}

// ping sends one echo request of size bytes, the IP header included, and waits
// for its answer.
func (s *space) ping(dst, src netip.Addr, size int, timeout time.Duration) (time.Duration, bool) {
	p, err := s.pinger(dst, src)
	if err != nil {
		return 0, false
	}
	defer p.close()
	if p.send(1, size) != nil {
		return 0, false
	}
	begun := time.Now()
	for {
		left := timeout - time.Since(begun)
		if left <= 0 {
			return 0, false
		}
		if _, ok := p.receive(left); ok {
			return time.Since(begun), true
		}
	}
}

// A pinger is an ICMP socket for one destination.
type pinger struct {
	fd int
	id uint16
	to unix.SockaddrInet4
}

// pinger opens the socket inside the namespace.
func (s *space) pinger(dst, src netip.Addr) (*pinger, error) {
	p := &pinger{}
	err := s.do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
		if err != nil {
			return err
		}
		p.fd = fd
		if src.Is4() {
			return unix.Bind(fd, &unix.SockaddrInet4{Addr: src.As4()})
		}
		return nil
	})
	if err != nil || !dst.Is4() {
		p.close()
		return nil, net.InvalidAddrError(strconv.Quote(dst.String()))
	}
	p.to.Addr = dst.As4()
	p.id = uint16(p.fd)<<8 ^ uint16(time.Now().UnixNano())
	return p, nil
}

func (p *pinger) close() { _ = unix.Close(p.fd) }

func (p *pinger) send(seq uint16, size int) error {
	return unix.Sendto(p.fd, packet.AppendEcho(nil, p.id, seq, max(0, size-28)), 0, &p.to)
}

// receive waits for one answer and returns its sequence number.
func (p *pinger) receive(timeout time.Duration) (seq uint16, ok bool) {
	tv := unix.NsecToTimeval(max(int64(timeout), 1000))
	if unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv) != nil {
		return 0, false
	}
	buf := make([]byte, 65536)
	n, _, err := unix.Recvfrom(p.fd, buf, 0)
	if err != nil {
		return 0, false
	}
	src, _, payload, err := packet.ParseIPv4(buf[:n])
	if err != nil || src != p.to.Addr {
		return 0, false
	}
	id, seq, _, ok := packet.ParseEchoReply(payload)
	return seq, ok && id == p.id
}
