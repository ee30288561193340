package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// DefaultBuffer is how many bytes a direction of a connection holds before its
// writer waits.
const DefaultBuffer = 64 << 10

// Pipe returns the two ends of a connection whose directions hold size bytes
// each; a size below one means one.
func Pipe(size int) (*Conn, *Conn) {
	size = max(size, 1)
	ab, ba := newStream(size), newStream(size)
	a := &Conn{in: ba, out: ab, local: "a", remote: "b", readBy: newDeadline(), writeBy: newDeadline(), closed: make(chan struct{})}
	b := &Conn{in: ab, out: ba, local: "b", remote: "a", readBy: newDeadline(), writeBy: newDeadline(), closed: make(chan struct{})}
	return a, b
}

// A Conn is one end of a connection. It implements net.Conn and is safe for
// concurrent use.
type Conn struct {
	in, out         *stream
	local, remote   Addr
	readBy, writeBy *deadline
	once            sync.Once
	closed          chan struct{}
}

// Read reads what has arrived, waiting for the first byte. After the peer has
// closed it returns what is left and then io.EOF.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if isDone(c.closed) {
			return 0, c.fail("read", net.ErrClosed)
		}
		expired := c.readBy.wait()
		if isDone(expired) {
			return 0, c.fail("read", os.ErrDeadlineExceeded)
		}
		n, changed, err := c.in.read(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-expired:
		case <-c.closed:
		}
	}
}

// Write writes p, waiting for room. After the peer has closed it returns
// io.ErrClosedPipe.
func (c *Conn) Write(p []byte) (int, error) {
	total := 0
	for {
		if isDone(c.closed) {
			return total, c.fail("write", net.ErrClosed)
		}
		expired := c.writeBy.wait()
		if isDone(expired) {
			return total, c.fail("write", os.ErrDeadlineExceeded)
		}
		n, changed, err := c.out.write(p)
		total += n
		p = p[n:]
		if err != nil {
			return total, c.fail("write", err)
		}
		if len(p) == 0 {
			return total, nil
		}
		select {
		case <-changed:
		case <-expired:
		case <-c.closed:
		}
	}
}

// Close ends both directions: the peer reads what was written and then io.EOF.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.out.end(io.EOF)
		c.in.end(io.ErrClosedPipe)
		c.readBy.stop()
		c.writeBy.stop()
	})
	return nil
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { c.readBy.set(t); return nil }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { c.writeBy.set(t); return nil }

// fail wraps err the way package net does.
func (c *Conn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "mem", Source: c.local, Addr: c.remote, Err: err}
}

// isDone reports whether ch is closed.
func isDone(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
