package routeros

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// slotTime is how long a dial may keep others of its kind waiting.
	slotTime = time.Second
	// stableTime is how long a session must have lived for its end not to count
	// as a failed dial: a device that takes logins and drops them is not
	// hammered.
	stableTime = 10 * time.Second
)

// A member is one router of a Fleet.
type member struct {
	name string
	dial func(context.Context) (*Session, error) // holds the credentials, which no struct dump can see

	mu       sync.Mutex // guards all below
	closed   bool
	current  *Session
	since    time.Time // when current was dialed
	flight   *flight   // the dial that is under way
	failures int       // in a row; a session that lived counts as their end
	next     time.Time // no dial before
	last     error     // of the last failure
}

// A flight is one dial that any number of callers wait for. Session and err
// are set before done is closed.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	session *Session
	err     error
}

func newMember(name string, t Target) *member {
	return &member{name: name, dial: func(ctx context.Context) (*Session, error) {
		return Dial(ctx, t.Addr, t.Options)
	}}
}

// session returns the live session, or a dial to wait for, or an error.
func (m *member) session(ctx context.Context, f *Fleet) (*Session, *flight, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, fmt.Errorf("router %s: %w", m.name, ErrClosed)
	}
	if m.current != nil {
		err := m.current.Err()
		if err == nil {
			return m.current, nil, nil
		}
		m.current = nil
		if time.Since(m.since) < stableTime {
			m.failed(err, f.backoff)
		} else {
			m.failures = 0
		}
	}
	if wait := time.Until(m.next); wait > 0 {
		if end, ok := ctx.Deadline(); ok && end.Before(m.next) {
			return nil, nil, fmt.Errorf("router %s: next attempt in %s: %w", m.name, wait.Round(time.Millisecond), m.last)
		}
	}
	if m.flight == nil && !m.launch(f) {
		return nil, nil, fmt.Errorf("router %s: %w", m.name, ErrClosed)
	}
	return nil, m.flight, nil
}

// launch starts a dial unless the fleet has been closed. The caller holds mu.
func (m *member) launch(f *Fleet) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	fl := &flight{done: make(chan struct{}), cancel: cancel}
	m.flight = fl
	slots := f.slots
	if m.failures > 0 {
		slots = f.retries
	}
	next := m.next
	f.wg.Go(func() {
		defer cancel()
		s, err := m.attempt(ctx, next, slots)
		m.land(fl, s, err, f.backoff)
	})
	return true
}

// attempt dials at its time and in its turn.
func (m *member) attempt(ctx context.Context, next time.Time, slots chan struct{}) (*Session, error) {
	wait := time.NewTimer(time.Until(next))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, ErrClosed
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrClosed
	}
	release := sync.OnceFunc(func() { <-slots })
	defer release()
	lease := time.AfterFunc(slotTime, release)
	defer lease.Stop()
	return m.dial(ctx)
}

// land records the outcome of a dial and tells those who wait.
func (m *member) land(fl *flight, s *Session, err error, b backoff) {
	m.mu.Lock()
	m.flight = nil
	switch {
	case m.closed && err == nil:
		err = ErrClosed
		defer func() { _ = s.Close() }()
	case err == nil:
		m.current, m.since = s, time.Now()
		fl.session = s
	default:
		m.failed(err, b)
	}
	m.mu.Unlock()
	if err != nil {
		fl.err = fmt.Errorf("router %s: %w", m.name, err)
	}
	close(fl.done)
}

// failed notes a failure. The caller holds mu.
func (m *member) failed(err error, b backoff) {
	m.next = time.Now().Add(b.delay(m.failures))
	m.failures++
	m.last = err
}

// close ends the session and the dial.
func (m *member) close() {
	m.mu.Lock()
	m.closed = true
	s, fl := m.current, m.flight
	m.current = nil
	m.mu.Unlock()
	if fl != nil {
		fl.cancel()
		<-fl.done
	}
	if s != nil {
		_ = s.Close()
	}
}
