//go:build linux

package lab

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// capture writes the frames of a link as a pcap file (libpcap, version 2.4) until
// ctx ends or enough were seen. A link is ROUTER.INTERFACE, ROUTER.UPLINK or a
// host, whose eth0 is meant.
func (w *world) capture(ctx context.Context, r *request) error {
	if len(r.files) != 1 || len(r.Args) != 1 {
		return errors.New("capture: no file")
	}
	limit, err := strconv.Atoi(r.Args[0])
	if err != nil {
		return err
	}
	s, name, err := w.link(r.Host)
	if err != nil {
		return err
	}
	var in *os.File
	if err := s.do(func() (err error) {
		in, err = openAll(name)
		return err
	}); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	defer in.Close()
	out := bufio.NewWriter(r.files[0])
	var h [24]byte
	le := binary.LittleEndian
	le.PutUint32(h[:], 0xa1b2c3d4)
	le.PutUint16(h[4:], 2)
	le.PutUint16(h[6:], 4)
	le.PutUint32(h[16:], 65535)
	le.PutUint32(h[20:], 1) // LINKTYPE_ETHERNET
	if _, err := out.Write(h[:]); err != nil {
		return err
	}
	buf := make([]byte, 65536)
	for n := 0; limit == 0 || n < limit; n++ {
		size, err := in.Read(buf)
		if err != nil {
			break // The capture has ended.
		}
		now := time.Now()
		var p [16]byte
		le.PutUint32(p[:], uint32(now.Unix()))
		le.PutUint32(p[4:], uint32(now.Nanosecond()/1000))
		le.PutUint32(p[8:], uint32(size))
		le.PutUint32(p[12:], uint32(size))
		_, err = out.Write(p[:])
		if err == nil {
			_, err = out.Write(buf[:size])
		}
		if err == nil {
			err = out.Flush() // A capture is looked at while it grows.
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// link finds the interface that a capture means.
func (w *world) link(name string) (*space, string, error) {
	if h := w.host(name); h != nil {
		return h.space, "eth0", nil
	}
	router, iface, _ := strings.Cut(name, ".")
	r := w.router(router)
	if r == nil {
		return nil, "", fmt.Errorf("there is no link %q: ROUTER.INTERFACE, ROUTER.UPLINK or a host", name)
	}
	for _, u := range r.plan.Uplinks {
		if u.Name == iface {
			return r.space, u.Ether, nil
		}
	}
	if k := r.kernelName(iface); k != "" {
		return r.space, k, nil
	}
	return nil, "", fmt.Errorf("%s has no interface %q", router, iface)
}

// openAll opens a packet socket that sees both directions.
func openAll(name string) (*os.File, error) {
	f, err := openFrames(name)
	if err != nil {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err == nil {
		var e error
		err = raw.Control(func(fd uintptr) { e = unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 0) })
		err = errors.Join(err, e)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
