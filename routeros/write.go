package routeros

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// maxFrame is the largest buffer that is kept for the next sentence.
const maxFrame = 16 << 10

// frames holds buffers for sentences to send. A pool carries no state between
// its users; each session having its own buffer would cost a large fleet more.
var frames = sync.Pool{New: func() any { return new([]byte) }} //nolint:gochecknoglobals // See above.

func getFrame() *[]byte {
	f, ok := frames.Get().(*[]byte)
	if !ok {
		return new([]byte)
	}
	return f
}

// putFrame gives a buffer back, wiped: it may have held a password.
func putFrame(f *[]byte) {
	clear(*f)
	if cap(*f) <= maxFrame {
		*f = (*f)[:0]
		frames.Put(f)
	}
}

// write sends one or more whole sentences. The caller holds wlock. A write
// that fails may have been cut anywhere, so it ends the session.
func (s *Session) write(frame []byte) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.writeTimeout))
	if _, err := s.conn.Write(frame); err != nil {
		s.fail(fmt.Errorf("send: %w", err))
	}
}

// writeFrame sends what is in frame, gives frame back and lets the next one
// write.
func (s *Session) writeFrame(frame *[]byte) {
	s.write(*frame)
	putFrame(frame)
	<-s.wlock
}

// sendCancels cancels what is listed until nothing is. Nobody waits for the
// answers.
func (s *Session) sendCancels() {
	for {
		select {
		case s.wlock <- struct{}{}:
		case <-s.done:
			return
		}
		s.mu.Lock()
		tags := s.cancels
		s.cancels = nil
		if len(tags) == 0 {
			s.cancelling = false
		}
		s.mu.Unlock()
		if len(tags) == 0 {
			<-s.wlock
			return
		}
		frame := getFrame()
		for _, tag := range tags {
			req := Request{Path: "/cancel", Fields: Fields{{Name: "tag", Value: strconv.FormatUint(tag, 10)}}}
			*frame = req.appendTo(*frame, s.tags.Add(1))
		}
		s.writeFrame(frame)
	}
}

// probe asks the device for something that every user may read and that costs
// it nothing. The answer is not looked at: any sentence proves life. It
// returns false if it did not ask because somebody is writing, whose own
// time-out decides then.
func (s *Session) probe() bool {
	select {
	case s.wlock <- struct{}{}:
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		<-s.wlock
		return false
	}
	req := Request{Path: "/system/identity/print", Fields: Fields{{Name: ".proplist", Value: "name"}}}
	frame := getFrame()
	*frame = req.appendTo(*frame, s.tags.Add(1))
	s.wg.Go(func() { s.writeFrame(frame) })
	return true
}
