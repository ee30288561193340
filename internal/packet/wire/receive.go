//go:build linux

package wire

import (
	"syscall"

	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// receive hands packets to their tunnels until the socket is closed.
func (w *Wire) receive() {
	n := batch
	if w.opts.Single {
		n = 1
	}
	mem := make([]byte, n*slot) // Only the pages that packets reach are ever used.
	iov := make([]unix.Iovec, n)
	msgs := make([]mmsghdr, n)
	for i := range msgs {
		iov[i] = vec(mem[i*slot : (i+1)*slot])
		msgs[i].hdr.Iov = &iov[i]
		msgs[i].hdr.SetIovlen(1)
	}
	var touched []*Port
	for {
		got := 0
		err := w.raw.Read(func(fd uintptr) bool {
			var errno syscall.Errno
			got, errno = mmsg(unix.SYS_RECVMMSG, fd, msgs)
			if errno != 0 {
				got = 0
			}
			return errno != unix.EAGAIN
		})
		if err != nil {
			return
		}
		if got >= bulk && got < n {
			got += w.linger(msgs[got:])
		}
		touched = touched[:0]
		for i := range got {
			p := w.packet(mem[i*slot : i*slot+int(msgs[i].n)])
			if p != nil && !p.dirty {
				p.dirty = true
				touched = append(touched, p)
			}
		}
		for _, p := range touched {
			p.dirty = false
			p.flush()
		}
	}
}

// packet hands one IP packet to its tunnel and returns the port that has
// something to write now, or nil.
func (w *Wire) packet(b []byte) *Port {
	src, _, payload, err := packet.ParseIPv4(b)
	if err != nil {
		w.Bad.Add(1)
		return nil
	}
	id, frame, err := packet.ParseEoIP(payload)
	if err != nil {
		w.Bad.Add(1)
		return nil
	}
	t := (*w.tunnels.Load())[key{src, id}]
	if t == nil {
		w.Unknown.Add(1)
		return nil
	}
	if t.cut.Load() {
		return nil
	}
	if len(frame) == 0 {
		t.heard()
		return nil
	}
	t.rx.Add(1)
	t.rxBytes.Add(uint64(len(frame)))
	p := t.port.Load()
	if p == nil || !t.Running() && !t.eager.Load() || t.blocked.Load() {
		t.dropped.Add(1)
		return nil
	}
	if mtu := t.clamp.Load(); mtu > 0 {
		packet.ClampMSS(frame, int(mtu))
	}
	if w.opts.Single {
		p.write(packet.Group{Parts: [][]byte{frame}})
		return nil
	}
	p.coalescer.Add(frame)
	return p
}

// bulk is how many packets at once are taken for a stream.
const bulk = 3

// linger waits a moment while a stream arrives and takes what has come meanwhile,
// so that fewer and larger frames are written. Single packets never wait.
func (w *Wire) linger(msgs []mmsghdr) int {
	got := 0
	_ = w.raw.Control(func(fd uintptr) { // A wire that was closed has nothing more.
		for got < len(msgs) {
			ts := unix.NsecToTimespec(lingerTime)
			_ = unix.Nanosleep(&ts, nil) // Cut short, the batch is smaller.
			n, errno := mmsg(unix.SYS_RECVMMSG, fd, msgs[got:])
			if errno != 0 || n <= 0 {
				return
			}
			got += n
		}
	})
	return got
}

// lingerTime is how long a stream is waited for, in nanoseconds. The kernel adds
// its timer slack, 50 µs.
const lingerTime = 15_000
