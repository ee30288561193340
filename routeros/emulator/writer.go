package emulator

import "time"

// writeBatch is how many bytes are gathered before they are written.
const writeBatch = 32 << 10

// writeLoop sends what the session queues until nothing will follow or the
// session is killed. Delays and the faults of the wire happen here.
func (s *session) writeLoop() {
	defer s.wait.Done()
	// The reader may be blocked for ever on a connection that cannot be
	// written, or that said its last word.
	defer s.kill()
	for {
		batch, last := s.out.take()
		if len(batch) == 0 {
			if last {
				return
			}
			select {
			case <-s.out.wake:
				continue
			case <-s.closed:
				return
			}
		}
		if !s.write(batch) {
			return
		}
	}
}

// write sends a batch; false means that the session is over.
func (s *session) write(batch []outgoing) bool {
	var w pending
	for i, o := range batch {
		if wait := time.Until(o.due); !o.due.IsZero() && wait > 0 {
			if !w.flush(s) || !s.sleep(wait) {
				return false
			}
		}
		data, fate := s.d.faults.sentence(o.data)
		for fate == fateStall {
			if !w.flush(s) || !s.stalled() {
				return false
			}
			data, fate = s.d.faults.sentence(o.data)
		}
		w.buf = append(w.buf, data...)
		w.queued += len(o.data)
		batch[i].data = nil
		if fate == fateCut {
			w.flush(s)
			return false
		}
		if len(w.buf) >= writeBatch && !w.flush(s) {
			return false
		}
	}
	return w.flush(s)
}

// pending is what has been gathered to be written in one go.
type pending struct {
	buf    []byte
	queued int // What it counted for in the outbox.
}

// flush writes and empties p.
func (p *pending) flush(s *session) bool {
	if len(p.buf) == 0 {
		return true
	}
	_, err := s.conn.Write(p.buf)
	s.out.sent(p.queued)
	p.buf, p.queued = p.buf[:0], 0
	return err == nil
}

// sleep waits; false means that the session was killed.
func (s *session) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closed:
		return false
	}
}

// stalled waits until the device is no longer stalled.
func (s *session) stalled() bool {
	moving := s.d.faults.moving()
	if moving == nil {
		return true
	}
	select {
	case <-moving:
		return true
	case <-s.closed:
		return false
	}
}
