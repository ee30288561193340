package routeros_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/proto"
)

// A peer is a scripted device: it takes the login, then hands every command to
// answer, in order, on the connection's own goroutine.
type peer struct {
	answer func(c *peerConn, cmd command)
	// login, if set, takes the place of the login that always succeeds.
	login func(c *peerConn, cmd command) (done bool)

	wg sync.WaitGroup
	mu sync.Mutex // guards seen
	// seen are the commands after login, in order of arrival.
	seen []command
}

// A command is what the peer received.
type command struct {
	path  string
	words []string
	tag   string
}

// arg returns the value of an attribute.
func (c command) arg(name string) string {
	for _, w := range c.words {
		if v, ok := strings.CutPrefix(w, "="+name+"="); ok {
			return v
		}
	}
	return ""
}

// A peerConn is one connection of a peer. Its methods may be called from any
// goroutine.
type peerConn struct {
	net.Conn
	mu sync.Mutex
}

// say sends one sentence.
func (c *peerConn) say(words ...string) {
	var s proto.Sentence
	for _, w := range words {
		s.Append(w)
	}
	c.raw(s.AppendTo(nil))
}

// raw sends bytes.
func (c *peerConn) raw(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.Write(b)
}

// re, done and trap answer a command.
func (c *peerConn) re(cmd command, words ...string) {
	c.say(append([]string{"!re", ".tag=" + cmd.tag}, words...)...)
}

func (c *peerConn) done(cmd command, words ...string) {
	c.say(append([]string{"!done", ".tag=" + cmd.tag}, words...)...)
}

func (c *peerConn) trap(cmd command, words ...string) {
	c.say(append([]string{"!trap", ".tag=" + cmd.tag}, words...)...)
}

// serve serves conn until it ends.
func (p *peer) serve(conn net.Conn) {
	defer conn.Close()
	c := &peerConn{Conn: conn}
	r := proto.NewReader(conn, proto.Limits{})
	loggedIn := false
	var s proto.Sentence
	for r.Read(&s) == nil {
		cmd := command{path: string(s.Word(0))}
		for i := 1; i < s.Len(); i++ {
			w := string(s.Word(i))
			if tag, ok := strings.CutPrefix(w, ".tag="); ok {
				cmd.tag = tag
				continue
			}
			cmd.words = append(cmd.words, w)
		}
		switch {
		case !loggedIn && p.login != nil:
			loggedIn = p.login(c, cmd)
		case !loggedIn:
			loggedIn = true
			c.say("!done")
		case strings.HasPrefix(cmd.path, "/quit"):
			c.say("!fatal", "session terminated on request")
			return
		default:
			p.mu.Lock()
			p.seen = append(p.seen, cmd)
			p.mu.Unlock()
			p.answer(c, cmd)
		}
	}
}

// dial is an Options.Dial that reaches p through memory.
func (p *peer) dial(context.Context, string, string) (net.Conn, error) {
	near, far := memnet.Pipe(memnet.DefaultBuffer)
	p.wg.Go(func() { p.serve(far) })
	return near, nil
}

// commands returns the paths that arrived.
func (p *peer) commands() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, c := range p.seen {
		out = append(out, c.path)
	}
	return out
}

// connect returns a session with p that ends with the test.
func (p *peer) connect(t testing.TB, opts routeros.Options) *routeros.Session {
	t.Helper()
	if opts.Dial == nil {
		opts.Dial = p.dial
	}
	s, err := routeros.Dial(t.Context(), "peer:8728", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		p.wg.Wait()
	})
	return s
}

// echo answers every command with one row that holds its first argument.
func echo(c *peerConn, cmd command) {
	if len(cmd.words) > 0 {
		c.re(cmd, cmd.words[0])
	}
	c.done(cmd)
}

// silent never answers.
func silent(*peerConn, command) {}

// isEOF reports an end of stream of either kind.
func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
