//go:build linux

package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// A Port is the end of the data plane that a bridge or a host sees. Frames that
// come in by it go to the tunnels of Route; tunnels write to it.
type Port struct {
	Name string

	single bool
	tap    bool
	file   *os.File
	raw    syscall.RawConn
	done   chan struct{}
	route  atomic.Pointer[[]*Tunnel]

	// Only the wire's receiver uses these.
	coalescer packet.Coalescer
	iov       []unix.Iovec
	vnet      [packet.VnetLen]byte
	dirty     bool
}

// OpenTAP makes the TAP device name in the namespace of the calling thread, with
// its carrier off, and starts to read it. Close takes the device away.
func OpenTAP(name string, opts Options) (*Port, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	p := &Port{Name: name, single: opts.Single, tap: true}
	flags, offload := unix.IFF_TAP|unix.IFF_NO_PI|unix.IFF_VNET_HDR, unix.TUN_F_CSUM|unix.TUN_F_TSO4|unix.TUN_F_TSO6|unix.TUN_F_TSO_ECN
	if opts.Single {
		offload = 0
	}
	ifr, err := unix.NewIfreq(name)
	if err == nil {
		ifr.SetUint16(uint16(flags))
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	if err == nil {
		err = unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, offload)
	}
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, packet.VnetLen)
	}
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TUNSETCARRIER, 0)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("TAP device %s: %w", name, err)
	}
	return p.begin(fd)
}

// OpenPacket takes over the interface with an index by a packet socket in the
// namespace of the calling thread: all frames that come in by it are the port's.
func OpenPacket(name string, index int, opts Options) (*Port, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket (needs CAP_NET_RAW): %w", err)
	}
	p := &Port{Name: name, single: opts.Single}
	set := func(name, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_PACKET, name, value)
		}
	}
	set(unix.PACKET_VNET_HDR, 1)
	set(unix.PACKET_IGNORE_OUTGOING, 1)
	if err == nil {
		err = unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP,
			&unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC})
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: index})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("packet socket on %s: %w", name, err)
	}
	grow(fd)
	return p.begin(fd)
}

func htons(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// begin starts to read.
func (p *Port) begin(fd int) (*Port, error) {
	p.file = os.NewFile(uintptr(fd), p.Name)
	raw, err := p.file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("port %s: %w", p.Name, err), p.file.Close())
	}
	p.raw, p.done = raw, make(chan struct{})
	go func() {
		defer close(p.done)
		p.read()
	}()
	return p, nil
}

// Route says which tunnels carry what comes in by the port: one, several for a
// bond that copies every frame, or none.
func (p *Port) Route(tunnels ...*Tunnel) { p.route.Store(&tunnels) }

// SetCarrier shows the device as running or not. Only TAP devices have it.
func (p *Port) SetCarrier(on bool) error {
	if !p.tap {
		return nil
	}
	v := 0
	if on {
		v = 1
	}
	var err error
	if e := p.raw.Control(func(fd uintptr) { err = unix.IoctlSetPointerInt(int(fd), unix.TUNSETCARRIER, v) }); e != nil {
		return e
	}
	return err
}

// Close ends the port and returns when nothing reads it any more. A TAP device
// goes with it.
func (p *Port) Close() error {
	err := p.file.Close()
	<-p.done
	return err
}

// frameSpace is what one read may need: a header and a super-frame.
const frameSpace = packet.VnetLen + 65536 + packet.MinFrame

// read carries frames from the device to the tunnels until the port is closed.
func (p *Port) read() {
	var (
		mem      = make([]byte, 4*frameSpace)
		splitter packet.Splitter
		s        sender
	)
	if p.single {
		mem = mem[:frameSpace]
	}
	for {
		n := 0
		err := p.raw.Read(func(fd uintptr) bool {
			var errno syscall.Errno
			n, errno = read(fd, mem)
			if errno != 0 {
				n = 0
			}
			return errno != unix.EAGAIN
		})
		if err != nil {
			return
		}
		p.send(mem[:n], &splitter, &s)
	}
}
