package emulator

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"jembatan/routeros/proto"
)

// maxJobs is how many commands that take time one session may have running.
const maxJobs = 200

// A session is one connection. Its goroutine reads and runs commands, a second
// one writes, and each command that takes time (listen, ping) has its own.
type session struct {
	d      *Device
	conn   net.Conn
	raw    net.Conn // What lies under TLS: closing it never blocks.
	peer   netip.Addr
	tls    bool
	out    *outbox
	closed chan struct{}
	once   sync.Once
	wait   sync.WaitGroup

	challenge []byte // Sent to an old-style login, nil if none.

	written bool // Something was written that may not be in force yet. Only the reading goroutine uses it.

	mu   sync.Mutex // Guards jobs and the "over" of each.
	jobs []*running

	// Guarded by the world's lock.
	id     uint32
	user   string
	may    policy
	group  string
	since  time.Time
	logged bool
	// vanished says that the peer is gone and the device does not know it yet.
	vanished bool
}

// A running is a command that takes time.
type running struct {
	tag  string
	stop chan struct{}
	over bool // Its last word was said.
}

func newSession(d *Device, conn net.Conn) *session {
	s := &session{d: d, conn: conn, raw: conn, out: newOutbox(), closed: make(chan struct{})}
	if t, ok := conn.(*tls.Conn); ok {
		s.raw, s.tls = t.NetConn(), true
	}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		s.peer = a.Addr().Unmap()
	}
	return s
}

// kill ends the session without a word. It never blocks.
func (s *session) kill() {
	s.once.Do(func() {
		close(s.closed)
		_ = s.raw.Close()
	})
}

// run serves the session until it ends.
func (s *session) run() {
	if !s.d.open(s) {
		s.kill()
		return
	}
	s.wait.Add(1)
	go s.writeLoop()
	if s.readLoop() {
		s.out.finish()
	} else {
		s.kill()
	}
	s.stopJobs()
	s.wait.Wait()
	s.kill()
	s.d.gone(s)
}

// readLoop runs commands until the connection ends; it reports whether what is
// queued should still leave.
func (s *session) readLoop() (polite bool) {
	r := proto.NewReader(s.conn, proto.LoginLimits())
	var sentence proto.Sentence
	logged := false
	for {
		if err := r.Read(&sentence); err != nil {
			return false
		}
		req := parseRequest(&sentence)
		switch {
		case req.path == "" && req.command == "login":
			logged = s.login(req) || logged
			if logged {
				r.SetLimits(proto.DefaultLimits())
			}
		case !logged:
			s.fatal("not logged in")
			return true
		case req.path == "" && req.command == "quit":
			s.fatal("session terminated on request")
			return true
		case req.path == "" && req.command == "cancel":
			s.cancel(req)
		default:
			s.exec(req)
		}
		if !s.waitForRoom() {
			return false
		}
	}
}

// waitForRoom waits until the client has read enough of what was sent; false
// means that the session was killed.
func (s *session) waitForRoom() bool {
	for s.out.full() {
		select {
		case <-s.out.drain:
		case <-s.closed:
			return false
		}
	}
	return true
}

// exec runs one command and answers it. What was written before is in force when
// something else than a writing is done; until then writings do not wait.
func (s *session) exec(req request) {
	c := &call{req: req, who: s.d.callerOf(s)}
	if s.written && !changes(req.command) {
		s.d.carry()
		s.written = false
	}
	err := s.d.call(c)
	s.written = s.written || c.wrote
	if c.lost {
		s.kill()
		return
	}
	if err == nil && c.job != nil {
		s.start(c)
		return
	}
	s.answer(c, err)
}

// changes reports whether a command of a table of rules changes the table.
func changes(command string) bool {
	switch command {
	case "add", "set", "enable", "disable", "move", "comment", "unset":
		return true
	}
	return false
}

// answer sends the whole reply of a command.
func (s *session) answer(c *call, err error) {
	tag := c.req.tag
	for _, row := range c.rows {
		if !s.waitForRoom() {
			return
		}
		s.send(reply(wordRe, tag, row...))
	}
	if err != nil {
		s.sendTraps(tag, err)
	} else if c.empty && len(c.rows) == 0 && s.d.version.AtLeast(7, 18) {
		s.send(reply(wordEmpty, tag))
	}
	if err == nil && c.isRet {
		s.send(reply(wordDone, tag, pair{"ret", c.ret}))
		return
	}
	s.send(reply(wordDone, tag))
}

// sendTraps sends the traps that err stands for.
func (s *session) sendTraps(tag string, err error) {
	var many traps
	if !errors.As(err, &many) {
		many = traps{asTrap(err)}
	}
	for _, t := range many {
		s.send(reply(wordTrap, tag, t.pairs()...))
	}
}

// asTrap makes a trap of any error.
func asTrap(err error) *TrapError {
	if t, ok := errors.AsType[*TrapError](err); ok {
		return t
	}
	return trapf(categoryGeneral, "%s", err.Error())
}

// pairs returns the attributes of a !trap sentence.
func (t *TrapError) pairs() []pair {
	if t.Category == NoCategory {
		return []pair{{"message", t.Message}}
	}
	return []pair{{"category", string(rune('0' + t.Category))}, {"message", t.Message}}
}

// fatal sends !fatal with its bare reason and lets nothing follow.
func (s *session) fatal(reason string) {
	data := appendWord(nil, wordFatal)
	data = appendWord(data, reason)
	s.send(append(data, 0))
	s.out.finish()
}

// send queues one sentence. A client that leaves too much unread is cut off.
func (s *session) send(data []byte) {
	if !s.out.put(data, s.d.faults.due()) {
		select {
		case <-s.closed:
		default:
			if s.out.flooded() {
				s.kill()
			}
		}
	}
}

// start runs the part of a command that takes time.
func (s *session) start(c *call) {
	r := &running{tag: c.req.tag, stop: make(chan struct{})}
	s.mu.Lock()
	if len(s.jobs) >= maxJobs {
		s.mu.Unlock()
		c.job = nil
		s.answer(c, failure("too many commands"))
		return
	}
	s.jobs = append(s.jobs, r)
	s.mu.Unlock()
	s.wait.Go(func() {
		err := c.job(r.stop, func(row []pair) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !r.over {
				s.send(reply(wordRe, r.tag, row...))
			}
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		s.forget(r)
		if r.over {
			return
		}
		if err != nil {
			s.sendTraps(r.tag, err)
		}
		s.send(reply(wordDone, r.tag))
	})
}

// forget takes r off the list. The caller holds s.mu.
func (s *session) forget(r *running) {
	for i, x := range s.jobs {
		if x == r {
			s.jobs = append(s.jobs[:i], s.jobs[i+1:]...)
			return
		}
	}
}

// cancel is /cancel: the trap of what it stops, its own !done, then theirs.
func (s *session) cancel(req request) {
	tag, one := req.take("tag")
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit []*running
	for _, r := range s.jobs {
		if (!one || r.tag == tag) && !r.over {
			r.over = true
			close(r.stop)
			hit = append(hit, r)
			s.send(reply(wordTrap, r.tag, interrupted().pairs()...))
		}
	}
	s.send(reply(wordDone, req.tag))
	for _, r := range hit {
		s.send(reply(wordDone, r.tag))
	}
}

// stopJobs ends every command without a word.
func (s *session) stopJobs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.jobs {
		if !r.over {
			r.over = true
			close(r.stop)
		}
	}
}
