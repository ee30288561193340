//go:build linux

package wire

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// A Config is one end of a tunnel.
type Config struct {
	Local     netip.Addr // the zero value leaves the source to the routes
	Remote    netip.Addr // IPv4
	ID        uint16
	Keepalive packet.Keepalive // zero: always running, nothing is sent
	InheritDF bool             // copy the inner DF bit; else DF is never set
	DSCP      int              // -1: copy the inner one
	// Changed is called with each change of Running, from one goroutine, and
	// once with the first state. It must not call the tunnel's wire.
	Changed func(running bool)
}

// A Tunnel is one EoIP interface at work. Its keepalives go out as long as it
// exists; it runs while it hears those of the other end, whatever data arrives.
type Tunnel struct {
	w     *Wire
	c     Config
	to    unix.RawSockaddrInet4
	ip    [ipLen]byte // the header of every packet, but for its length and flags
	limit limit
	ident atomic.Uint32 // of the packets' IP headers
	quit  chan struct{}
	done  chan struct{}
	wake  chan struct{}

	port    atomic.Pointer[Port] // where received frames go
	running atomic.Bool
	blocked atomic.Bool  // by spanning tree
	cut     atomic.Bool  // nothing passes, keepalives neither
	eager   atomic.Bool  // takes data before it runs
	clamp   atomic.Int64 // MTU that SYNs from the tunnel are clamped to; 0: not
	last    atomic.Int64 // when a keepalive was heard, nanoseconds since start; 0: never
	begun   time.Time

	control          [64][]byte // for each DSCP, made when first used
	rx, tx, rxBytes  atomic.Uint64
	txBytes, dropped atomic.Uint64
	keepIn, keepOut  atomic.Uint64
}

// Counters are what a tunnel has carried since it exists.
type Counters struct {
	RxPackets, TxPackets, RxBytes, TxBytes uint64 // frames, without keepalives
	Dropped                                uint64 // frames while not running or blocked
	KeepalivesIn, KeepalivesOut            uint64
}

func newTunnel(w *Wire, c Config) *Tunnel {
	t := &Tunnel{w: w, c: c, quit: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1), begun: time.Now()}
	t.to = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: c.Remote.As4()}
	t.ip = [ipLen]byte{0x45, 8: packet.EoIPTTL, 9: packet.ProtocolGRE}
	if c.Local.Is4() {
		a := c.Local.As4()
		copy(t.ip[12:], a[:])
	}
	copy(t.ip[16:], t.to.Addr[:])
	for i := range t.control {
		t.control[i] = controlFor(c.Local, i<<2)
	}
	return t
}

// controlFor returns the ancillary data of a packet: its source and its type of
// service, each only where it is not the default.
func controlFor(local netip.Addr, tos int) []byte {
	var b []byte
	if local.Is4() && !local.IsUnspecified() {
		info := make([]byte, unix.CmsgSpace(unix.SizeofInet4Pktinfo))
		putCmsg(info, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
		a := local.As4()
		copy(info[unix.CmsgLen(0)+4:], a[:])
		b = append(b, info...)
	}
	if tos != 0 {
		c := make([]byte, unix.CmsgSpace(4))
		putCmsg(c, unix.IP_TOS, 4)
		binary.NativeEndian.PutUint32(c[unix.CmsgLen(0):], uint32(tos))
		b = append(b, c...)
	}
	return b
}

// putCmsg writes a struct cmsghdr of level IPPROTO_IP.
func putCmsg(b []byte, typ, n int) {
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(n)))
	binary.NativeEndian.PutUint32(b[8:], unix.IPPROTO_IP)
	binary.NativeEndian.PutUint32(b[12:], uint32(typ))
}

func (t *Tunnel) key() key { return key{t.c.Remote.As4(), t.c.ID} }

// Running reports whether the tunnel runs.
func (t *Tunnel) Running() bool { return t.running.Load() }

// Config returns what the tunnel was made from.
func (t *Tunnel) Config() Config { return t.c }

// SetPort says where received frames go; nil drops them.
func (t *Tunnel) SetPort(p *Port) {
	t.eager.Store(false)
	t.port.Store(p)
}

// Join gives received frames to the port of a bond. A slave of a bond takes data
// before it runs: the other end may use it already, and nothing is lost when
// both return to it.
func (t *Tunnel) Join(p *Port) {
	t.eager.Store(true)
	t.port.Store(p)
}

// Block stops data in both directions, as a discarding port of a spanning tree
// does. Keepalives go on.
func (t *Tunnel) Block(blocked bool) { t.blocked.Store(blocked) }

// Cut lets nothing of the tunnel leave or arrive, as if the path had been cut.
func (t *Tunnel) Cut(cut bool) { t.cut.Store(cut) }

// Clamp lowers the MSS of TCP SYNs that come out of the tunnel to what an
// interface of that MTU carries; 0 leaves them alone.
func (t *Tunnel) Clamp(mtu int) { t.clamp.Store(int64(mtu)) }

// Blocked reports what Block has set.
func (t *Tunnel) Blocked() bool { return t.blocked.Load() }

// Counters returns what the tunnel has carried.
func (t *Tunnel) Counters() Counters {
	return Counters{
		t.rx.Load(), t.tx.Load(), t.rxBytes.Load(), t.txBytes.Load(), t.dropped.Load(), t.keepIn.Load(), t.keepOut.Load(),
	}
}

// heard notes a keepalive.
func (t *Tunnel) heard() {
	t.keepIn.Add(1)
	t.last.Store(max(1, int64(time.Since(t.begun))))
	if !t.running.Load() {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

func (t *Tunnel) start() { go t.keep() }

func (t *Tunnel) stop() {
	close(t.quit)
	<-t.done
}

// keep sends keepalives and judges whether the tunnel runs.
func (t *Tunnel) keep() {
	defer close(t.done)
	k := t.c.Keepalive
	if k.Interval <= 0 {
		t.set(true, true)
		<-t.quit
		return
	}
	t.set(false, true)
	t.sendKeepalive()
	send := time.NewTicker(k.Period())
	defer send.Stop()
	silence := time.NewTimer(k.Timeout())
	defer silence.Stop()
	for {
		select {
		case <-t.quit:
			return
		case <-send.C:
			t.sendKeepalive()
		case <-t.wake:
			t.set(true, false)
			silence.Reset(k.Timeout())
		case <-silence.C:
			if left := k.Timeout() - (time.Since(t.begun) - time.Duration(t.last.Load())); t.last.Load() != 0 && left > 0 {
				silence.Reset(left)
			} else {
				t.set(false, false)
			}
		}
	}
}

func (t *Tunnel) set(running, first bool) {
	if t.running.Swap(running) == running && !first {
		return
	}
	if t.c.Changed != nil {
		t.c.Changed(running)
	}
}

// sendKeepalive sends an empty packet.
func (t *Tunnel) sendKeepalive() {
	if t.cut.Load() {
		return
	}
	var h [room]byte
	packet.PutEoIP(h[ipLen:], t.c.ID, 0)
	s := sender{w: t.w}
	s.add(t, h[:], nil, 0, false)
	t.keepOut.Add(uint64(s.send(t)))
}
