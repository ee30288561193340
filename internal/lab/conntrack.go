//go:build linux

package lab

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jembatan/routeros/emulator"
)

// A tracker follows the connections of one router by the kernel's events. The
// kernel's table is one for all namespaces, and a listing walks all of it, which
// takes milliseconds; here one is a look into memory.
type tracker struct {
	events *os.File
	raw    syscall.RawConn

	mu    sync.Mutex // Guards what follows.
	asks  int        // a socket for requests
	flows map[flowKey]*flow
	byID  map[uint32]*flow
	last  uint32
	buf   []byte
}

// track begins to follow the connections of the calling thread's namespace, in
// which there must be none yet.
func track() (*tracker, error) {
	t := &tracker{flows: map[flowKey]*flow{}, byID: map[uint32]*flow{}, buf: make([]byte, 64<<10)}
	const groups = 1<<(unix.NFNLGRP_CONNTRACK_NEW-1) | 1<<(unix.NFNLGRP_CONNTRACK_UPDATE-1) | 1<<(unix.NFNLGRP_CONNTRACK_DESTROY-1)
	fd, err := netfilterSocket(unix.SOCK_NONBLOCK, groups)
	if err != nil {
		return nil, err
	}
	t.events = os.NewFile(uintptr(fd), "conntrack")
	if t.raw, err = t.events.SyscallConn(); err == nil {
		t.asks, err = netfilterSocket(0, 0)
	}
	if err != nil {
		return nil, errors.Join(err, t.events.Close())
	}
	return t, nil
}

// netfilterSocket opens a netlink socket that hears some groups of events.
func netfilterSocket(flags int, groups uint32) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|flags, unix.NETLINK_NETFILTER)
	if err != nil {
		return -1, fmt.Errorf("connection tracking: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20) // A smaller one overruns sooner.
	limit := unix.NsecToTimeval(int64(askPatience))
	err = errors.Join(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}))
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connection tracking: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// follow takes events until the tracker is closed.
func (t *tracker) follow() {
	for {
		err := t.raw.Read(func(fd uintptr) bool {
			t.mu.Lock()
			defer t.mu.Unlock()
			return t.drain(int(fd))
		})
		if err != nil {
			return
		}
	}
}

// close ends follow.
func (t *tracker) close() {
	_ = t.events.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = unix.Close(t.asks)
	t.asks = -1
}

// forget drops every connection, as a router does that loses its power.
func (t *tracker) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.flows)
	clear(t.byID)
	_ = t.ask(ctDelete, unix.NLM_F_ACK, nil) // A closed tracker has nothing to forget.
}

// drain takes the events that are there and reports whether there were any. The
// lock is held.
func (t *tracker) drain(fd int) bool {
	for n := 0; ; n++ {
		size, _, err := unix.Recvfrom(fd, t.buf, unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			t.resync()
			continue
		case err != nil || size == 0:
			return n > 0
		}
		t.take(t.buf[:size], time.Now())
	}
}

// take reads messages about connections: events, or the lines of a listing. The
// lock is held.
func (t *tracker) take(b []byte, now time.Time) {
	for len(b) >= unix.NLMSG_HDRLEN {
		h, rest, ok := nextMessage(b)
		if !ok {
			return
		}
		body := b[unix.NLMSG_HDRLEN:h.Len]
		b = rest
		if h.Type>>8 != unix.NFNL_SUBSYS_CTNETLINK {
			continue
		}
		f, ok := parseFlow(body)
		if !ok {
			continue
		}
		old := t.flows[f.key]
		switch {
		case h.Type&0xff == ctDelete && old != nil:
			delete(t.flows, f.key)
			delete(t.byID, old.id)
		case h.Type&0xff == ctDelete:
		case old != nil:
			old.update(f, now)
		default:
			t.last++
			f.id, f.at = t.last, now
			t.flows[f.key], t.byID[f.id] = f, f
		}
	}
}

// resync lists the kernel's table after events were lost. The lock is held.
func (t *tracker) resync() {
	old := t.flows
	t.flows = map[flowKey]*flow{}
	if err := t.ask(ctGet, unix.NLM_F_DUMP, nil); err != nil {
		t.flows = old // The next loss tries again.
		return
	}
	clear(t.byID)
	for k, f := range t.flows {
		if before := old[k]; before != nil {
			f.id = before.id
		}
		t.byID[f.id] = f
	}
}

// Connections implements emulator.Tracker.
func (w *world) Connections(device string) []emulator.Connection {
	r := w.router(device)
	if r == nil {
		return nil
	}
	t, now := r.tracked, time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.raw.Control(func(fd uintptr) { t.drain(int(fd)) }) // Closed: what is known is all there is.
	out := make([]emulator.Connection, 0, len(t.flows))
	for _, id := range slices.Sorted(maps.Keys(t.byID)) {
		if f := t.byID[id]; !f.expired(now) {
			out = append(out, emulator.Connection{ID: f.id, Words: f.words(now)})
		}
	}
	return out
}

// Drop implements emulator.Tracker.
func (w *world) Drop(device string, id uint32) bool {
	r := w.router(device)
	if r == nil {
		return false
	}
	t := r.tracked
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.byID[id]
	if f == nil {
		return false
	}
	delete(t.flows, f.key)
	delete(t.byID, id)
	return t.ask(ctDelete, unix.NLM_F_ACK, f.tuple) == nil
}
