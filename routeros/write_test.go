package routeros_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/proto"
)

// countingConn counts writes.
type countingConn struct {
	net.Conn
	mu     sync.Mutex
	writes int
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.writes++
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func TestPipelineIsOneWriteInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			if cmd.path == "/ip/firewall/connection/remove" {
				c.trap(cmd, "=message=no such item (4)")
			}
			c.done(cmd, "=ret="+cmd.path)
		}}
		var conn *countingConn
		s := p.connect(t, routeros.Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := p.dial(ctx, network, addr)
			conn = &countingConn{Conn: c}
			return conn, err
		}})
		before := conn.writes
		got := s.Pipeline(t.Context(),
			routeros.Request{Path: "/ip/firewall/nat/set", Fields: routeros.FieldsOf(".id", "*1")},
			routeros.Request{Path: "/ip/firewall/connection/remove", Fields: routeros.FieldsOf(".id", "*2")},
			routeros.Request{Path: "/ip/firewall/nat/print"},
		)
		if n := conn.writes - before; n != 1 {
			t.Errorf("%d writes", n)
		}
		if got[0].Err != nil || got[0].Reply.Ret() != "/ip/firewall/nat/set" || !errors.Is(got[1].Err, routeros.ErrNotFound) || got[2].Err != nil {
			t.Errorf("results %v", got)
		}
		want := []string{"/ip/firewall/nat/set", "/ip/firewall/connection/remove", "/ip/firewall/nat/print"}
		if diff := cmp.Diff(want, p.commands()); diff != "" {
			t.Error(diff)
		}
		for _, r := range s.Pipeline(t.Context(), routeros.Request{Path: "/x/set"}, routeros.Request{}) {
			if !errors.Is(r.Err, routeros.ErrBadRequest) {
				t.Errorf("beside a bad one: %v", r.Err)
			}
		}
		if got := s.Pipeline(t.Context()); len(got) != 0 {
			t.Errorf("nothing gave %v", got)
		}
	})
}

// stuck is a device that takes the login and then nothing, until released.
func stuck(t *testing.T, release <-chan struct{}) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := memnet.Pipe(64)
		go func() {
			defer far.Close()
			r := proto.NewReader(far, proto.Limits{})
			var s proto.Sentence
			if r.Read(&s) != nil {
				return
			}
			_, _ = far.Write([]byte("\x05!done\x00"))
			<-release
			c := &peerConn{Conn: far}
			for r.Read(&s) == nil {
				for _, w := range s.Words() {
					if tag, ok := strings.CutPrefix(string(w), ".tag="); ok {
						c.say("!done", ".tag="+tag)
					}
				}
			}
		}()
		return near, nil
	}
}

// A caller leaves when its context ends, even while its sentence is half
// written; the sentence is finished, and the session lives.
func TestCallerLeavesInTheMiddleOfItsWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := routeros.Dial(t.Context(), "x:1", routeros.Options{Dial: stuck(t, release), WriteTimeout: time.Hour, IdleTimeout: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		long := routeros.FieldsOf("comment", strings.Repeat("x", 1000))
		for _, want := range []struct {
			unknown bool
			what    string
		}{{true, "half written"}, {false, "never begun"}} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			_, err = routeros.Create(ctx, s, "/interface/bridge", long)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, routeros.ErrOutcomeUnknown) != want.unknown || time.Since(start) != time.Second {
				t.Errorf("%s: %v after %s", want.what, err, time.Since(start))
			}
		}
		close(release)
		if _, err := routeros.Print(t.Context(), s, "/x", nil); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
}

func TestDeviceThatTakesNothingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		s, err := routeros.Dial(t.Context(), "x:1", routeros.Options{Dial: stuck(t, release), WriteTimeout: 5 * time.Second, IdleTimeout: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		start := time.Now()
		_, err = routeros.Create(t.Context(), s, "/x", routeros.FieldsOf("comment", strings.Repeat("x", 1000)))
		if !errors.Is(err, routeros.ErrOutcomeUnknown) || !errors.Is(err, routeros.ErrClosed) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// Thousands of calls given up at once: one write token, few cancels in flight,
// and the session goes on.
func TestManyCancelledCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			if cmd.path == "/fast/print" {
				echo(c, cmd)
			}
		}}
		s := p.connect(t, routeros.Options{IdleTimeout: -1})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, err := routeros.Print(ctx, s, "/slow", nil); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if _, err := routeros.Print(t.Context(), s, "/fast", nil); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		cancelled := 0
		for _, path := range p.commands() {
			if path == "/cancel" {
				cancelled++
			}
		}
		if cancelled != 1000 {
			t.Errorf("%d cancels", cancelled)
		}
	})
}

// A device that is busy taking bytes is not asked for a sign of life, and not
// given up for not having given one.
func TestNoProbeDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := routeros.Dial(t.Context(), "x:1", routeros.Options{Dial: stuck(t, release), WriteTimeout: time.Hour, IdleTimeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		time.AfterFunc(time.Minute, func() { close(release) })
		if _, err := routeros.Create(t.Context(), s, "/x", routeros.FieldsOf("comment", strings.Repeat("x", 1000))); !errors.Is(err, routeros.ErrProtocol) {
			t.Errorf("err = %v, want an answer (one without an id)", err)
		}
	})
}
