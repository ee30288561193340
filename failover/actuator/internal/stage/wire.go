package stage

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"

	"jembatan/routeros/emulator"
	"jembatan/routeros/proto"
)

// A Wire is every connection to the routers, and what goes wrong with them.
type Wire struct {
	one sync.Mutex // held while a hook runs

	mu     sync.Mutex // guards all below
	conns  map[net.Conn]string
	dead   map[string]bool
	writes map[string]int // by router, since Cut
	cut    func(router string, paths []string, nth int) Cut
	seen   func(router string, paths []string)
}

// A Cut is what becomes of a connection at a write.
type Cut int

// Cuts.
const (
	None   Cut = iota
	Before     // cut, nothing of it leaves
	Inside     // cut when half of it has left
	After      // cut when all of it has left; the answers are lost
)

// String returns a word for test names.
func (c Cut) String() string { return [...]string{"none", "before", "inside", "after"}[c] }

func newWire() *Wire {
	return &Wire{conns: map[net.Conn]string{}, dead: map[string]bool{}, writes: map[string]int{}}
}

// dial returns a dialer to a device.
func (w *Wire) dial(d *emulator.Device) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.dead[d.Name()] {
			return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
		}
		client, server := net.Pipe()
		go d.ServeConn(server)
		w.conns[client] = d.Name()
		return &conn{Conn: client, w: w, router: d.Name()}, nil
	}
}

// Kill cuts a router's connections and lets none be made until Revive.
func (w *Wire) Kill(router string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[router] = true
	for c, name := range w.conns {
		if name == router {
			_ = c.Close()
		}
	}
}

// Revive ends Kill.
func (w *Wire) Revive(router string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.dead, router)
}

// OnWrite lets f say what becomes of each write from now on, given the paths of
// its sentences and its number; nil ends it.
func (w *Wire) OnWrite(f func(router string, paths []string, nth int) Cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = f
	clear(w.writes)
}

// Before calls f before each write; nil ends it.
func (w *Wire) Before(f func(router string, paths []string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = f
}

// note asks what becomes of a write.
func (w *Wire) note(router string, frame []byte) Cut {
	paths := pathsOf(frame)
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	if seen != nil {
		w.one.Lock() // Hooks keep state of their own; writes come from many goroutines.
		seen(router, paths)
		w.one.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes[router]++
	if w.cut == nil {
		return None
	}
	return w.cut(router, paths, w.writes[router])
}

// pathsOf are the commands in a frame.
func pathsOf(frame []byte) []string {
	var out []string
	var s proto.Sentence
	r := proto.NewReader(bytes.NewReader(frame), proto.DefaultLimits())
	for r.Read(&s) == nil && s.Len() > 0 {
		out = append(out, string(s.Word(0)))
	}
	return out
}

// Changes reports whether a write changes something.
func Changes(paths []string) bool {
	for _, p := range paths {
		if strings.HasSuffix(p, "/set") || strings.HasSuffix(p, "/remove") {
			return true
		}
	}
	return false
}

type conn struct {
	net.Conn

	w      *Wire
	router string
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	cut := c.w.note(c.router, b)
	switch cut {
	case Before:
		_ = c.Close()
		return 0, net.ErrClosed
	case Inside:
		n, _ := c.Conn.Write(b[:len(b)/2])
		_ = c.Close()
		return n, net.ErrClosed
	case After:
		n, err := c.Conn.Write(b)
		_ = c.Close()
		return n, err
	case None:
	}
	return c.Conn.Write(b)
}
