package routeros

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"jembatan/routeros/proto"
)

// read takes sentences until the session ends. It is the session's one
// lasting goroutine.
func (s *Session) read() {
	var (
		sen    proto.Sentence
		probed bool
		until  time.Time
	)
	for {
		err := s.quiet(&until)
		if errors.Is(err, os.ErrDeadlineExceeded) && s.idle > 0 {
			if probed {
				s.fail(fmt.Errorf("%w for %s", ErrSilent, 2*s.idle))
				return
			}
			probed, until = s.probe(), time.Time{}
			continue
		}
		if err == nil {
			probed = false
			err = s.r.Read(&sen)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = fmt.Errorf("%w: half a sentence and then nothing", ErrSilent)
			}
		}
		if err == nil {
			err = s.dispatch(&sen)
		}
		if err != nil {
			s.fail(received(err))
			return
		}
	}
}

// quiet waits for the first byte of the next sentence. Until is the deadline
// that stands on the connection; it is moved only when a good part of it has
// passed, since moving costs more than reading a sentence.
func (s *Session) quiet(until *time.Time) error {
	if s.r.Buffered() > 0 {
		return nil
	}
	s.extend(until)
	if err := s.r.Wait(); err != nil {
		return err
	}
	s.extend(until) // The rest of the sentence has its own time.
	return nil
}

// extend moves the read deadline to the idle time from now.
func (s *Session) extend(until *time.Time) {
	if s.idle <= 0 {
		return
	}
	now := time.Now()
	if until.Sub(now) > s.idle-s.idle/8 {
		return
	}
	*until = now.Add(s.idle)
	_ = s.conn.SetReadDeadline(*until)
}

// dispatch hands a sentence to the command that it belongs to. Replies to
// commands that have been given up are dropped. So are reply words that we do
// not know: RouterOS 7.18 added one. An error ends the session.
func (s *Session) dispatch(sen *proto.Sentence) error {
	word := sen.Word(0)
	if word[0] != '!' {
		// Not quoted: a device that is out of step may repeat what it was told.
		return fmt.Errorf("%w: a sentence that is not a reply", ErrProtocol)
	}
	if string(word) == replyFatal {
		return &FatalError{Message: fatalReason(sen)}
	}
	tag, ok := tagOf(sen)
	if !ok {
		return nil
	}
	last := string(word) == replyDone
	s.mu.Lock()
	p := s.pending[tag]
	if last {
		delete(s.pending, tag)
	}
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	switch string(word) {
	case replyRow:
		if err := p.row(sen); err != nil && s.forget(tag) {
			p.end(Row{}, err)
		}
	case replyTrap:
		p.trap(trapOf(sen))
	case replyDone:
		p.end(rowOf(sen), nil)
	}
	return nil
}

// received names the errors of the connection for what they mean here.
func received(err error) error {
	if errors.Is(err, io.EOF) { // Between sentences only: inside one it is unexpected.
		return fmt.Errorf("the device hung up: %w", err)
	}
	return readError(err)
}
