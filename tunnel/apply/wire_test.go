package apply_test

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"jembatan/routeros/emulator"
	"jembatan/routeros/proto"
)

// A wire is every connection of a controller to its routers, and what goes wrong
// with them.
type wire struct {
	mu    sync.Mutex // guards all below
	conns map[net.Conn]string
	seen  map[string]int // sentences to each router, and all under ""
	// breaks is asked before each sentence what becomes of it.
	breaks func(router, path string, nth int) breakage
	dead   map[string]bool // routers that cannot be dialed; "" is all
	paths  []string
}

// A breakage is what becomes of a connection at a sentence.
type breakage int

const (
	fine   breakage = iota
	before          // cut, the sentence never leaves
	inside          // cut in the middle of the sentence
	after           // cut when it has arrived, the answer is lost
)

func (b breakage) String() string { return [...]string{"fine", "before", "inside", "after"}[b] }

func newWire() *wire {
	return &wire{conns: map[net.Conn]string{}, seen: map[string]int{}, dead: map[string]bool{}}
}

// dial returns a dialer to a device through w.
func (w *wire) dial(d *emulator.Device) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.dead[""] || w.dead[d.Name()] {
			return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
		}
		client, server := net.Pipe()
		go d.ServeConn(server)
		w.conns[client] = d.Name()
		return &wireConn{Conn: client, w: w, router: d.Name()}, nil
	}
}

// kill cuts every connection and lets none be made: the controller is gone.
func (w *wire) kill(router string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[router] = true
	for c, name := range w.conns {
		if router == "" || name == router {
			_ = c.Close()
		}
	}
}

// revive lets connections be made again.
func (w *wire) revive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.dead)
	w.breaks = nil
}

// note counts a sentence and asks what becomes of it.
func (w *wire) note(router string, frame []byte) breakage {
	w.mu.Lock()
	defer w.mu.Unlock()
	path := pathOf(frame)
	w.seen[""]++
	w.seen[router]++
	w.paths = append(w.paths, router+" "+path)
	if w.breaks == nil {
		return fine
	}
	return w.breaks(router, path, w.seen[""])
}

// writes reports whether a command changes something.
func writes(path string) bool {
	verb := path[strings.LastIndexByte(path, '/')+1:]
	return slices.Contains([]string{"add", "set", "remove", "take", "release", "unroll"}, verb)
}

// pathOf is the command of the first sentence of a frame.
func pathOf(frame []byte) string {
	var s proto.Sentence
	r := proto.NewReader(bytes.NewReader(frame), proto.DefaultLimits())
	if r.Read(&s) != nil || s.Len() == 0 {
		return ""
	}
	return string(s.Word(0))
}

type wireConn struct {
	net.Conn

	w      *wire
	router string
}

func (c *wireConn) Write(b []byte) (int, error) {
	switch c.w.note(c.router, b) {
	case before:
		_ = c.Close()
		return 0, net.ErrClosed
	case inside:
		n, _ := c.Conn.Write(b[:len(b)/2])
		_ = c.Close()
		return n, net.ErrClosed
	case after:
		n, err := c.Conn.Write(b)
		_ = c.Close()
		return n, err
	case fine:
	}
	return c.Conn.Write(b)
}
