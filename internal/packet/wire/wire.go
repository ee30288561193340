//go:build linux

package wire

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// Options adjust a Wire. The zero value is the fast one.
type Options struct {
	// Single moves one frame for each system call, as simple programs do. It is
	// what the measurements compare with.
	Single bool
}

// bufferSize is asked for the raw socket's buffers, in bytes.
const bufferSize = 8 << 20

// batch is the most packets of one system call. A super-frame of 64 KB makes 45.
const batch = 64

// slot is the room for one received packet.
const slot = 65536

// A Wire is the raw socket of one namespace. It is safe for concurrent use.
type Wire struct {
	opts Options
	file *os.File
	raw  syscall.RawConn
	out  *os.File // sends packets with their IP header; receives nothing
	tx   syscall.RawConn
	done chan struct{} // closed when the receiver has returned

	mu      sync.Mutex // Guards changes of tunnels.
	tunnels atomic.Pointer[map[key]*Tunnel]

	// Unknown counts packets that are for no tunnel, Bad those that are no EoIP.
	Unknown, Bad atomic.Uint64
}

// A key is what a packet is told apart by.
type key struct {
	from [4]byte
	id   uint16
}

// Open opens the socket in the namespace of the calling thread and starts to
// receive. Close it.
func Open(opts Options) (*Wire, error) {
	w := &Wire{opts: opts, done: make(chan struct{})}
	w.tunnels.Store(&map[key]*Tunnel{})
	var err error
	if w.file, w.raw, err = rawSocket(packet.ProtocolGRE); err != nil {
		return nil, err
	}
	// The kernel builds headers of IPPROTO_RAW's packets from ours (raw(7)).
	if w.out, w.tx, err = rawSocket(unix.IPPROTO_RAW); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	go func() {
		defer close(w.done)
		w.receive()
	}()
	return w, nil
}

// rawSocket opens one raw socket.
func rawSocket(protocol int) (*os.File, syscall.RawConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, nil, fmt.Errorf("raw socket of protocol %d (needs CAP_NET_RAW): %w", protocol, err)
	}
	if protocol == packet.ProtocolGRE {
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, packet.EoIPTTL),
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT))
	}
	grow(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, nil, fmt.Errorf("set up raw socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "eoip")
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("raw socket: %w", err)
	}
	return f, raw, nil
}

// grow asks for large buffers, by force where that is allowed.
func grow(fd int) {
	for _, o := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[0], bufferSize) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[1], bufferSize) // Smaller buffers only lose more.
		}
	}
}

// Add makes a tunnel and starts its keepalives. The wire has one tunnel for each
// remote address and id.
func (w *Wire) Add(c Config) (*Tunnel, error) {
	if !c.Remote.Is4() {
		return nil, fmt.Errorf("tunnel %d: remote address %v is not IPv4", c.ID, c.Remote)
	}
	t := newTunnel(w, c)
	k := t.key()
	w.mu.Lock()
	defer w.mu.Unlock()
	old := *w.tunnels.Load()
	if old[k] != nil {
		return nil, fmt.Errorf("tunnel %d from %v: there is one already", c.ID, c.Remote)
	}
	next := make(map[key]*Tunnel, len(old)+1)
	maps.Copy(next, old)
	next[k] = t
	w.tunnels.Store(&next)
	t.start()
	return t, nil
}

// Remove ends a tunnel and returns when its goroutine is gone.
func (w *Wire) Remove(t *Tunnel) {
	w.mu.Lock()
	old := *w.tunnels.Load()
	next := make(map[key]*Tunnel, len(old))
	for k, v := range old {
		if v != t {
			next[k] = v
		}
	}
	w.tunnels.Store(&next)
	w.mu.Unlock()
	t.stop()
}

// Close ends every tunnel and returns when everything that Open and Add started
// is gone.
func (w *Wire) Close() error {
	for _, t := range *w.tunnels.Load() {
		w.Remove(t)
	}
	err := errors.Join(w.file.Close(), w.out.Close())
	<-w.done
	return err
}
