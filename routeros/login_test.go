package routeros_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/memnet"
	"jembatan/routeros"
)

func TestLoginInOneStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		p := &peer{answer: echo, login: func(c *peerConn, cmd command) bool {
			got = append([]string{cmd.path}, cmd.words...)
			c.say("!done")
			return true
		}}
		p.connect(t, routeros.Options{User: "admin", Password: "s3cret-pass"})
		want := []string{"/login", "=name=admin", "=password=s3cret-pass"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLoginByChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var response string
		p := &peer{answer: echo, login: func(c *peerConn, cmd command) bool {
			if response = cmd.arg("response"); response == "" {
				c.say("!done", "=ret=93b438ec9b80057c06dd9fe67d56aa9a")
				return false
			}
			c.say("!done")
			return true
		}}
		s := p.connect(t, routeros.Options{User: "admin"})
		if want := "00e134102a9d330dd7b1849fedfea3cb57"; response != want {
			t.Errorf("response %s, want %s", response, want)
		}
		if _, err := routeros.Print(t.Context(), s, "/x", nil); err != nil {
			t.Error(err)
		}
	})
}

func TestLoginRefused(t *testing.T) {
	for _, message := range []string{"invalid user name or password (6)", "cannot log in", "could not authenticate - radius timeout", "wrong: s3cret-pass"} {
		synctest.Test(t, func(t *testing.T) {
			p := &peer{login: func(c *peerConn, _ command) bool {
				c.say("!trap", "=message="+message)
				c.say("!done")
				return false
			}}
			_, err := routeros.Dial(t.Context(), "jkt:8728", routeros.Options{User: "admin", Password: "s3cret-pass", Dial: p.dial})
			if !errors.Is(err, routeros.ErrLogin) {
				t.Errorf("err = %v", err)
			}
			want := "dial jkt:8728: log in as admin: routeros: login refused: /login: " +
				strings.ReplaceAll(message, "s3cret-pass", "[redacted]")
			if err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
			p.wg.Wait()
		})
	}
}

func TestHostileLogins(t *testing.T) {
	for name, tc := range map[string]struct {
		say  func(c *peerConn)
		want error
	}{
		"a length of 256 MiB":  {func(c *peerConn) { c.raw([]byte{0xEF, 0xFF, 0xFF, 0xFF}) }, routeros.ErrProtocol},
		"a length of 4 GiB":    {func(c *peerConn) { c.raw([]byte{0xF0, 0xFF, 0xFF, 0xFF, 0xFF}) }, routeros.ErrProtocol},
		"a control byte":       {func(c *peerConn) { c.raw([]byte{0xF8}) }, routeros.ErrProtocol},
		"another protocol":     {func(c *peerConn) { c.raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat("\x00", 100))) }, routeros.ErrProtocol},
		"no reply word":        {func(c *peerConn) { c.say("=ret=00") }, routeros.ErrProtocol},
		"a broken challenge":   {func(c *peerConn) { c.say("!done", "=ret=xyz") }, routeros.ErrProtocol},
		"rows without end":     {func(c *peerConn) { c.raw([]byte(strings.Repeat("\x03!re\x00", 1000))) }, routeros.ErrProtocol},
		"a fatal with message": {func(c *peerConn) { c.say("!fatal", "=message=not logged in") }, nil},
		"a fatal, bare":        {func(c *peerConn) { c.say("!fatal", "not logged in") }, nil},
		"hanging up":           {func(c *peerConn) { c.Close() }, nil},
		"half a sentence":      {func(c *peerConn) { c.raw([]byte("\x05!do")); c.Close() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &peer{login: func(c *peerConn, _ command) bool { tc.say(c); return false }}
				_, err := routeros.Dial(t.Context(), "jkt:8728", routeros.Options{User: "admin", Password: "s3cret-pass", Dial: p.dial})
				if err == nil || tc.want != nil && !errors.Is(err, tc.want) || errors.Is(err, routeros.ErrLogin) {
					t.Errorf("err = %v", err)
				}
				if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "%!")) {
					t.Errorf("text: %s", err)
				}
				if _, fatal := errors.AsType[*routeros.FatalError](err); strings.HasPrefix(name, "a fatal") && !fatal {
					t.Errorf("err = %v, want a FatalError", err)
				}
				p.wg.Wait()
			})
		})
	}
}

func TestOneDeadlineBoundsDialAndLogin(t *testing.T) {
	for name, opts := range map[string]routeros.Options{
		"plain": {DialTimeout: 3 * time.Second},
		"tls":   {DialTimeout: 3 * time.Second, TLS: &routeros.TLSOptions{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := memnet.Pipe(1 << 16)
				defer far.Close()
				opts.Dial = func(context.Context, string, string) (net.Conn, error) {
					time.Sleep(2 * time.Second) // Dialing takes part of the time.
					return near, nil
				}
				start := time.Now()
				_, err := routeros.Dial(t.Context(), "jkt:8729", opts)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("err = %v", err)
				}
				if d := time.Since(start); d != 3*time.Second {
					t.Errorf("returned after %s", d)
				}
			})
		})
	}
}

// What the device sends with the verdict in one packet belongs to the session.
func TestNothingIsLostBehindTheLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: silent, login: func(c *peerConn, _ command) bool {
			c.raw([]byte("\x05!done\x00\x06!fatal\x03bye\x00"))
			return true
		}}
		s := p.connect(t, routeros.Options{})
		<-s.Done()
		if fatal, ok := errors.AsType[*routeros.FatalError](s.Err()); !ok || fatal.Message != "bye" {
			t.Errorf("Err = %v", s.Err())
		}
	})
}
