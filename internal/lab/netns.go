//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A space is one network namespace: a router, a host, or the wires between them.
// It has no name in the file system and goes when its last descriptor and its
// last process are gone.
type space struct {
	name string
	file *os.File
	nl   *netlink.Handle
}

// newSpace makes a namespace with its loopback up.
func newSpace(name string) (*space, error) {
	s := &space{name: name}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("new network namespace (needs CAP_SYS_ADMIN): %w", err)
		}
		f, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		s.file = f
		return quiet()
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("namespace of %s: %w", name, err), s.close())
	}
	if s.nl, err = netlink.NewHandleAt(netns.NsHandle(s.file.Fd())); err != nil {
		return nil, errors.Join(fmt.Errorf("netlink in %s: %w", name, err), s.close())
	}
	lo, err := s.nl.LinkByName("lo")
	if err == nil {
		err = s.nl.LinkSetUp(lo)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("loopback of %s: %w", name, err), s.close())
	}
	return s, nil
}

// close drops the namespace's descriptors.
func (s *space) close() error {
	if s.nl != nil {
		s.nl.Close()
	}
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// fd returns the descriptor of the namespace.
func (s *space) fd() int { return int(s.file.Fd()) }

// do runs f on a thread inside the namespace. Sockets and devices that f opens
// stay there.
func (s *space) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(s.fd(), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter namespace of %s: %w", s.name, err)
		}
		return f()
	})
}

// onThread runs f on a thread of its own, whose network namespace is put back
// afterwards. A thread that cannot return dies with its goroutine.
func onThread(f func() error) error {
	runtime.LockOSThread()
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("own namespace: %w", err)
	}
	defer func() { _ = unix.Close(home) }()
	err = f()
	if e := unix.Setns(home, unix.CLONE_NEWNET); e != nil {
		return errors.Join(err, fmt.Errorf("return to own namespace: %w", e)) // The thread stays locked.
	}
	runtime.UnlockOSThread()
	return err
}

// sysctl writes /proc/sys/net values of the calling thread's namespace.
func sysctl(pairs ...string) error {
	var errs []error
	for i := 0; i+1 < len(pairs); i += 2 {
		err := os.WriteFile("/proc/sys/net/"+pairs[i], []byte(pairs[i+1]), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// quiet turns off in a new namespace what no RouterOS would do: IPv6 address
// making, IP rules for bridged frames.
func quiet() error {
	return sysctl("ipv6/conf/all/disable_ipv6", "1", "ipv6/conf/default/disable_ipv6", "1",
		"bridge/bridge-nf-call-iptables", "0", "bridge/bridge-nf-call-arptables", "0", "bridge/bridge-nf-call-ip6tables", "0")
}

// pair makes a veth pair between two namespaces, both ends up.
func pair(a *space, aName string, b *space, bName string, mtu int) error {
	v := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: aName, MTU: mtu},
		PeerName:  bName, PeerNamespace: netlink.NsFd(b.fd()), PeerMTU: uint32(mtu),
	}
	if err := a.nl.LinkAdd(v); err != nil {
		return fmt.Errorf("cable %s.%s – %s.%s: %w", a.name, aName, b.name, bName, err)
	}
	for _, x := range []struct {
		s    *space
		name string
	}{{a, aName}, {b, bName}} {
		l, err := x.s.nl.LinkByName(x.name)
		if err == nil {
			err = x.s.nl.LinkSetUp(l)
		}
		if err != nil {
			return fmt.Errorf("cable %s.%s: %w", x.s.name, x.name, err)
		}
	}
	return nil
}

// up sets a link of the namespace up or down.
func (s *space) up(name string, on bool) error {
	l, err := s.nl.LinkByName(name)
	if err != nil {
		return err
	}
	if on {
		return s.nl.LinkSetUp(l)
	}
	return s.nl.LinkSetDown(l)
}

// ns returns the namespace as netlink wants it.
func (s *space) ns() *netns.NsHandle {
	h := netns.NsHandle(s.file.Fd())
	return &h
}

// rtmDelLink is RTM_DELLINK of <linux/rtnetlink.h>.
const rtmDelLink = unix.RTM_DELLINK
