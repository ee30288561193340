package memnet

import (
	"errors"
	"io"
	"sync"
	"time"
)

// A stream is one direction of a connection.
type stream struct {
	mu      sync.Mutex // guards all below
	buf     []byte
	size    int
	err     error         // what a reader gets after buf is empty
	changed chan struct{} // closed and replaced at every change
}

func newStream(size int) *stream {
	return &stream{size: size, changed: make(chan struct{})}
}

// read takes what is there. With nothing there it returns a channel that
// closes at the next change.
func (s *stream) read(p []byte) (int, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.buf) == 0 {
		return 0, s.changed, s.err
	}
	n := copy(p, s.buf)
	s.buf = s.buf[n:]
	if len(s.buf) == 0 {
		s.buf = nil
	}
	s.signal()
	return n, nil, nil
}

// write puts in what there is room for.
func (s *stream) write(p []byte) (int, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, nil, io.ErrClosedPipe
	}
	n := min(len(p), s.size-len(s.buf))
	if n > 0 {
		s.buf = append(s.buf, p[:n]...)
		s.signal()
	}
	return n, s.changed, nil
}

// end lets a reader have what is there and then err. The first end counts; an
// end by the reader itself throws away what is there.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	if !errors.Is(err, io.EOF) {
		s.buf = nil
	}
	s.signal()
}

// signal wakes all that wait. The caller holds mu.
func (s *stream) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// A deadline is a channel that closes at a time that can be moved.
type deadline struct {
	mu     sync.Mutex // guards timer and expire
	timer  *time.Timer
	expire chan struct{}
}

func newDeadline() *deadline { return &deadline{expire: make(chan struct{})} }

// wait returns the channel that closes when the deadline that is set now
// passes. A deadline set later closes the same channel unless it has closed.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expire
}

// set moves the deadline; the zero time removes it.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.expire // The timer has fired: let it finish closing the channel.
	}
	d.timer = nil
	expired := isDone(d.expire)
	if t.IsZero() {
		if expired {
			d.expire = make(chan struct{})
		}
		return
	}
	if left := time.Until(t); left > 0 {
		if expired {
			d.expire = make(chan struct{})
		}
		ch := d.expire
		d.timer = time.AfterFunc(left, func() { close(ch) })
		return
	}
	if !expired {
		close(d.expire)
	}
}

// stop releases the timer. The deadline no longer passes.
func (d *deadline) stop() { d.set(time.Time{}) }
