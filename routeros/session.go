package routeros

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"jembatan/routeros/proto"
)

// A Session is one logged-in connection to a device. It is safe for concurrent
// use. It owns the connection and every goroutine on it: one that reads for as
// long as the session lives, and short ones that write.
type Session struct {
	addr   string
	conn   net.Conn // what sentences travel over
	raw    net.Conn // the transport beneath it, the same without TLS
	r      *proto.Reader
	limits Limits

	idle         time.Duration // half of Options.IdleTimeout; not above zero means never
	writeTimeout time.Duration

	tags  atomic.Uint64
	wlock chan struct{} // holds a token while somebody writes
	done  chan struct{} // closed when the session has ended
	wg    sync.WaitGroup

	mu         sync.Mutex // guards all below
	pending    map[uint64]pending
	cancels    []uint64 // tags whose /cancel is still to be sent
	cancelling bool     // somebody is sending them
	err        error    // why the session ended; set before done is closed

	version lazyVersion
}

// A pending is a command that waits for replies. Its methods are called by the
// reader; end once, after which nothing is called any more.
type pending interface {
	// row takes a row. An error ends the command, which is then cancelled.
	row(s *proto.Sentence) error
	// trap takes a trap.
	trap(t Trap)
	// end is the last call: with the closing sentence, or with the error that
	// ended the command or the session.
	end(done Row, err error)
}

func newSession(conn, raw net.Conn, r *proto.Reader, addr string, opts Options) *Session {
	return &Session{
		addr: addr, conn: conn, raw: raw, r: r, limits: opts.Limits,
		idle: opts.IdleTimeout / 2, writeTimeout: opts.WriteTimeout,
		wlock: make(chan struct{}, 1), done: make(chan struct{}),
		pending: make(map[uint64]pending),
		version: lazyVersion{lock: make(chan struct{}, 1)},
	}
}

// start lets the session read. The deadlines of dialing are over.
func (s *Session) start() {
	_ = s.raw.SetDeadline(time.Time{})
	s.wg.Go(s.read)
}

// Addr returns the address that was dialed.
func (s *Session) Addr() string { return s.addr }

// LocalAddr returns this side's address of the connection.
func (s *Session) LocalAddr() net.Addr { return s.raw.LocalAddr() }

// Done is closed when the session has ended: by Close, by the device, or by
// the loss of the connection.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err returns nil while the session lives and then why it ended. That error is
// ErrClosed, with the cause wrapped beside it unless Close was the cause.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the session. Calls that wait get ErrClosed, writes among them
// ErrOutcomeUnknown as well. When it returns the session's goroutines are
// gone. It may be called more than once and always returns nil.
func (s *Session) Close() error {
	s.fail(nil)
	s.wg.Wait()
	return nil
}

// String names the session without its credentials.
func (s *Session) String() string { return "routeros session " + s.addr }

// fail ends the session because of cause, nil meaning Close. Only the first
// call has an effect.
func (s *Session) fail(cause error) {
	err := ErrClosed
	if cause != nil {
		err = fmt.Errorf("%w: %w", ErrClosed, cause)
	}
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	waiting := s.pending
	s.pending = nil
	s.mu.Unlock()

	// The transport is closed directly: a TLS goodbye would wait for a peer
	// that may be gone. What somebody waited for and the peer has not got yet is
	// thrown away: a write that is carried out minutes later may undo a newer one.
	if tcp, ok := s.raw.(*net.TCPConn); ok && len(waiting) > 0 {
		_ = tcp.SetLinger(0)
	}
	_ = s.raw.Close()
	close(s.done)
	for _, p := range waiting {
		p.end(Row{}, err)
	}
}

// An outgoing is a command that is about to be sent and who waits for it.
type outgoing struct {
	req  Request
	wait pending
}

// begin sends commands in one write, in order, and returns the tag of the
// first; the others have the numbers behind it. An error means that nothing
// was sent. It waits for its turn to write, not for the write.
func (s *Session) begin(ctx context.Context, out ...outgoing) (uint64, error) {
	for _, o := range out {
		if err := o.req.check(); err != nil {
			return 0, err
		}
	}
	if ctx.Err() != nil {
		return 0, contextError(ctx)
	}
	select {
	case s.wlock <- struct{}{}:
	case <-s.done:
		return 0, s.Err()
	case <-ctx.Done():
		return 0, contextError(ctx)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		<-s.wlock
		return 0, s.err
	}
	frame, first := getFrame(), uint64(0)
	for _, o := range out {
		tag := s.tags.Add(1)
		s.pending[tag] = o.wait
		*frame = o.req.appendTo(*frame, tag)
		if first == 0 {
			first = tag
		}
	}
	s.wg.Go(func() { s.writeFrame(frame) })
	return first, nil
}

// forget takes tag out of the pending commands and has it cancelled. It
// returns false if the command has ended meanwhile.
func (s *Session) forget(tag uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pending[tag]; !ok {
		return false
	}
	delete(s.pending, tag)
	s.cancels = append(s.cancels, tag)
	if !s.cancelling {
		s.cancelling = true
		s.wg.Go(s.sendCancels)
	}
	return true
}

// contextError is why ctx ended: its cause, and its error where the cause does
// not say that.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
