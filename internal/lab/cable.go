//go:build linux

package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A Quality is what a WAN link does to packets, each way. The zero value does
// nothing.
type Quality struct {
	Delay, Jitter time.Duration // added; jitter is uniform in ±Jitter and keeps the order
	Loss          float64       // 0..1
	Rate          float64       // bit/s; 0: unlimited
	MTU           int           // of the path; larger packets are fragmented or refused on it. 0: the uplink's
	Cut           bool
	Dead          bool // only the provider's own address answers
}

// A Direction of a WAN link as its router sees it.
type Direction int

// Directions.
const (
	Out Direction = iota // from the router
	In
)

// A cable is the WAN link of one uplink. While it is perfect it is a veth pair
// between router and internet. Once it has to do something to packets, the
// internet's end is taken over: its frames pass through this process.
type cable struct {
	wan     *space
	router  *space
	ether   string // the router's end
	name    string // kernel name of the internet's end
	address netip.Prefix
	gateway netip.Addr

	mu      sync.Mutex // Guards what follows.
	relay   *relay
	quality [2]Quality
}

// set changes the quality of one direction.
func (c *cable) set(d Direction, q Quality) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quality[d] = q
	if c.relay == nil {
		if q == (Quality{}) {
			return nil
		}
		r, err := c.splice()
		if err != nil {
			return fmt.Errorf("link %s: %w", c.name, err)
		}
		c.relay = r
	}
	c.relay.way[d].quality.Store(&q)
	return nil
}

// get returns the quality of both directions.
func (c *cable) get() [2]Quality {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quality
}

func (c *cable) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.relay != nil {
		c.relay.close()
		c.relay = nil
	}
}

// splice moves the internet's address of the link to a new interface and relays
// between that and the old one, which keeps nothing but the wire.
func (c *cable) splice() (*relay, error) {
	nl := c.wan.nl
	old, err := nl.LinkByName(c.name)
	if err != nil {
		return nil, err
	}
	mac, mtu := old.Attrs().HardwareAddr, old.Attrs().MTU
	stack, far := "~"+c.name, "_"+c.name
	stack, far = stack[:min(15, len(stack))], far[:min(15, len(far))]
	err = nl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: stack, HardwareAddr: mac, MTU: mtu}, PeerName: far, PeerMTU: uint32(mtu)})
	if err != nil {
		return nil, err
	}
	if err := c.router.do(func() error { return plain(c.ether) }); err != nil {
		return nil, err
	}
	r := &relay{}
	err = c.wan.do(func() error {
		// The old end stays silent: another MAC address, no ARP, no forwarding.
		other := append([]byte(nil), mac...)
		other[0], other[5] = 0x06, other[5]^0xff
		conf := "ipv4/conf/" + c.name + "/"
		err := errors.Join(
			sysctl(conf+"arp_ignore", "8", conf+"forwarding", "0", conf+"proxy_arp", "0"),
			nl.LinkSetHardwareAddr(old, other), plain(stack), plain(far), plain(c.name), prompt(stack),
			sysctl("ipv4/conf/"+stack+"/accept_local", "1")) // What the provider's router says comes from an address of ours.
		for _, name := range []string{far, stack} {
			l, e := nl.LinkByName(name)
			if e == nil {
				e = nl.LinkSetUp(l)
			}
			err = errors.Join(err, e)
		}
		if err != nil {
			return err
		}
		if r.wire, err = openFrames(c.name); err != nil {
			return err
		}
		r.stack, err = openFrames(far)
		return err
	})
	if err != nil {
		return nil, err
	}
	l, err := nl.LinkByName(stack)
	if err == nil {
		err = nl.RouteReplace(hostRoute(c.address.Addr(), l))
	}
	if err != nil {
		return nil, err
	}
	r.way[Out] = newWay(r.wire, r.stack, mtu, c.gateway, false)
	r.way[In] = newWay(r.stack, r.wire, mtu, c.gateway, true)
	for _, w := range r.way {
		r.wait.Go(w.read)
		r.wait.Go(w.write)
	}
	return r, nil
}

// A relay is the two directions of a spliced cable.
type relay struct {
	wire, stack *os.File
	way         [2]*way
	wait        sync.WaitGroup
}

func (r *relay) close() {
	_ = r.wire.Close()
	_ = r.stack.Close()
	for _, w := range r.way {
		close(w.quit)
	}
	r.wait.Wait()
}

// A way is one direction: frames are read, stamped with the moment at which they
// are due, and written then, in order.
type way struct {
	from, to *os.File
	mtu      int
	gateway  netip.Addr
	inward   bool
	quality  atomic.Pointer[Quality]
	queue    chan frame
	quit     chan struct{}

	free  time.Time // when the link has sent what it took
	last  time.Time // due time of the newest frame
	drops atomic.Uint64
}

type frame struct {
	b   []byte
	due time.Time
}

// queueFrames bounds what waits in a link, and queueTime what waits for its rate.
const (
	queueFrames = 20000
	queueTime   = 100 * time.Millisecond
)

func newWay(from, to *os.File, mtu int, gateway netip.Addr, inward bool) *way {
	w := &way{from: from, to: to, mtu: mtu, gateway: gateway, inward: inward, queue: make(chan frame, queueFrames), quit: make(chan struct{})}
	w.quality.Store(&Quality{})
	return w
}

func (w *way) read() {
	buf := make([]byte, 65536)
	for {
		n, err := w.from.Read(buf)
		if err != nil {
			if errors.Is(err, unix.ENETDOWN) {
				continue // The cable was pulled; it will be back.
			}
			return
		}
		w.pass(buf[:n])
	}
}

// pass lets a frame onto the link, in pieces if it is too big for it.
func (w *way) pass(b []byte) {
	pieces := [][]byte{b}
	if q := w.quality.Load(); q.MTU > 0 && !q.Cut {
		var refusal []byte
		if pieces, refusal = split(b, q.MTU, w.gateway); refusal != nil {
			_, _ = w.from.Write(refusal) // A pulled cable loses it.
		}
	}
	for _, p := range pieces {
		due, ok := w.take(p)
		if !ok {
			continue
		}
		select {
		case w.queue <- frame{append([]byte(nil), p...), due}:
		default:
			w.drops.Add(1)
		}
	}
}

// take decides what becomes of a frame.
func (w *way) take(b []byte) (due time.Time, ok bool) {
	q, now := w.quality.Load(), time.Now()
	switch {
	case len(b) >= 14 && binary.BigEndian.Uint16(b[12:]) == etherARP:
		// Between router and provider only: what is lost is lost further on.
	case q.Cut, len(b) > w.mtu+14, q.Loss > 0 && rand.Float64() < q.Loss, q.Dead && !w.local(b):
		w.drops.Add(1)
		return due, false
	}
	due = now
	if q.Rate > 0 {
		if w.free.Before(now) {
			w.free = now
		}
		if w.free.Sub(now) > queueTime {
			w.drops.Add(1)
			return due, false
		}
		w.free = w.free.Add(time.Duration(float64(len(b)*8) / q.Rate * 1e9))
		due = w.free
	}
	due = due.Add(q.Delay)
	if q.Jitter > 0 {
		due = due.Add(time.Duration(rand.Int64N(2*int64(q.Jitter))) - q.Jitter)
	}
	if due.Before(w.last) {
		due = w.last
	}
	w.last = due
	return due, true
}

// local reports whether a frame is between the router and its provider only.
func (w *way) local(b []byte) bool {
	if len(b) < 34 || binary.BigEndian.Uint16(b[12:]) != 0x0800 {
		return true
	}
	far := netip.AddrFrom4([4]byte(b[30:34]))
	if w.inward {
		far = netip.AddrFrom4([4]byte(b[26:30]))
	}
	return far == w.gateway
}

// etherARP is the Ethernet type of ARP.
const etherARP = 0x0806

// fine is the last part of a wait, which the kernel measures: the runtime's timers
// are good to a millisecond only.
const fine = 2 * time.Millisecond

func (w *way) write() {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-w.quit:
			return
		case f := <-w.queue:
			if wait := time.Until(f.due) - fine; wait > 0 {
				t.Reset(wait)
				select {
				case <-w.quit:
					return
				case <-t.C:
				}
			}
			if wait := time.Until(f.due); wait > 0 {
				ts := unix.NsecToTimespec(int64(wait))
				_ = unix.Nanosleep(&ts, nil) // Cut short, the frame is early.
			}
			_, _ = w.to.Write(f.b) // A pulled cable loses it.
		}
	}
}

// openFrames opens a packet socket on an interface of the calling thread's
// namespace.
func openFrames(name string) (*os.File, error) {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	index := l.Attrs().Index
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20),
		unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: index})) // ETH_P_ALL, big-endian
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("packet socket on %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// plain turns off what makes an interface of the calling thread's namespace hand
// over frames that are unfinished or larger than the MTU (ethtool -K tx off tso
// off gso off gro off).
func plain(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	const stxcsum, stso, sgso, sgro = 0x17, 0x1f, 0x24, 0x2c // <linux/ethtool.h>
	for _, cmd := range []uint32{stso, sgso, sgro, stxcsum} {
		value := [2]uint32{cmd, 0}
		req := struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}{data: unsafe.Pointer(&value)}
		copy(req.name[:unix.IFNAMSIZ-1], name)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); errno != 0 && errno != unix.EOPNOTSUPP {
			return fmt.Errorf("offloads of %s: %w", name, errno)
		}
	}
	return nil
}

// hostRoute is the route to one address by a link.
func hostRoute(a netip.Addr, l netlink.Link) *netlink.Route {
	return &netlink.Route{Dst: netlink.NewIPNet(a.AsSlice()), LinkIndex: l.Attrs().Index, Scope: netlink.SCOPE_LINK}
}
